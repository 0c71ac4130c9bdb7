"""Progress bars for pooch, drawn by rich on stderr; nothing is drawn where stderr is not a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """The progress bar protocol of pooch: it sets `total`, calls update …, and at the end reset, update, close."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.progress = progress
        self.task = progress.add_task(name, total=None)

    @property
    def total(self) -> int:
        return int(self.progress.tasks[self.task].total or 0)

    @total.setter
    def total(self, total: int) -> None:
        """A new attempt, perhaps from another mirror; 0: the server did not send a length."""
        self.progress.reset(self.task, total=total or None)

    def update(self, n: int) -> None:
        self.progress.advance(self.task, n)

    def reset(self) -> None:
        self.progress.reset(self.task)

    def close(self) -> None:
        """Does nothing: all bars end together."""


@contextmanager
def bars() -> Iterator[Callable[[str], Bar]]:
    """A function that adds a bar below the others."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield lambda name: Bar(progress, name)
