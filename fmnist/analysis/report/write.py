"""`python -m fmnist report`: write report.html."""

from collections.abc import Sequence
from pathlib import Path

from fmnist.analysis.report.page import render
from fmnist.analysis.report.page_data import collect_data
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.terminal.console import get_console

NAME = "report.html"


def write_report(folders: Sequence[Path], metric: str | None = None, file: Path | None = None) -> Path:
    """Write the page on all runs and sweeps below the folders; print its path and return it.

    Without `file` it goes to the folder, if it is one run's or one sweep's, else to the current folder.

    Raises:
        ConfigError: there is no run in a folder, no run has such a metric, or the file cannot be written.
    """
    file = file or default_folder(folders) / NAME
    if file.is_dir():
        raise ConfigError("--output", file, "a file, not a folder")
    text = render(collect_data(folders, metric))
    try:
        atomic.write_text(file, text)
    except OSError as error:
        raise ConfigError("--output", file, f"a file that can be written ({error.strerror})") from None
    get_console().print(f"{file}  ({len(text.encode()) / 1e6:.1f} MB)")
    return file


def default_folder(folders: Sequence[Path]) -> Path:
    if len(folders) == 1 and any((folders[0] / name).exists() for name in ("config.yaml", "multirun.yaml")):
        return folders[0]
    return Path()
