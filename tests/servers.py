"""Servers of the test's own, from Debian's packages, on free ports of loopback in temporary folders."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from options import ROOT, python_path
from postgres import free_port, is_user

PATIENCE = 60.0  # seconds for a server to come up


def needs(package: str, program: str, driver: str, install: str) -> pytest.MarkDecorator:
    """Skip where a server or its driver is missing; in CI that is a failure like any other."""
    wanted = {f"apt-get install {package}": shutil.which(program), f"pip install {install}": find_spec(driver)}
    missing = [how for how, found in wanted.items() if not found]
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason="; ".join(missing) or "all is there")


NEEDS_REDIS = needs("redis-server", "redis-server", "redis", "redis")
NEEDS_MARIADB = needs("mariadb-server", "mariadbd", "pymysql", "pymysql")
NEEDS_PROXY = needs("python3", "python3", "grpc", "grpcio protobuf")


class Server:
    """A process that answers at a port of its own, again after every `start`. `stop` it, whatever happens."""

    def __init__(self) -> None:
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="fmnist-server-")), free_port()
        self.user: str | None = None
        self.prepare()
        self.start()

    def prepare(self) -> None:
        """What is done once."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        log = self.folder / "log"
        with open(log, "a") as file:
            env = {**os.environ, "PYTHONPATH": python_path(ROOT)}
            self.process = subprocess.Popen(
                self.command(), stdout=file, stderr=file, cwd=self.folder, env=env, user=self.user
            )
        until = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)


class Redis(Server):
    """Every record is on the disk before it is acknowledged."""

    def command(self) -> list[str]:
        settings = {"port": self.port, "bind": "127.0.0.1", "appendonly": "yes", "appendfsync": "always", "save": "''"}
        return ["redis-server", *(word for key, value in settings.items() for word in (f"--{key}", str(value)))]

    def answers(self) -> bool:
        import redis

        client = redis.Redis(port=self.port)
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()

    def database(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"


class MariaDB(Server):
    def prepare(self) -> None:
        if os.getuid() == 0:
            self.user = next(name for name in ("mysql", "nobody") if is_user(name))
            shutil.chown(self.folder, self.user)
        data = f"--datadir={self.folder}/data"
        install = ["mariadb-install-db", "--no-defaults", data, "--auth-root-authentication-method=normal"]
        subprocess.run([*install, "--skip-test-db"], user=self.user, check=True, capture_output=True, timeout=PATIENCE)

    def command(self) -> list[str]:
        settings = {"datadir": f"{self.folder}/data", "socket": f"{self.folder}/socket", "port": self.port}
        words = [f"--{key}={value}" for key, value in settings.items()]
        return ["mariadbd", "--no-defaults", "--bind-address=127.0.0.1", *words]

    def answers(self) -> bool:
        import pymysql

        try:
            self.sql("SELECT 1")
        except pymysql.OperationalError:
            return False
        return True

    def sql(self, statement: str) -> None:
        import pymysql

        with pymysql.connect(unix_socket=f"{self.folder}/socket", user="root") as connection:
            connection.cursor().execute(statement)
            connection.commit()

    def database(self, name: str) -> str:
        self.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        self.sql("CREATE USER IF NOT EXISTS guest@'127.0.0.1' IDENTIFIED BY 'correct-horse'")
        self.sql(f"GRANT ALL ON {name}.* TO guest@'127.0.0.1'")
        return f"mysql+pymysql://guest:correct-horse@127.0.0.1:{self.port}/{name}"


PROXY = """
import sys, warnings
import optuna
warnings.simplefilter("ignore")
storage = optuna.storages.get_storage(optuna.storages.RDBStorage(sys.argv[1], {"pool_pre_ping": True}))
optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=int(sys.argv[2]))
"""


class Proxy(Server):
    """Optuna's gRPC proxy before a database."""

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__()

    def command(self) -> list[str]:
        return [sys.executable, "-c", PROXY, self.database, str(self.port)]

    def answers(self) -> bool:
        import grpc

        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=0.2)
            except grpc.FutureTimeoutError:
                return False
        return True

    @property
    def url(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"
