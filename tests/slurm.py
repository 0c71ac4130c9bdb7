"""A SLURM of the test's own: one node, Debian's daemons on free ports of loopback, in a temporary folder."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from postgres import free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
DAEMONS = "/usr/sbin"  # a user's path may lack it

# A container has no cgroups to give: process groups follow the jobs. The CPUs need not be there.
SETTINGS = """\
ClusterName=fmnist
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_min_interval=10000
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP
"""

# submitit asks sacct how its jobs are, which needs a database behind it; the controller knows for the last minutes.
SACCT = """\
#!/bin/sh
echo 'JobID|State|NodeList'
scontrol show job --oneliner | sed -n \\
    -e 's/^JobId=.* ArrayJobId=\\([0-9]*\\) ArrayTaskId=\\([0-9]*\\) .*State=\\([A-Z_]*\\).*/\\1_\\2|\\3|node/p' \\
    -e 's/^JobId=\\([0-9]*\\) JobName.*JobState=\\([A-Z_]*\\).*/\\1|\\2|node/p'
"""


def path(*before: Path) -> str:
    return os.pathsep.join([*map(str, before), os.environ.get("PATH", os.defpath), DAEMONS])


def missing() -> str | None:
    """Why there can be no SLURM here, and what to do about it."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=path()) is None]
    return f"SLURM is missing ({', '.join(absent)}): apt-get install slurm-wlm munge" if absent else None


class Slurm:
    """Started at once; `stop` it, whatever happens. Its commands need `environment`."""

    def __init__(self, cpus: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fmnist-slurm-"))
        self.daemons: list[subprocess.Popen[bytes]] = []
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir()
        (self.folder / "bin" / "sacct").write_text(SACCT)
        (self.folder / "bin" / "sacct").chmod(0o755)
        (self.folder / "munge.key").write_bytes(os.urandom(128))
        (self.folder / "munge.key").chmod(0o600)
        settings = {"folder": self.folder, "user": getpass.getuser(), "host": socket.gethostname().split(".")[0]}
        text = SETTINGS.format(**settings, cpus=cpus, controller=free_port(), node=free_port())
        (self.folder / "slurm.conf").write_text(text)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs beside its own to use this SLURM."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path(self.folder / "bin")}

    def start(self) -> None:
        kinds = ("socket", "key-file", "pid-file", "seed-file", "log-file")
        files = [f"--{kind}={self.folder}/munge.{kind.removesuffix('-file')}" for kind in kinds]
        self.daemon("munged", "--foreground", "--force", *files)  # --force: a temporary folder is anybody's
        self.wait_until((self.folder / "munge.socket").exists)
        self.daemon("slurmctld", "-D", "-i")
        self.daemon("slurmd", "-D", "-N", "node")
        self.wait_until(lambda: self.run("sinfo", "--noheader", "--format=%T", check=False).strip() == "idle")

    def daemon(self, *command: str) -> None:
        """As children of this process: where nobody else reaps them, in a container, they would remain as zombies."""
        program = shutil.which(command[0], path=path())
        assert program is not None
        with open(self.folder / f"{command[0]}.log", "w") as log:
            environment = {**os.environ, **self.environment}
            words = [program, *command[1:]]
            self.daemons.append(
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
            )

    def run(self, *command: str, cwd: Path | None = None, check: bool = True) -> str:
        """What a command of SLURM's prints."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def submit(self, *words: str, cwd: Path) -> str:
        """The number of a new job: `sbatch WORDS`."""
        return self.run("sbatch", "--parsable", *words, cwd=cwd).strip()

    def jobs(self) -> list[str]:
        """Those that wait or run, each task of an array by itself."""
        return self.run("squeue", "--noheader", "--array", "--format=%i").split()

    def wait(self, seconds: float = 120) -> None:
        """Until no job waits or runs."""
        self.wait_until(lambda: not self.jobs(), seconds)

    def cancel(self) -> None:
        """Every job, without mercy."""
        for words in (("--signal=KILL", "--full"), ()):
            self.run("scancel", *words, "--user", getpass.getuser(), check=False)
        self.wait(60)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, self.logs()
            assert all(daemon.poll() is None for daemon in self.daemons), self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(f"{log.name}:\n{log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        """With all jobs, which would outlive the daemons."""
        if [daemon.poll() for daemon in self.daemons] == [None] * 3:
            with suppress(AssertionError, subprocess.TimeoutExpired):
                self.cancel()
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        for step in self.steps():
            step.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def steps(self) -> list[psutil.Process]:
        """The daemons of running jobs, by their sockets: they may report a job's end for ever."""
        found = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "slurmstepd"]
        return [step for step in found if any(str(self.folder) in path for path in sockets(step))]


def sockets(process: psutil.Process) -> list[str]:
    try:
        return [str(connection.laddr) for connection in process.net_connections("unix")]
    except psutil.Error:
        return []
