"""What docs/ has for clusters is what they take, and starts workers as fmnist understands them."""

import os
import re
import subprocess
from typing import Any

import pytest
import yaml

from cli import run
from options import ROOT

DOCS = ROOT / "docs"
VERSIONS = ("1.31", "1.37")  # of Kubernetes: the first where a pod's failure policy is stable, and a late one


@pytest.fixture
def job() -> Any:
    return yaml.safe_load((DOCS / "kubernetes-job.yaml").read_text())


@pytest.fixture
def kubernetes() -> Any:
    return pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_the_job(kubernetes: Any, job: Any, version: str) -> None:
    kubernetes.validate(job, version, strict=True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "completionMod"), "Indexed"),
        (("spec", "completions"), "four"),
        (("spec", "podFailurePolicy", "rules", 0, "onPodConditions", 0, "status"), True),
        (("spec", "template", "spec", "containers", 0, "env", 0, "valueFrom", "secretKeyRef", "key"), 1),
    ],
    ids=lambda value: str(value[-1]) if isinstance(value, tuple) else None,
)
def test_a_slip_in_it_would_be_seen(kubernetes: Any, job: Any, path: tuple[str | int, ...], value: object) -> None:
    part = job
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(job, VERSIONS[-1], strict=True)


def test_pods_of_an_indexed_job_share_the_runs_and_the_secret(job: Any) -> None:
    """What the schema cannot see: names that must agree, and what Kubernetes asks of an Indexed Job."""
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", spec["parallelism"])
    assert pod["restartPolicy"] == "Never"  # or there may be no failure policy
    container = pod["containers"][0]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    given = {f"$({variable['name']})" for variable in container["env"]}
    assert {word for word in container["command"] if word.startswith("$(")} == given


def commands() -> dict[str, list[str]]:
    """How each of them starts a worker."""
    shell = re.compile(r"python (-m fmnist worker .*?)\"?(?: &)?$", re.MULTILINE)
    texts = {"page": (DOCS / "clusters.md").read_text(), "script": (DOCS / "worker.sbatch").read_text()}
    found = {f"{name} {i}": line.split() for name, text in texts.items() for i, line in enumerate(shell.findall(text))}
    job = yaml.safe_load((DOCS / "kubernetes-job.yaml").read_text())
    return {**found, "job": job["spec"]["template"]["spec"]["containers"][0]["command"][1:]}


@pytest.mark.parametrize("name", ["page 0", "page 1", "script 0", "job"])
def test_the_worker_is_started_with_storage_and_study(name: str) -> None:
    words = commands()[name]
    assert words[:3] == ["-m", "fmnist", "worker"]
    assert words[3::2] == ["--storage", "--study"]
    assert len(words) == 7


def test_the_worker_takes_these_arguments() -> None:
    done = run("-m", "fmnist", "worker", "--help", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for option in ("--storage", "--study"):
        assert option in done.stdout


def test_the_script_is_a_shells_and_replaces_the_shell_by_the_worker(tmp_path: Any) -> None:
    """SLURM signals the process that it started: it must be the worker itself."""
    (tmp_path / "python").write_text('#!/bin/sh\necho "$$ $*"\n')
    (tmp_path / "python").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", str(DOCS / "worker.sbatch"), "sqlite:///a b", "s"]
    with subprocess.Popen(command, env={"PATH": path}, stdout=subprocess.PIPE, text=True) as started:
        out, _ = started.communicate(timeout=20)
    assert out == f"{started.pid} -m fmnist worker --storage sqlite:///a b --study s\n"
