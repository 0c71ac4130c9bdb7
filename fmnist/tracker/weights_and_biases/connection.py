"""One W&B run in a thread of its own: whatever fails there does not reach the training."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from os.path import relpath
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from fmnist.errors import one_line
from fmnist.terminal.console import console, echo, log

if TYPE_CHECKING:
    import wandb

MODES = ("auto", "online", "offline")
DATA_DIR = os.environ.get("WANDB_DATA_DIR")  # as the user has set it
SHORT = 160  # characters of an error of wandb in a warning

# Nothing on the terminal, and nothing about the machine that environment.json does not say.
QUIET: dict[str, Any] = {
    "silent": True,
    "quiet": True,
    "console": "off",
    "label_disable": True,
    "disable_code": True,
    "disable_git": True,
    "disable_job_creation": True,
    "finish_timeout_raises": True,
    "x_disable_machine_info": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_save_requirements": False,
}


def is_disabled() -> bool:
    """WANDB_MODE=disabled: wandb is not even imported."""
    return os.environ.get("WANDB_MODE") == "disabled"


class Connection:
    """Opens the run, passes it the jobs in order, finishes it. The first failure costs one warning, and ends it.

    The thread waits for the import (a second), for a server, for a disk; the training waits at the end alone, and at
    most for `timeout` seconds each for the start and the upload.
    """

    failure = ""  # what has failed
    address = ""  # of the run, or the command that uploads it

    def __init__(self, folder: Path, mode: str, timeout: float, *, quiet: bool = False, **init: Any) -> None:
        """The run's files go to folder/wandb/. `init` are the arguments of wandb.init; an `id` continues that run.

        `quiet`: print neither the address nor a warning.
        """
        self.folder, self.mode, self.timeout, self.quiet, self.init = folder, mode, timeout, quiet, init
        self.jobs: SimpleQueue[Callable[[wandb.Run], object] | None] = SimpleQueue()
        self.exit_code = 0
        self.thread = Thread(target=self.work, name="wandb", daemon=True)
        self.thread.start()

    def submit(self, job: Callable[["wandb.Run"], object]) -> None:
        """Run this soon, behind all jobs before it."""
        self.jobs.put(job)

    def finish(self, exit_code: int = 0) -> None:
        """Run the jobs that are left and close the run; an exit code of 0 is a good end."""
        self.exit_code = exit_code
        self.jobs.put(None)
        self.thread.join(3 * self.timeout + 10)  # the start, online and then offline; the upload; wandb's own grace
        if self.thread.is_alive():
            self.warn("it does not answer")

    def work(self) -> None:
        try:
            run = self.open()
            while (job := self.jobs.get()) is not None:
                job(run)
            run.finish(exit_code=self.exit_code)
        except BaseException as error:  # whatever wandb raises, and in a thread nobody else would catch it
            self.warn((one_line(error) or type(error).__name__)[:SHORT])
            with suppress(BaseException):  # a service that was killed: the next run in this process needs a new one
                import wandb

                wandb.teardown()

    def open(self) -> "wandb.Run":
        # Crash reports would go to wandb's makers even when offline.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        if DATA_DIR is None:  # where tables and artifacts wait for their upload
            os.environ["WANDB_DATA_DIR"] = str(self.folder.absolute() / "wandb")
        import wandb

        settings = wandb.Settings(**QUIET, init_timeout=self.timeout, finish_timeout=self.timeout)
        wandb.setup(settings)  # nothing is printed from here on
        mode, why = choose_mode(self.mode)
        arguments = {"dir": str(self.folder), "settings": settings, "reinit": "create_new", **self.init}
        resume = bool(arguments.get("id"))
        arguments["id"] = arguments.get("id") or secrets.token_hex(4)  # the same if online fails
        if mode == "online":
            try:
                run = wandb.init(mode="online", resume=resume, **arguments)
            except Exception as error:
                why = one_line(error)[:SHORT]
                wandb.teardown()  # its service holds the id
                wandb.setup(settings)
            else:
                self.report(f"W&B: {run.url}", str(run.url))
                return run
        self.folder.mkdir(parents=True, exist_ok=True)
        run = wandb.init(mode="offline", **arguments)
        upload = f"wandb sync {relpath(self.folder)}/wandb/*run-*"
        self.report(f"W&B: offline{f' ({why})' if why else ''}; {upload} uploads it", upload)
        return run

    def report(self, line: str, address: str) -> None:
        self.address = address
        if not self.quiet:
            echo(line)

    def warn(self, failure: str) -> None:
        self.failure = failure
        line = f"W&B has failed ({failure}); the run's own files have everything"
        log.warning(line)
        if not self.quiet:
            console().print(f"warning: {line}")


def choose_mode(mode: str) -> tuple[str, str]:
    """online or offline, and why offline: without credentials no server is asked, and no user either."""
    import wandb
    from wandb.sdk.lib.wbauth import authenticate_session

    settings = wandb.setup().settings
    if mode == "offline" or (mode == "auto" and settings.mode == "offline"):
        return "offline", "" if mode == "offline" else "WANDB_MODE"
    try:
        key = authenticate_session(host=settings.base_url, source="fmnist", prompt=False, update_session=False)
    except wandb.Error as error:
        return "offline", one_line(error)
    return ("online", "") if key else ("offline", "no API key: wandb login")


def last_id(folder: Path) -> str | None:
    """The id of the last W&B run whose files lie in the folder."""
    files = sorted(folder.glob("wandb/*run-*/run-*.wandb"), key=lambda file: file.parent.name.partition("run-")[2])
    return files[-1].stem.removeprefix("run-") if files else None
