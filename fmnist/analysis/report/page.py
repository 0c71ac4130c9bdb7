"""One self-contained HTML file: template, style, plotly, our scripts and the data.

The data are in a block that no browser runs, and reach the page as text only, so names with HTML are shown as they are.
If one of them escapes all the same, the Content-Security-Policy runs no script except those whose SHA-256 it lists, and
lets none of them load anything.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from fmnist.analysis.report.page_data import collect_data
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.terminal.console import get_console

NAME = "report.html"
SCRIPTS = ("dom", "theme", "focus", "summary", "curves", "table", "search", "parallel", "confusion", "main")


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


def render(data: Mapping[str, Any]) -> str:
    here = files(__package__)
    plotly = files("plotly").joinpath("package_data", "plotly.min.js").read_text("utf-8")
    script = "'use strict';\n" + "\n".join(here.joinpath(f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    plotly, script = (f"\n{text.strip()}\n" for text in (plotly, script))
    return Template(here.joinpath("template.html").read_text("utf-8")).substitute(
        title=html.escape(data["title"]),
        policy=policy(plotly, script),
        style=here.joinpath("style.css").read_text("utf-8"),
        data=safe_json(data),
        plotly=plotly,
        script=script,
    )


def policy(*scripts: str) -> str:
    """The Content-Security-Policy: these scripts, inline styles (plotly sets some), images inside the page; no more."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def safe_json(data: Mapping[str, Any]) -> str:
    """JSON that no HTML parser finds a tag in: "</script>" becomes "\\u003c/script\\u003e"."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
