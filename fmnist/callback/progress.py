"""Progress on the console: a bar that lives while an epoch runs, and a line for each finished one."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import RenderableType
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from fmnist.interfaces import Metrics
from fmnist.terminal.console import echo, get_console
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Progress(Callback):
    """Nothing is drawn from the training loop: the bar looks at the training state a few times a second by itself."""

    def start(self, training: TrainingState) -> None:
        self.bar = Bar(training) if get_console().is_terminal else None
        if self.bar:
            self.bar.start()

    def epoch(self, training: TrainingState) -> None:
        echo(line(training.history[-1], training.epochs))

    def finish(self, training: TrainingState) -> None:
        if self.bar:
            self.bar.stop()


class Bar(RichProgress):
    """A bar over the whole training that pulls its figures from it when it is drawn."""

    def __init__(self, training: TrainingState) -> None:
        self.training = training
        columns = BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[figures]}"), TimeRemainingColumn()
        super().__init__(*columns, console=get_console(), refresh_per_second=5, transient=True)
        self.add_task("", total=training.epochs * training.examples, figures="")

    def get_renderables(self) -> Iterable[RenderableType]:
        s = self.training
        for task in self.tasks:
            seen = max(s.seen, 1)
            speed = f"  {task.speed:,.0f} examples/s" if task.speed else ""
            figures = f"loss {s.loss_sum / seen:.4f}  accuracy {s.correct / seen:.4f}{speed}"
            self.update(task.id, completed=s.epoch * s.examples + s.seen, figures=figures)
        return super().get_renderables()


def line(metrics: Metrics, epochs: int) -> str:
    """One epoch on one line."""
    val = ""
    if "val/loss" in metrics:
        val = f"   val {metrics['val/loss']:.4f} {metrics['val/accuracy']:.4f}"
    return (
        f"epoch {metrics['epoch']:>{len(str(epochs))}}/{epochs}"
        f"   train {metrics['train/loss']:.4f} {metrics['train/accuracy']:.4f}{val}"
        f"   lr {metrics['lr']:.2g}   {metrics['seconds']:.1f} s   {metrics['examples_per_second']:,.0f} examples/s"
    )
