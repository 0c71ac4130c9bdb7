"""Several processes make the decompressed copies at once, while the copies break under their hands."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from options import python_path
from tiny_idx import IMAGES, Tiny, idx_bytes, write

RACER = """
import os, sys
from pathlib import Path
from tiny_idx import IMAGES, Tiny

folder, copy, own = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(60):
    x = Tiny(folder=folder).load().train.x
    own.touch()
    own.replace(copy)  # an empty copy for everyone, at any moment of the others' work
    assert (x == IMAGES.reshape(40, 15)).all()
"""


def test_processes_that_build_at_the_same_time_do_not_disturb_each_other(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    monkeypatch.setenv("FMNIST_CACHE", str(cache))
    folder = str(write(tmp_path / "files"))
    copy = cache / "tiny" / "train-images-idx3-ubyte"
    tests = Path(__file__).resolve().parent
    env = os.environ | {"PYTHONPATH": python_path(tests, tests.parent)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with ExitStack() as stack:
        runs = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RACER, folder, copy, cache / f"own{i}"], env=env, text=True, **pipes
                )
            )
            for i in range(3)
        ]
        for run in runs:
            assert run.stdout.readline() == "ready\n"
        for run in runs:  # all wait at the line: let them go together
            run.stdin.write("go\n")
            run.stdin.flush()
        ends = [(run.communicate(timeout=30)[1], run.returncode) for run in runs]
    assert ends == [("", 0)] * 3
    assert np.array_equal(Tiny(folder=folder).load().train.x, IMAGES.reshape(40, 15))
    assert copy.read_bytes() == idx_bytes(IMAGES)
    assert not list(copy.parent.glob(".*"))
