"""The folder for files that can be made again."""

import os
from pathlib import Path


def cache_root() -> Path:
    """The user's cache, or $FMNIST_CACHE."""
    if path := os.environ.get("FMNIST_CACHE"):
        return Path(path).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("fmnist")
