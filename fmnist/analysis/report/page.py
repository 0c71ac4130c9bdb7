"""One self-contained HTML file: template, style, plotly, our scripts and the data.

The data are in a block that no browser runs, and reach the page as text only, so names with HTML are shown as they are.
If one of them escapes all the same, the Content-Security-Policy runs no script except those whose SHA-256 it lists, and
lets none of them load anything.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

SCRIPTS = ("dom", "theme", "focus", "summary", "curves", "table", "search", "parallel", "confusion", "main")


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
