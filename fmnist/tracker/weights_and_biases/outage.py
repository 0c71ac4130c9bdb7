"""A server that does not answer costs a sweep once: the first run that notices leaves a file, the others go offline."""

from contextlib import suppress
from pathlib import Path

from fmnist.files import atomic
from fmnist.tracker.description import sweep_folder

NAME = "wandb_outage.txt"


class Outage:
    """Of a sweep, given the folder of a trial or the sweep's own; a single run has none, and notices for itself.

    The file is removed when the sweep starts again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder if (folder / "multirun.yaml").exists() else sweep_folder(folder)
        self.file = self.folder / NAME if self.folder else None

    def note(self, reason: str) -> None:
        if self.file and not self.file.exists():
            with suppress(OSError):
                atomic.write_text(self.file, reason + "\n")

    def reason(self) -> str:
        """Why the server cannot be reached; empty if it can, as far as is known."""
        try:
            return self.file.read_text().strip() if self.file else ""
        except OSError:
            return ""

    def clear(self) -> None:
        if self.file:
            self.file.unlink(missing_ok=True)
