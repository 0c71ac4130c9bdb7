"""A process that has imported the heavy libraries, and forks for each program that a test runs.

The program is a process of its own as ever, with all of the project's code imported anew: only NumPy, Hydra, Optuna and
the like are there already, which cost more time than a small run. Linux alone; elsewhere a program starts from nothing.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

LIBRARIES = (
    *("numpy", "hydra.main", "hydra._internal.hydra", "hydra.core.override_parser.overrides_parser", "omegaconf"),
    *("rich.console", "rich.live", "rich.table", "threadpoolctl", "filelock", "psutil", "platformdirs"),
    *("llvmlite.binding", "cloudpickle", "scipy.stats", "optuna", "matplotlib.figure", "plotly.graph_objects"),
)


@cache
def server(path: str, warnings: str) -> "subprocess.Popen[str]":
    """One for each process of pytest, with which it ends; $PYTHONPATH and $PYTHONWARNINGS are read at its start."""
    env = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": warnings}
    command = [sys.executable, __file__]
    process = subprocess.Popen(command, env=env, stdin=-1, stdout=-1, text=True, start_new_session=True)
    atexit.register(process.communicate)
    return process


def run(words: list[str], cwd: Path, env: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """`python WORDS`, of a script or of -m MODULE.

    Raises:
        subprocess.TimeoutExpired: as `subprocess.run` does; the program is killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("output", "errors")]
        process = server(env["PYTHONPATH"], env["PYTHONWARNINGS"])
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"words": words, "cwd": str(cwd), "env": env, "files": list(map(str, files))}
        print(json.dumps(request), file=process.stdin, flush=True)
        if not select.select([process.stdout], [], [], timeout)[0]:
            os.killpg(process.pid, signal.SIGKILL)
            server.cache_clear()
            raise subprocess.TimeoutExpired(words, timeout)
        code = int(process.stdout.readline())
        return subprocess.CompletedProcess(words, code, *(file.read_text() for file in files))


def serve() -> list[str]:
    """Fork for each line of standard input. It returns in the child, with the words that are to be run."""
    for line in sys.stdin:
        if child := os.fork():
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
            continue
        request = json.loads(line)
        for number, file in enumerate([os.devnull, *request["files"]]):
            opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        return request["words"]
    sys.exit()


def become(words: list[str]) -> None:
    """What Python does with its command line."""
    if words[0] == "-m":
        sys.path[0], sys.argv = os.getcwd(), words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(words[0]).parent), words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    for name in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # or each child would walk through the libraries, and so copy their memory
    become(serve())
