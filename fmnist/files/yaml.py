"""YAML files as plain data, read by PyYAML's own loader: OmegaConf's takes eighteen times as long."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with omegaconf

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path) -> Any:
    """What the file holds; interpolations stay text."""
    return yaml.load(file.read_text(), LOADER)
