"""A PostgreSQL server of the test's own, from Debian's package, on a free port of loopback in a temporary folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import optuna

from cli import STRICT
from options import ROOT, python_path

DEBIAN = Path("/usr/lib/postgresql")
USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root
PASSWORD = "correct-horse"  # of the role `guarded`; every other role is trusted

# Another machine, as far as a process can tell: another name, and a folder for locks that nobody shares.
OTHER_HOST = "import os, socket\nsocket.gethostname = lambda: os.environ['FMNIST_TEST_HOST']\n"


def binaries() -> Path | None:
    """The folder with initdb and postgres."""
    found = shutil.which("initdb")
    candidates = sorted(DEBIAN.glob("*/bin"), reverse=True) + ([Path(found).parent] if found else [])
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


def missing() -> str | None:
    """Why there can be no server here, and what to do about it."""
    if binaries() is None:
        return "PostgreSQL's server is missing: apt-get install postgresql"
    if find_spec("psycopg") is None:
        return "PostgreSQL's driver is missing: pip install psycopg[binary]"
    return None


class Server:
    """Started at once; `stop` it, whatever happens."""

    def __init__(self) -> None:
        folder = binaries()
        assert folder is not None
        self.binaries = folder
        self.user = next(name for name in USERS if is_user(name)) if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="fmnist-postgres-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.run("initdb", "--pgdata", str(self.data), "--auth", "trust", "--username", "fmnist", "--no-sync")
        access = self.data / "pg_hba.conf"
        access.write_text("host all guarded 127.0.0.1/32 scram-sha-256\n" + access.read_text())
        self.port = free_port()
        self.start()
        self.sql(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")

    def run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self.binaries / program, *words],
            user=self.user,
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=60,
        )

    def start(self) -> None:
        """As a child of this process, which alone can take note of its death where nobody else does: in a container."""
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off"}
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port), *words]
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(command, user=self.user, cwd=self.folder, stdout=log, stderr=log)
        until = time.monotonic() + 30
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def answers(self) -> bool:
        import psycopg

        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """At once, and tidily: its shared memory goes too."""
        try:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.folder)

    def kill(self) -> None:
        """kill -9 of the server with all its processes."""
        pid = self.process.pid
        self.process.send_signal(signal.SIGSTOP)  # it starts no further one meanwhile
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        until = time.monotonic() + 30
        while any(is_running(child) for child in children):
            assert time.monotonic() < until, "the server does not die"
            time.sleep(0.02)

    def sql(self, statement: str) -> None:
        import psycopg

        # CREATE DATABASE will have no transaction.
        server = {"host": "127.0.0.1", "port": self.port, "user": "fmnist", "dbname": "postgres"}
        with psycopg.connect(**server, autocommit=True) as connection:
            connection.execute(statement)

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str, who: str = "fmnist") -> str:
        return f"postgresql://{who}@127.0.0.1:{self.port}/{name}"


def is_user(name: str) -> bool:
    import pwd

    return name in {entry.pw_name for entry in pwd.getpwall()}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Sweep:
    """`python train.py …` in the background; with a `host` as if on a machine of that name."""

    def __init__(self, *words: str, cwd: Path, host: str | None = None) -> None:
        env = {**os.environ, "PYTHONPATH": python_path(ROOT), "PYTHONWARNINGS": STRICT, "COLUMNS": "200"}
        if host:
            (cwd / "tmp").mkdir(parents=True)
            (cwd / "sitecustomize.py").write_text(OTHER_HOST)
            env |= {"PYTHONPATH": python_path(ROOT, cwd), "FMNIST_TEST_HOST": host, "TMPDIR": str(cwd / "tmp")}
        # Files, not pipes: nobody reads while it runs.
        name = f"{len(list(cwd.glob('*.out')))}"
        self.out, self.err = cwd / f"{name}.out", cwd / f"{name}.err"
        with open(self.out, "w") as out, open(self.err, "w") as err:
            command = [sys.executable, "-u", str(ROOT / "train.py"), *words]
            self.process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=err)

    def count_finished(self) -> int:
        """How many trials it has finished."""
        return self.out.read_text().count("  trial ")

    def wait_until_finished(self, n: int) -> None:
        until = time.monotonic() + 180
        while self.count_finished() < n:
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < until, self.out.read_text()
            time.sleep(0.02)

    def end(self) -> tuple[int, str]:
        """Exit code and what stands on standard error."""
        return self.process.wait(180), self.err.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def trials(url: str, study: str) -> list[optuna.trial.FrozenTrial]:
    storage = optuna.storages.RDBStorage(url)
    try:
        return optuna.load_study(study_name=study, storage=storage).trials
    finally:
        storage.engine.dispose()


def counts(found: Sequence[optuna.trial.FrozenTrial]) -> Mapping[str, int]:
    states = [trial.state.name for trial in found]
    return {state: states.count(state) for state in states}
