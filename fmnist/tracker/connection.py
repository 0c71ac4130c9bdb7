"""One W&B run in a thread of its own: nothing that happens to it reaches the training."""

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
STAGING = os.environ.get("WANDB_DATA_DIR")  # the user's wish
SHORT = 160  # letters of wandb's words in a warning

# What wandb would find out by itself at every start, and say on the terminal.
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
    """Opens the run, hands it the jobs in order, finishes it. The first failure costs one warning, and ends it.

    The thread waits for the import (a second), for a server, for a disk; the training waits at the end alone, and at
    most for `timeout` seconds each for the start and the upload.
    """

    trouble = ""  # what has failed
    where = ""  # the run's address, or the command that uploads it

    def __init__(self, folder: Path, mode: str, timeout: float, *, quiet: bool = False, **init: Any) -> None:
        """The run's files go to folder/wandb/. `init` are the arguments of wandb.init; an `id` continues that run.

        `quiet`: who asked will say what came of it.
        """
        self.folder, self.mode, self.timeout, self.quiet, self.init = folder, mode, timeout, quiet, init
        self.jobs: SimpleQueue[Callable[[wandb.Run], object] | None] = SimpleQueue()
        self.exit_code = 0
        self.thread = Thread(target=self.work, name="wandb", daemon=True)
        self.thread.start()

    def do(self, job: Callable[["wandb.Run"], object]) -> None:
        """Have this done soon, behind all that was asked before."""
        self.jobs.put(job)

    def finish(self, exit_code: int = 0) -> None:
        """Do what is left and close the run: 0 for a good end."""
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
        if STAGING is None:  # where tables and artifacts wait for their upload
            os.environ["WANDB_DATA_DIR"] = str(self.folder.absolute() / "wandb")
        import wandb

        settings = wandb.Settings(**QUIET, init_timeout=self.timeout, finish_timeout=self.timeout)
        wandb.setup(settings)  # from here on, silence
        mode, why = chosen(self.mode)
        arguments = {"dir": str(self.folder), "settings": settings, "reinit": "create_new", **self.init}
        resume = bool(arguments.get("id"))
        arguments["id"] = arguments.get("id") or secrets.token_hex(4)  # the same, should online not come about
        if mode == "online":
            try:
                run = wandb.init(mode="online", resume=resume, **arguments)
            except Exception as error:
                why = one_line(error)[:SHORT]
                wandb.teardown()  # its service holds the id
                wandb.setup(settings)
            else:
                self.say(f"W&B: {run.url}", str(run.url))
                return run
        self.folder.mkdir(parents=True, exist_ok=True)
        run = wandb.init(mode="offline", **arguments)
        upload = f"wandb sync {relpath(self.folder)}/wandb/*run-*"
        self.say(f"W&B: offline{f' ({why})' if why else ''}; {upload} uploads it", upload)
        return run

    def say(self, line: str, where: str) -> None:
        self.where = where
        if not self.quiet:
            echo(line)

    def warn(self, trouble: str) -> None:
        self.trouble = trouble
        line = f"W&B has failed ({trouble}); the run's own files have everything"
        log.warning(line)
        if not self.quiet:
            console().print(f"warning: {line}")


def chosen(mode: str) -> tuple[str, str]:
    """online or offline, and why: without credentials there is nothing to ask a server for, and nobody to ask."""
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


def known_id(folder: Path) -> str | None:
    """The id of the W&B run whose files lie in the run's folder."""
    files = sorted(folder.glob("wandb/*run-*/run-*.wandb"), key=lambda file: file.parent.name.partition("run-")[2])
    return files[-1].stem.removeprefix("run-") if files else None
