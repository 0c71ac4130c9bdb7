"""The progress of a download, as a terminal shows it."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from options import python_path
from tiny_idx import GZ
from tiny_mirror import mirror

TESTS = Path(__file__).resolve().parent


def everything(terminal: int) -> bytes:
    """What a process writes to a terminal until it ends, which Linux reports as an error and others as nothing."""
    shown = b""
    with suppress(OSError):
        while data := os.read(terminal, 1 << 16):
            shown += data
    return shown


def test_a_terminal_shows_a_bar_for_each_file(tmp_path):
    program = "import sys; from tiny_idx import Tiny; Tiny(mirrors=sys.argv[1:]).load()"
    outer, inner = pty.openpty()
    with mirror("500", bad=("train-labels-idx1-ubyte.gz",)) as first, mirror() as second:
        command = [sys.executable, "-c", program, first.url, second.url]
        env = os.environ | {
            "PYTHONPATH": python_path(TESTS, TESTS.parent),
            "FMNIST_CACHE": str(tmp_path / "cache"),
            "NO_PROXY": "127.0.0.1",
            "TERM": "xterm",
            "COLUMNS": "120",
        }
        with subprocess.Popen(command, env=env, stderr=inner) as process:
            os.close(inner)
            shown = everything(outer)
        assert process.returncode == 0
    os.close(outer)
    for name, data in GZ.items():
        assert name.encode() in shown
        assert f"{len(data)}/{len(data)} bytes".encode() in shown
