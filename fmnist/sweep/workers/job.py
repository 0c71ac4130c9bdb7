"""One job of a trial, in the process that runs it: whatever happens in it, an outcome comes back."""

import os
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fmnist.errors import FmnistError, Terminated
from fmnist.sweep.program import Outcome, Program, complete, failed, failed_by


class Job:
    """The user's task, wrapped for a launcher: an exception in one job must not end the others.

    What the task prints goes nowhere; the terminal is the sweep's.
    """

    def __init__(self, task: Callable[[DictConfig], Any], program: Program, objectives: list[str], epoch: str) -> None:
        self.task, self.program, self.objectives, self.epoch = task, program, objectives, epoch

    def __call__(self, config: DictConfig) -> Outcome:
        folder = Path(HydraConfig.get().runtime.output_dir)
        try:
            with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
                value = self.task(config)
        except FmnistError as error:
            return failed(str(error))
        except Terminated as signal:
            return replace(failed(f"stopped by {signal}"), handed_back=True)
        except KeyboardInterrupt:
            raise
        except SystemExit as error:
            return failed(f"exited with code {error.code}")
        except BaseException as error:
            return failed_by(error)
        return self.stored_outcome(folder) or complete({self.objectives[0]: value})

    def stored_outcome(self, folder: Path) -> Outcome | None:
        return self.program.outcome(folder, self.objectives, self.epoch)
