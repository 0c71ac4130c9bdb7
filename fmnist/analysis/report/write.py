"""`python -m fmnist report`: the page is gathered, written whole, and said where it lies."""

from collections.abc import Sequence
from pathlib import Path

from fmnist.analysis.report.content import content
from fmnist.analysis.report.page import page
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.terminal.console import console

NAME = "report.html"


def write_report(folders: Sequence[Path], metric: str | None = None, file: Path | None = None) -> Path:
    """Write the page on all runs and sweeps below the folders; its path is printed and returned.

    Without `file` it lies in the folder, if it is one run's or one sweep's, else in the current folder.

    Raises:
        ConfigError: there is no run in a folder, no run has such a metric, or the file cannot be written.
    """
    file = file or home(folders) / NAME
    if file.is_dir():
        raise ConfigError("--output", file, "a file, not a folder")
    text = page(content(folders, metric))
    try:
        atomic.write_text(file, text)
    except OSError as error:
        raise ConfigError("--output", file, f"a file that can be written ({error.strerror})") from None
    console().print(f"{file}  ({len(text.encode()) / 1e6:.1f} MB)")
    return file


def home(folders: Sequence[Path]) -> Path:
    if len(folders) == 1 and any((folders[0] / name).exists() for name in ("config.yaml", "multirun.yaml")):
        return folders[0]
    return Path()
