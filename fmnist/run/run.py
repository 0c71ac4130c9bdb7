"""A run: a folder that one process claims, and everything that is recorded there and sent to the trackers."""

import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist.config.compose import chosen_options
from fmnist.errors import FmnistError
from fmnist.files import atomic
from fmnist.files.history import write_history
from fmnist.files.lock import lock_folder
from fmnist.files.run_folder import read_summary
from fmnist.files.yaml import read_mapping
from fmnist.interfaces import Metrics, Splits
from fmnist.loss.base import Loss
from fmnist.run.environment import collect_environment
from fmnist.run.resume import is_restarted_trial
from fmnist.run.summary import end_state, summarize
from fmnist.sweep import trial
from fmnist.terminal.console import log, print_summary
from fmnist.tracker.trackers import Trackers
from fmnist.training.batches import Batches
from fmnist.training.callback import Callback
from fmnist.training.evaluation import FinalEvaluation, evaluate
from fmnist.training.state import TrainingState, part
from fmnist.training.trainer import Trainer

PATIENCE = 120.0  # seconds that a trial waits for its folder


class Run(Callback):
    """A context around a training, and its first callback.

    Entering claims the folder and writes what is known before: config.yaml (resolved), overrides.yaml, choices.yaml
    (the option of each group), command.txt, environment.json, train.log. As a callback it writes metrics.csv and
    metrics.jsonl and passes each epoch to the trackers. Leaving, for whatever reason, writes summary.json, which says
    how far the training came and why it stopped, and closes the trackers. Checkpoints are another callback's.

    Raises, on entering:
        FmnistError: another process trains in the folder, or it already holds a run and `resume` is false.

    A trial of a sweep goes on with what is in its folder, and waits for another process there: that has lost the trial
    and is about to end.
    """

    def __init__(
        self,
        training: TrainingState,
        splits: Splits,
        tracker: Trackers,
        config: DictConfig,
        overrides: Sequence[str],
        choices: Mapping[str, str],
        *,
        resume: bool,
    ) -> None:
        self.training, self.splits, self.tracker, self.folder = training, splits, tracker, training.folder
        self.overrides, self.resume = overrides, resume
        self.config: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
        self.choices = chosen_options(self.config, choices)
        self.test_metrics: Metrics = {}
        self.summary: dict[str, Any] = {}

    def __enter__(self) -> "Run":
        self.lock = ExitStack()
        self.lock.enter_context(lock_folder(self.folder, PATIENCE if trial.current() else 0))
        try:
            self.resume = self.resume or is_restarted_trial(self.folder, self.config)
            self.claim()
            self.write()
        except BaseException:
            self.lock.close()
            raise
        return self

    def claim(self) -> None:
        if self.resume:
            stored = read_mapping(self.folder / "choices.yaml")
            self.choices = {group: str(option) for group, option in stored.items()}
            self.training.timing.go_on(read_summary(self.folder).get("timing"))
        elif (self.folder / "config.yaml").exists():
            raise FmnistError(f"{self.folder} already holds a run; resume={self.folder} goes on with it")

    def write(self) -> None:
        atomic.clear(self.folder)
        command = shlex.join(["python", *([sys.argv[0], *self.overrides] if trial.current() else sys.argv)])
        if not self.resume:
            atomic.write_text(self.folder / "overrides.yaml", OmegaConf.to_yaml(list(self.overrides)))
            atomic.write_text(self.folder / "choices.yaml", OmegaConf.to_yaml(self.choices))
            atomic.write_text(self.folder / "command.txt", command + "\n")
        seeds = {"seed": self.config["seed"], "dataset.split_seed": self.config["dataset"].get("split_seed")}
        self.environment = collect_environment(self.training.engine) | {"seeds": seeds}
        atomic.write_json(self.folder / "environment.json", self.environment)
        # Last: from here on the folder holds a run.
        atomic.write_text(self.folder / "config.yaml", OmegaConf.to_yaml(self.config))

        self.log = logging.FileHandler(self.folder / "train.log", encoding="utf-8")
        self.log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        for logger in (log, logging.getLogger()):  # what other libraries warn of is for the log, not for the terminal
            logger.addHandler(self.log)
        log.info(command)

    def start(self, training: TrainingState) -> None:
        write_history(self.folder, training.history)
        self.tracker.start(self.folder, training.history)

    def epoch(self, training: TrainingState) -> None:
        write_history(self.folder, training.history)
        self.tracker.log(training.history[-1])

    def evaluate(self, loss: Loss, trainer: Trainer, callbacks: Sequence[Callback]) -> None:
        """The only look at the test set: the best checkpoint's figures on it (the last network's without one).

        A pruned run is not worth the look. What is found is passed to the callbacks.
        """
        if self.training.pruned:
            return
        file = self.folder / "best.npz"
        if file.exists():
            self.training.network.load(part(atomic.read_npz(file), "network"), str(file))
        network, size = self.training.network, trainer.eval_batch_size
        batches = Batches(self.splits, self.splits.test, trainer.precision, engine=self.training.engine)
        with self.training.timing.evaluate():
            found = evaluate(network, loss, batches, size)
        self.test_metrics = {"test/loss": found.loss, "test/accuracy": found.accuracy}
        final = FinalEvaluation(network, self.splits, batches, size, found)
        with self.training.timing.write():
            for callback in callbacks:
                callback.test(self.training, final, self.tracker)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        try:
            self.close(error)
        finally:
            for logger in (log, logging.getLogger()):
                logger.removeHandler(self.log)
            self.log.close()
            self.lock.close()

    def close(self, error: BaseException | None) -> None:
        state, reason = end_state(self.training, error)
        if state == "failed":
            log.error("%s", reason, exc_info=error)  # the traceback is for the log, not for the terminal
        self.summary = summarize(self.training, self.splits, self.test_metrics, state, reason)
        try:
            if self.summary["engine"] != self.environment["engine"]:  # it fell back: most is bound when it is first run
                atomic.write_json(
                    self.folder / "environment.json", self.environment | {"engine": self.summary["engine"]}
                )
            atomic.write_json(self.folder / "summary.json", self.summary)
        except OSError:
            if error is None:  # a full disk must not hide why the run ended
                raise
        finally:
            self.tracker.finish(self.summary)
        if error is None:
            print_summary(self.summary, self.folder)
