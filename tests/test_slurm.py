"""The tests' own SLURM is one: it runs jobs, tells their states, signals them, and leaves nothing behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from postgres import is_running
from slurm import Slurm, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

# What a worker does that is told to leave: something that takes its time.
LEAVES = "trap 'sleep 1; echo handed back; exit' TERM; echo up; while true; do sleep 0.1; done"


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    slurm = Slurm()
    try:
        yield slurm
    finally:
        slurm.stop()


def test_an_array_runs_and_sacct_tells_how(slurm: Slurm, tmp_path: Path) -> None:
    script = 'echo "$SLURM_ARRAY_TASK_ID of $1"; exit $SLURM_ARRAY_TASK_ID'
    (tmp_path / "job").write_text(f"#!/bin/bash\n{script}\n")
    job = slurm.submit("--array=0-1", "--output=%a.out", "job", "two", cwd=tmp_path)
    slurm.wait()
    assert [(tmp_path / f"{i}.out").read_text() for i in (0, 1)] == ["0 of two\n", "1 of two\n"]
    lines = slurm.run("sacct").splitlines()
    assert lines[0] == "JobID|State|NodeList"
    assert {f"{job}_0|COMPLETED|node", f"{job}_1|FAILED|node"} <= set(lines)


def test_a_cancelled_job_is_told_before_it_is_killed(slurm: Slurm, tmp_path: Path) -> None:
    (tmp_path / "job").write_text(f"#!/bin/bash\n{LEAVES}\n")
    job = slurm.submit("--output=out", "job", cwd=tmp_path)
    out = tmp_path / "out"
    slurm.wait_until(lambda: out.exists() and "up" in out.read_text())
    slurm.run("scancel", job)
    slurm.wait()
    assert out.read_text().endswith("handed back\n")


def test_nothing_outlives_it(tmp_path: Path) -> None:
    slurm = Slurm(cpus=1)
    (tmp_path / "job").write_text("#!/bin/bash\necho $$ > pid\nsleep 300\n")
    slurm.submit("job", cwd=tmp_path)
    slurm.wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    job = psutil.Process(int((tmp_path / "pid").read_text()))
    slurm.stop()
    assert not is_running(job.pid)
    assert [daemon.poll() is not None for daemon in slurm.daemons] == [True] * 3
    assert not slurm.folder.exists()


def test_a_daemon_of_a_job_whose_node_died_is_ended_too(tmp_path: Path) -> None:
    slurm = Slurm(cpus=1)
    slurm.submit("--wrap", "touch up; sleep 300", cwd=tmp_path)
    slurm.wait_until((tmp_path / "up").exists)
    (step,) = slurm.steps()
    for daemon in slurm.daemons:
        daemon.kill()
        daemon.wait()
    slurm.stop()
    until = time.monotonic() + 10
    while is_running(step.pid):  # nobody may take note of its death, in a container
        assert time.monotonic() < until
        time.sleep(0.05)
