"""The files results/*.json: plain JSON, numbers with four significant digits, and the machine that they are from."""

import json
import os
import platform
import re
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

Result = dict[str, Any]  # plain JSON

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("hydra-core", "omegaconf", "optuna", "numpy", "numba", "torch", "jax", "scikit-learn")


def load(name: str) -> Result:
    file = FOLDER / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else {}


def save(name: str, new: Result) -> Result:
    """Update results/<name>.json and return all of it. Long lists of rows have a row a line."""
    found = load(name) | new
    text = json.dumps(found, indent=2, ensure_ascii=False)
    text = re.sub(r"\{\n {8}.*?\n {6}\}", lambda row: json.dumps(json.loads(row[0])), text, flags=re.DOTALL)
    (FOLDER / f"{name}.json").write_text(text + "\n")
    return found


def round_all(found: Result) -> Result:
    """Four significant digits are more than a shared machine gives."""
    return json.loads(json.dumps(found), parse_float=lambda text: float(f"{float(text):.4g}"))


def machine() -> Result:
    """The machine, and the versions of what is installed on it."""
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    versions = {package.name: package.version for package in distributions()}
    return {
        "cpu": model[1] if model else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: versions[name] for name in PACKAGES if name in versions},
    }


def stamp() -> Result:
    return {"date": date.today().isoformat(), "machine": machine()}


def table(rows: list[list[str]]) -> str:
    """Markdown with columns of equal width; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join([head, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines])
