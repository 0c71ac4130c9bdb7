"""One W&B run in a thread of its own: whatever fails there does not reach the training."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any

from fmnist.errors import one_line
from fmnist.terminal.console import echo, get_console, log
from fmnist.tracker.weights_and_biases.opening import SHORT, mirror_command, open_run, sync_command
from fmnist.tracker.weights_and_biases.outage import Outage
from fmnist.tracker.weights_and_biases.receipt import begin_receipt
from fmnist.tracker.weights_and_biases.server import arrives, confirm, is_whole
from fmnist.tracker.weights_and_biases.service import BRIEF, close_service, drop_service

if TYPE_CHECKING:
    import wandb

LOCAL = 30.0  # seconds for what needs no server: the import, the files of an offline run, a study's figures


class Connection:
    """Opens the run, passes it the jobs in order, finishes it, and asks the server whether it has all.

    The thread waits for the import (a second), for a server, for a disk; the training waits at the end alone, and for a
    server no longer than `timeout` seconds. The first failure costs one warning, and ends it.
    """

    failure = ""  # what has failed
    address = ""  # of the run, or the command that uploads it
    online = False
    first_step = 0  # the server, or a file, has the steps before

    def __init__(self, folder: Path, mode: str, timeout: float, *, quiet: bool = False, **init: Any) -> None:
        """The run's files go to folder/wandb/. `init` are the arguments of wandb.init; an `id` continues that run.

        `quiet`: print neither the address nor a warning.
        """
        self.folder, self.mode, self.timeout, self.quiet, self.init = folder, mode, timeout, quiet, init
        self.outage = Outage(folder)
        self.jobs: SimpleQueue[Callable[[wandb.Run], object] | None] = SimpleQueue()
        self.artifacts: list[wandb.Artifact] = []  # whose upload is confirmed at the end
        self.exit_code = 0
        self.deadline = float("inf")
        self.closing: wandb.Run | None = None  # its jobs are done: its file has all
        self.thread = threading.Thread(target=self.work, name="wandb", daemon=True)
        self.thread.start()

    def submit(self, job: Callable[["wandb.Run"], object]) -> None:
        """Run this soon, behind all jobs before it."""
        self.jobs.put(job)

    def finish(self, exit_code: int = 0, *, draws: bool = False) -> None:
        """Run the jobs that are left and close the run; an exit code of 0 is a good end. Ctrl-C ends the wait alone.

        `draws`: the jobs have work of their own to do, which is no wait for the server.
        """
        self.exit_code = exit_code
        wait = BRIEF if self.outage.reason() and self.online else self.timeout
        self.deadline = monotonic() + wait
        self.jobs.put(None)
        try:
            self.thread.join(wait + BRIEF)
            if self.thread.is_alive() and (draws or not self.online):
                self.thread.join(LOCAL)
            if self.thread.is_alive():
                self.fail("it does not answer")
        except KeyboardInterrupt:
            self.fail("the upload was interrupted")
        if self.thread.is_alive():
            close_service()

    def work(self) -> None:
        try:
            run = self.open()
            while (job := self.jobs.get()) is not None:
                job(run)
            self.close(run)
        except BaseException as error:  # whatever wandb raises, and in a thread nobody else would catch it
            self.fail((one_line(error) or type(error).__name__)[:SHORT])
            drop_service()

    def open(self) -> "wandb.Run":
        opened = open_run(self.folder, self.mode, self.timeout, self.outage, self.init)
        run, self.online = opened.run, opened.online
        self.receipt = begin_receipt(self.folder, run)
        done = max(self.receipt.uploaded, self.receipt.written)
        self.first_step = run.starting_step if self.online else done + 1
        if self.online:
            self.report(f"W&B: {run.url}", str(run.url))
        else:
            why = f" ({opened.why})" if opened.why else ""
            upload = sync_command(self.folder, None)
            line = f"W&B: offline{why}; {upload} uploads it"
            if self.outage.folder == self.folder and self.outage.reason():
                line = f"W&B: offline{why}, and so are the trials; {mirror_command(self.folder)} sends them later"
            self.report(line, upload, is_news=opened.is_news)
        return run

    def close(self, run: "wandb.Run") -> None:
        """Finish the run, and keep what the server confirms, or what is safe in the file of an offline run."""
        self.closing, last, tags = run, run.step - 1, tuple(run.tags or ())
        sent = self.artifacts if self.online else []
        lost = [artifact.name for artifact in sent if not arrives(artifact, self.deadline - monotonic())]
        try:
            run.finish(exit_code=self.exit_code)
        except TimeoutError:
            self.fail(f"the upload took longer than {self.timeout:g} s")
            return
        if not self.online:
            self.receipt = replace(self.receipt, written=max(last, 0))
            self.receipt.write(self.folder)
            return
        found = confirm(self.receipt.path, last, tags, max(BRIEF, self.deadline - monotonic()))
        step, whole = (max(found.step, 0), is_whole(found, last, tags)) if found else (0, False)
        self.receipt = replace(self.receipt, uploaded=step, complete=whole)
        self.receipt.write(self.folder)
        if not whole:
            self.fail(f"the server has {step} of {last} steps" if step < last else "the server has not got the end")
        elif lost:
            self.fail(f"not uploaded: {', '.join(lost)}", "")  # sync does not send artifacts of an online run either

    def report(self, line: str, address: str, *, is_news: bool = True) -> None:
        self.address = address
        if is_news and not self.quiet:
            echo(line)
        else:
            log.info(line)

    def fail(self, failure: str, remedy: str | None = None) -> None:
        """Say once what has failed, and what uploads the run all the same."""
        if self.failure:
            return
        self.failure = failure
        if self.online and remedy is None:
            self.outage.note(failure)
        remedy = self.remedy() if remedy is None else remedy
        line = "; ".join(filter(None, (f"W&B has failed ({failure})", remedy, "the run's own files have everything")))
        log.warning(line)
        if not self.quiet:
            get_console().print(f"warning: {line}")

    def remedy(self) -> str:
        """The command that sends what is missing: sync if wandb's own file of the run is whole, or else mirror."""
        if self.closing and self.outage.folder != self.folder:
            return f"{sync_command(self.folder, self.closing if self.online else None)} uploads {self.folder}"
        has_run = (self.folder / "config.yaml").exists() or self.outage.folder == self.folder
        return f"{mirror_command(self.folder)} sends what it has not got" if has_run else ""
