"""A user's mistake becomes one line on standard error and an exit code, without a traceback.

Set HYDRA_FULL_ERROR=1 to see the traceback.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENAMETOOLONG
from os.path import relpath
from pathlib import Path
from typing import NoReturn

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from fmnist.errors import DISK_FULL, FmnistError, Terminated, shorten
from fmnist.terminal.command_line import read_command_line
from fmnist.terminal.config_errors import explain
from fmnist.terminal.output import output_ends_quietly
from fmnist.terminal.signals import signals_interrupt

SET_BY_FMNIST = "FMNIST_HYDRA_FULL_ERROR"  # HYDRA_FULL_ERROR is not the user's wish


@contextmanager
def report_user_errors() -> Iterator[None]:
    """Report errors of the block. Needed around `main` and inside it: Hydra has its own reports of errors in a job."""
    with signals_interrupt(), errors_as_lines(), output_ends_quietly():
        yield


@contextmanager
def errors_as_lines() -> Iterator[None]:
    if os.environ.get("HYDRA_FULL_ERROR") == "1" and not os.environ.get(SET_BY_FMNIST):
        yield
        return
    os.environ["HYDRA_FULL_ERROR"] = os.environ[SET_BY_FMNIST] = "1"  # Hydra then raises its errors
    try:
        yield
    except FmnistError as error:
        fail(str(error), error.exit_code)
    except Terminated as error:
        fail(interruption_message(f" by {error}"), error.exit_code)
    except KeyboardInterrupt:
        fail(interruption_message(), 130)
    except Exception as error:
        message = explain(error) or (file_error_message(error) if isinstance(error, OSError) else None)
        if message is None:
            raise
        fail(message)


def fail(message: str, exit_code: int = 2) -> NoReturn:
    """Print the message, remove the job's folder if it is empty, and exit."""
    with suppress(OSError):  # nobody may be there to read it
        print(f"error: {message}", file=sys.stderr)
    if folder := output_folder():
        for empty in (folder, folder.parent):
            if empty == Path.cwd():
                break
            try:
                empty.rmdir()
            except OSError:
                break
    raise SystemExit(exit_code) from None


def output_folder() -> Path | None:
    """The folder of this job, if Hydra has already chosen it."""
    if not HydraConfig.initialized() or OmegaConf.is_missing(HydraConfig.get().runtime, "output_dir"):
        return None
    return Path(HydraConfig.get().runtime.output_dir)


def interruption_message(by: str = "") -> str:
    folder = output_folder()
    return f"interrupted{by}" + (f"; resume={relpath(folder)} goes on with it" if folder else "")


def file_error_message(error: OSError) -> str:
    """The message for a full disk, a folder that cannot be written, or another error with a file."""
    folder, reason = output_folder(), error.strerror or str(error)
    if error.errno == ENAMETOOLONG:
        for word in read_command_line():
            if word.value and word.value in str(error.filename):
                return f"{word}: {reason}"
    if error.errno in DISK_FULL:
        then = f", then resume={relpath(folder)} goes on behind the last whole checkpoint" if folder else ""
        return f"the disk is full ({reason}): make room{then}"
    if folder is None and error.filename:  # Hydra was about to make it
        key = "hydra.sweep.dir" if {"-m", "--multirun"} & {*sys.argv} else "hydra.run.dir"
        return f"{key}={shorten(str(error.filename))}: allowed is a folder that can be written ({reason})"
    return f"{shorten(str(error.filename), 300)}: {reason}" if error.filename else reason
