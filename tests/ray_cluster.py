"""A Ray cluster of the test's own: two nodes with a CPU each, on two addresses of loopback, from .venv-ray."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from options import ROOT

PYTHON = ROOT / ".venv-ray" / "bin" / "python"  # Hydra's plugin wants an older cloudpickle than joblib
HEAD, NODE = "127.0.0.2", "127.0.0.3"  # Ray replaces 127.0.0.1 by the machine's address in its network
QUIET = ("--disable-usage-stats", "--object-store-memory=80000000")
READY = "Ray runtime started"


def missing() -> str | None:
    """Why there can be no Ray here, and what to do about it."""
    return None if PYTHON.with_name("ray").exists() else "Ray is missing: make ray"


class Ray:
    """Started at once; `stop` it, whatever happens. Sweeps reach it by `address`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # its sockets' names have little room
        self.address = f"{HEAD}:{free_port()}"
        self.nodes: list[subprocess.Popen[bytes]] = []
        port = self.address.rpartition(":")[2]
        try:
            head = ("--head", f"--port={port}", f"--temp-dir={self.folder}", "--include-dashboard=false")
            self.node(*head, address=HEAD)
            self.node(f"--address={self.address}", address=NODE)
        except BaseException:
            self.stop()
            raise

    def node(self, *words: str, address: str) -> None:
        """One more node, as a child of this process; back when it runs."""
        ports = [f"--dashboard-agent-listen-port={free_port()}", "--min-worker-port=0", "--max-worker-port=0"]
        if "--head" in words:
            ports.append(f"--ray-client-server-port={free_port()}")
        command = [str(PYTHON.with_name("ray")), "start", f"--node-ip-address={address}", "--num-cpus=1", "--block"]
        log = self.folder / f"{address}.log"
        command += [*QUIET, *ports, *words]
        with open(log, "w") as out:  # its workers start in the node's folder, not in that of a sweep
            node = subprocess.Popen(command, cwd=self.folder, stdout=out, stderr=out, start_new_session=True)
        self.nodes.append(node)
        until = time.monotonic() + 60
        while READY not in log.read_text():
            assert node.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """`ray stop` would stop everybody's. A node that is told to end ends its own processes."""
        for node in reversed(self.nodes):
            node.terminate()
            with suppress(subprocess.TimeoutExpired):
                node.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(node.pid, signal.SIGKILL)
            node.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """Below those that the system gives away, of which Ray's many processes take one after the other."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as server, suppress(OSError):
            server.bind(("", port))
            return port
