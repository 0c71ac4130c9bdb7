"""One job of a trial: whatever the task does, an outcome comes back, and nothing reaches the terminal."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError, Diverged
from fmnist.sweep.program import Outcome, complete
from fmnist.sweep.workers.job import Job


class Silent:
    """A program whose jobs leave no files."""

    def outcome(self, folder: Path, objectives: list[str], epoch: str) -> Outcome | None:
        return None


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    job = SimpleNamespace(runtime=SimpleNamespace(output_dir=str(tmp_path)))
    monkeypatch.setattr(HydraConfig, "get", staticmethod(lambda: job))
    return tmp_path


def outcome(task: Callable[[DictConfig], Any], program: Any = None) -> Outcome:
    return Job(task, program or Silent(), ["score"], "best")(OmegaConf.create({"x": 2}))


def test_the_value_of_a_task_without_files_counts() -> None:
    assert outcome(lambda config: config.x + 0.5) == Outcome("COMPLETE", {"score": 2.5})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "diverged: score is nan"),
        (None, "score is None, not a number"),
        ("1", "score is '1', not a number"),
    ],
)
def test_a_value_that_is_no_finite_number_is_a_failure(value: object, reason: str) -> None:
    assert outcome(lambda _: value) == Outcome("FAIL", reason=reason)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_each_value_of_a_complete_job_is_a_finite_number(value: float) -> None:
    assert complete({"a": 1, "b": value}, 3) == Outcome("FAIL", reason=f"diverged: b is {value}")
    assert complete({"a": 1, "b": 2.5}, 3) == Outcome("COMPLETE", {"a": 1, "b": 2.5}, 3)


def test_the_files_of_a_job_go_before_its_value(folder: Path) -> None:
    asked = []

    class Files:
        def outcome(self, folder: Path, objectives: list[str], epoch: str) -> Outcome | None:
            asked.append((folder, objectives, epoch))
            return Outcome("PRUNED", epochs=3, reason="pruned after epoch 3")

    assert outcome(lambda _: 0.5, Files()) == Outcome("PRUNED", epochs=3, reason="pruned after epoch 3")
    assert asked == [(folder, ["score"], "best")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConfigError("optimizer.lr", -1, "a number above 0"), "optimizer.lr=-1: allowed is a number above 0"),
        (Diverged("diverged in epoch 2"), "diverged in epoch 2"),
        (ValueError("two\n  lines"), "ValueError: two lines"),
        (SystemExit(3), "exited with code 3"),
    ],
)
def test_an_error_is_a_failure_with_its_reason(error: BaseException, reason: str) -> None:
    def task(_: DictConfig) -> float:
        raise error

    assert outcome(task) == Outcome("FAIL", reason=reason)


def test_ctrl_c_is_not_the_jobs_to_catch() -> None:
    def task(_: DictConfig) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome(task)


def test_what_a_task_prints_goes_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    def task(_: DictConfig) -> float:
        print("epoch 1")
        return 1.0

    assert outcome(task).state == "COMPLETE"
    print("the sweep speaks again")
    assert capsys.readouterr().out == "the sweep speaks again\n"
