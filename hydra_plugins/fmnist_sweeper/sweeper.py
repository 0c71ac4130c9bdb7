"""The sweeper as Hydra finds it. Hydra imports this file at every start: nothing heavy at its head."""

from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class FmnistOptuna(Sweeper):
    """`hydra/sweeper=fmnist_optuna`: every multirun is a study, see fmnist/sweep/."""

    def __init__(self, **_options: Any) -> None:
        """Hydra hands over the keys; `sweep` reads them in the config, where they are checked together."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def sweep(self, arguments: list[str]) -> None:
        from fmnist.run.sweep_program import SweepProgram
        from fmnist.sweep.sweeper import sweep
        from fmnist.terminal.user_errors import report_user_errors

        with report_user_errors():
            sweep(arguments, self.config, self.hydra_context, self.task_function, SweepProgram())
