"""wandb.json in a run's folder: which run of W&B it is, and how much of it the server has confirmed."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist.files import atomic

if TYPE_CHECKING:
    import wandb

NAME = "wandb.json"


@dataclass(frozen=True)
class Receipt:
    """`wandb sync` does not write one; `python -m fmnist mirror` asks the server, and does.

    path: entity/project/id, without the entity if it is the user's own and the run was never online.
    uploaded: the last step that the server has confirmed.  complete: it has confirmed the end as well.
    written: the last step in files of offline runs that were closed.
    """

    id: str
    path: str
    url: str = ""
    uploaded: int = 0
    complete: bool = False
    written: int = 0

    def write(self, folder: Path) -> None:
        with suppress(OSError):  # a full disk: then the server has to be asked
            atomic.write_json(folder / NAME, asdict(self))

    def share(self, last: int) -> str:
        """How much of a run whose last step is `last` W&B has: whole, in part, never."""
        if self.complete and self.uploaded >= last:
            return "whole"
        return "in part" if self.uploaded else "never"


def begin_receipt(folder: Path, run: "wandb.Run") -> Receipt:
    """Of an opened run: what was kept of it before, and not complete any more."""
    old = read_receipt(folder)
    if old is None or old.id != run.id:
        old = Receipt(run.id, "")
    path = "/".join(filter(None, (run.entity, run.project, run.id)))
    receipt = replace(old, path=path, url=str(run.url or old.url), complete=False)
    receipt.write(folder)
    return receipt


def read_receipt(folder: Path) -> Receipt | None:
    """None if there is none, or it cannot be read."""
    try:
        return Receipt(**json.loads((folder / NAME).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def known_id(folder: Path) -> str | None:
    """The id of the run in W&B: the receipt's, or that of the last of wandb's files in the folder."""
    if receipt := read_receipt(folder):
        return receipt.id
    files = sorted(folder.glob("wandb/*run-*/run-*.wandb"), key=lambda file: file.parent.name.partition("run-")[2])
    return files[-1].stem.removeprefix("run-") if files else None
