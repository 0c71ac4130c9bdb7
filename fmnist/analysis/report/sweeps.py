"""Sweeps found on disk, with their studies."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.errors import DamagedFile, FmnistError, one_line
from fmnist.files.run_folder import read_summary
from fmnist.files.yaml import read_mapping
from fmnist.run.check_record import MAPPING, TEXT, Types, check
from fmnist.sweep.study.storage import open_storage
from fmnist.terminal.console import warn

if TYPE_CHECKING:
    from optuna.study import Study

SUMMARY: dict[str, Types] = {"study": TEXT, "objectives": MAPPING, "best": (dict, type(None))}


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder.  summary: its summary.json, empty while there is none.  study: None if `trouble` says why."""

    folder: Path
    name: str
    summary: dict[str, Any]
    study: "Study | None"
    trouble: str = ""


def find_sweeps(folders: Iterable[Path]) -> list[Sweep]:
    """Every sweep in or below the folders, each once."""
    found: dict[Path, Path] = {}
    for folder in folders:
        for file in sorted(folder.rglob("multirun.yaml")):
            found.setdefault(file.parent.resolve(), file.parent)
    return [read_sweep(folder) for folder in found.values()]


def stored_url(folder: Path) -> str | None:
    """The storage that the sweep's multirun.yaml names, if it names one."""
    value: Any = read_mapping(folder / "multirun.yaml")
    for key in ("hydra", "sweeper", "storage"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def read_sweep(folder: Path) -> Sweep:
    """If the study cannot be opened (its database is out of reach), the runs of its trials can still be shown."""
    try:
        return open_sweep(folder, read_summary(folder))
    except FmnistError as error:
        trouble = str(error)
    except Exception as error:  # whatever Optuna makes of a damaged journal
        trouble = f"{folder / 'study.journal'}: not a whole study ({type(error).__name__}: {one_line(error)[:200]})"
    warn(f"skipped: {trouble}")
    return Sweep(folder, folder.name, {}, None, trouble)


def open_sweep(folder: Path, summary: dict[str, Any]) -> Sweep:
    import optuna

    check(folder / "summary.json", summary, SUMMARY)
    name = str(summary.get("study", folder.name))
    journal = (folder / "study.journal").absolute()
    url = str(journal) if journal.exists() else stored_url(folder)
    if not url:
        return Sweep(folder, name, summary, None, f"{folder} has no study.journal")
    try:
        storage = open_storage(url)
    except DamagedFile:
        raise
    except FmnistError as error:
        return Sweep(folder, name, summary, None, str(error))
    try:
        study = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return Sweep(folder, name, summary, None, f"there is no study {name} in its storage")
    return Sweep(folder, name, summary, study)
