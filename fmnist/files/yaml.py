"""YAML files as plain data, read by PyYAML's own loader: OmegaConf's takes eighteen times as long.

They may be anybody's. An alias (*name) can make a gigabyte of a kilobyte, and PyYAML's loader crashes on values that
are nested deeply enough: both are found beforehand, in the stream of events, which takes a third of the loading's time.
"""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with omegaconf

from fmnist.errors import DamagedFile
from fmnist.files.regular import read_regular

LIMIT = 10_000_000  # bytes
DEPTH = 50


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads numbers as OmegaConf does: 1e-3 is one, and a date is text."""


FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)$")
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+0123456789"))


def read_yaml(file: Path) -> Any:
    """What the file holds; interpolations stay text.

    Raises:
        DamagedFile: it cannot be read, or is not YAML of a reasonable kind; one line with the file.
    """
    try:
        text = read_regular(file, LIMIT).decode()
        check_events(text)
        return yaml.load(text, Loader)
    except OSError as error:
        raise DamagedFile(file, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise DamagedFile(file, f"not text in UTF-8 ({error.reason} at byte {error.start})") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # ValueError: 5,000 digits
        raise DamagedFile(file, f"not valid YAML ({' '.join(str(error).split())[:200]})") from None


def read_mapping(file: Path) -> dict[str, Any]:
    """What the file holds, which must be keys with values; as `read_yaml`."""
    content = read_yaml(file)
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise DamagedFile(file, "not a mapping of keys to values")
    return content


def check_events(text: str) -> None:
    """Raise ValueError for an alias, or for values that are nested too deeply."""
    depth = 0
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"the alias *{event.anchor}")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH:
            raise ValueError(f"more than {DEPTH} levels")
