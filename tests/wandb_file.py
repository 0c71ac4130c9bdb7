"""What the real client wrote: the records of a run's `.wandb` file, in wandb's own message types.

The file is a LevelDB log (https://github.com/google/leveldb/blob/main/doc/log_format.md) behind a header of seven
bytes; its records are wandb's protocol buffers.
"""

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wandb
from wandb.proto import wandb_internal_pb2

BLOCK = 32768
HEAD = 7  # checksum 4, length 2, type 1
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


@dataclass
class Logged:
    """A run, as W&B would show it."""

    folder: Path
    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)  # what define_metric said, by name or glob
    artifacts: list[Any] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exit_code: int | None = None


def logged(folder: Path) -> list[Logged]:
    """Every run in or below the folder, in the order in which they began."""
    wandb.teardown()  # the service writes on for a millisecond behind `finish`
    return [read(file) for file in sorted(folder.rglob("*run-*/*.wandb"), key=began)]


def began(file: Path) -> tuple[str, bool]:
    """Within a second, offline comes behind online, which has failed."""
    kind, _, when = file.parent.name.partition("run-")
    return when, kind == "offline-"


def read(file: Path) -> Logged:
    found = Logged(file.parent)
    for data in records(file.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found.run = record.run
            update(found.config, record.run.config.update)
            update(found.summary, record.run.summary.update)
        elif kind == "config":
            update(found.config, record.config.update)
        elif kind == "history":
            row: dict[str, Any] = {}
            update(row, record.history.item)
            found.history.append(row)
            found.summary |= row
        elif kind == "summary":
            update(found.summary, record.summary.update)
        elif kind == "metric":
            found.metrics[record.metric.name or record.metric.glob_name] = record.metric
        elif kind == "artifact":
            found.artifacts.append(record.artifact)
        elif kind == "files":
            found.files += [one.path for one in record.files.files]
        elif kind == "exit":
            found.exit_code = record.exit.exit_code
    return found


def update(into: dict[str, Any], items: Any) -> None:
    for item in items:
        path = list(item.nested_key) or [item.key]
        inner = into
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = json.loads(item.value_json)


def records(raw: bytes) -> list[bytes]:
    assert raw[:4] == b":W&B", "no file of wandb's"
    found, part, at = [], b"", 7
    while at < len(raw):
        left = BLOCK - at % BLOCK
        if left < HEAD:
            at += left
            continue
        length, kind = int.from_bytes(raw[at + 4 : at + 6], "little"), raw[at + 6]
        data = raw[at + HEAD : at + HEAD + length]
        assert zlib.crc32(raw[at + 6 : at + HEAD + length]) == int.from_bytes(raw[at : at + 4], "little")
        at += HEAD + length
        part = data if kind in (FULL, FIRST) else part + data
        if kind in (FULL, LAST):
            found.append(part)
    return found
