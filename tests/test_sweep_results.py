"""What a sweep leaves behind, from studies in memory with trials in every state."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from omegaconf import OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from fmnist.errors import ConfigError
from fmnist.sweep.results.final_summary import print_final_summary
from fmnist.sweep.results.results import write_results

optuna.logging.set_verbosity(optuna.logging.WARNING)
LR = {"optimizer.lr": FloatDistribution(1e-5, 1.0, log=True)}
OPTIMIZER = {"optimizer": CategoricalDistribution(["sgd", "momentum"])}
MOMENTUM = {"optimizer.momentum": CategoricalDistribution([0.8, 0.9, None])}
ONE = ["val/accuracy"]
TWO = ["val/accuracy", "seconds"]
COMMAND = ("python", "train.py")


def add(
    study: optuna.Study, state: TrialState, values: list[float] | None, params: dict[str, Any], **more: Any
) -> None:
    distributions = {key: value for key, value in (OPTIMIZER | LR | MOMENTUM).items() if key in params}
    number = len(study.get_trials(deepcopy=False))
    overrides = [f"{key}={value}" for key, value in params.items()]
    attributes = {"folder": str(number), "overrides": overrides, "epochs": 3, "seconds": 1.5} | more.pop(
        "attributes", {}
    )
    study.add_trial(
        create_trial(
            state=state, values=values, params=params, distributions=distributions, user_attrs=attributes, **more
        )
    )


@pytest.fixture
def study() -> optuna.Study:
    """Complete, pruned, failed, complete and better, running, waiting."""
    study = optuna.create_study(study_name="mine", direction="maximize")
    add(study, TrialState.COMPLETE, [0.5], {"optimizer": "sgd", "optimizer.lr": 0.1})
    pruned = {"reason": "pruned after epoch 1", "epochs": 1}
    nan = {1: float("nan")}
    momentum = {"optimizer": "momentum", "optimizer.momentum": 0.9}
    add(study, TrialState.PRUNED, [0.2], momentum, attributes=pruned, intermediate_values=nan)
    add(study, TrialState.FAIL, None, {"optimizer": "sgd"}, attributes={"reason": "diverged, in epoch 1"})
    best = {"optimizer": "momentum", "optimizer.lr": 0.1 + 0.2, "optimizer.momentum": None}
    add(study, TrialState.COMPLETE, [0.75], best, attributes={"overrides": ["optimizer=momentum", "a=[1, 2]"]})
    study.ask(OPTIMIZER)
    study.enqueue_trial({"optimizer": "sgd"})
    return study


def no_nan(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


def read(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text(), parse_constant=no_nan)


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "trials.csv").read_text().splitlines()))


def name_of(folder: Path) -> str:
    return f"the run in {folder}\n"


def test_the_table_has_every_trial_and_every_parameter(study: optuna.Study, tmp_path: Path) -> None:
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    header = (tmp_path / "trials.csv").read_text().splitlines()[0]
    names = ["optimizer", "optimizer.lr", "optimizer.momentum"]
    assert header.split(",") == ["number", "state", "value", "epochs", "seconds", *names, "reason", "folder"]
    table = rows(tmp_path)
    assert [row["number"] for row in table] == list("012345")
    assert [row["state"] for row in table] == ["complete", "pruned", "failed", "complete", "running", "waiting"]
    assert [row["value"] for row in table] == ["0.5", "0.2", "", "0.75", "", ""]
    assert [row["optimizer.momentum"] for row in table] == ["", "0.9", "", "null", "", ""]
    assert [row["folder"] for row in table] == ["0", "1", "2", "3", "", ""]
    assert [row["epochs"] for row in table] == ["3", "1", "3", "3", "", ""]
    assert table[2]["reason"] == "diverged, in epoch 1"
    assert float(table[3]["optimizer.lr"]) == 0.1 + 0.2


def test_the_summary_names_the_best_and_how_to_run_it_again(study: optuna.Study, tmp_path: Path) -> None:
    folder = tmp_path / "my sweep"
    summary = write_results(study, folder, ONE, {"stopped": "budget", "speed": float("inf")}, name_of, COMMAND)
    assert summary == read(folder)
    assert summary["study"] == "mine"
    assert summary["objectives"] == {"val/accuracy": "maximize"}
    assert summary["counts"] == {"complete": 2, "pruned": 1, "failed": 1, "running": 1, "waiting": 1}
    assert summary["stopped"] == "budget"
    assert summary["speed"] is None
    assert summary["best"] == {
        "number": 3,
        "value": 0.75,
        "folder": str(folder / "3"),
        "parameters": {"optimizer": "momentum", "optimizer.lr": 0.1 + 0.2, "optimizer.momentum": None},
        "overrides": ["optimizer=momentum", "a=[1, 2]"],
        "command": "python train.py optimizer=momentum 'a=[1, 2]'",
        "by_name": f"python train.py --config-dir '{folder}' experiment=best",
    }
    failed = {
        "number": 2,
        "overrides": ["optimizer=sgd"],
        "reason": "diverged, in epoch 1",
        "folder": str(folder / "2"),
    }
    assert summary["failures"] == [failed]
    assert "pareto_front" not in summary


def test_the_command_has_what_all_trials_share_and_does_not_search_again(study: optuna.Study, tmp_path: Path) -> None:
    fixed = {"fixed": ["trainer.epochs=3", "model.width=[8,4]"]}
    best = write_results(study, tmp_path, ONE, fixed, name_of, COMMAND)["best"]
    assert best["command"] == "python train.py trainer.epochs=3 'model.width=[8,4]' optimizer=momentum 'a=[1, 2]'"
    best = write_results(study, tmp_path, ONE, {"fixed": ["sweep=smoke"]}, name_of, COMMAND)["best"]
    assert best["command"] == "python train.py sweep=smoke optimizer=momentum 'a=[1, 2]' hydra.mode=RUN"


def test_the_best_trial_is_an_experiment(study: optuna.Study, tmp_path: Path) -> None:
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    assert (tmp_path / "best.yaml").read_text() == f"the run in {tmp_path / '3'}\n"
    assert (tmp_path / "experiment" / "best.yaml").read_text() == f"the run in {tmp_path / '3'}\n"


def test_the_experiment_is_written_anew_only_for_a_new_best_trial(study: optuna.Study, tmp_path: Path) -> None:
    asked = []

    def experiment(folder: Path) -> str:
        asked.append(folder.name)
        return folder.name

    for _ in range(2):
        write_results(study, tmp_path, ONE, {}, experiment, COMMAND)
    add(study, TrialState.COMPLETE, [0.6], {"optimizer": "sgd"})
    write_results(study, tmp_path, ONE, {}, experiment, COMMAND)
    add(study, TrialState.COMPLETE, [0.8], {"optimizer": "sgd"})
    write_results(study, tmp_path, ONE, {}, experiment, COMMAND)
    assert asked == ["3", "7"]
    assert (tmp_path / "best.yaml").read_text() == "7"


def test_a_best_trial_whose_folder_is_gone_costs_the_experiment_only(study: optuna.Study, tmp_path: Path) -> None:
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    add(study, TrialState.COMPLETE, [0.9], {"optimizer": "sgd"})

    def gone(folder: Path) -> str:
        raise ConfigError("folder", folder, "the folder of a run")

    summary = write_results(study, tmp_path, ONE, {}, gone, COMMAND)
    assert summary["best"]["number"] == 6
    assert not summary["best"]["by_name"]
    assert not (tmp_path / "best.yaml").exists()
    assert not (tmp_path / "experiment" / "best.yaml").exists()


def test_other_tools_find_the_keys_of_the_official_sweeper(study: optuna.Study, tmp_path: Path) -> None:
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    params = {"optimizer": "momentum", "optimizer.lr": 0.1 + 0.2, "optimizer.momentum": None}
    official = OmegaConf.to_container(OmegaConf.load(tmp_path / "optimization_results.yaml"))
    assert official == {"name": "optuna", "best_params": params, "best_value": 0.75}


def test_several_objectives_give_a_pareto_front(tmp_path: Path) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    for values in ([0.5, 1.0], [0.9, 3.0], [0.4, 2.0], [0.7, 2.0]):
        add(study, TrialState.COMPLETE, values, {"optimizer.lr": values[0]})
    add(study, TrialState.FAIL, None, {"optimizer.lr": 1.0})
    summary = write_results(study, tmp_path, TWO, {}, name_of, COMMAND)

    assert summary == read(tmp_path)
    assert summary["objectives"] == {"val/accuracy": "maximize", "seconds": "minimize"}
    assert [trial["number"] for trial in summary["pareto_front"]] == [1, 3, 0]
    assert summary["best"]["number"] == 1
    assert summary["best"]["values"] == {"val/accuracy": 0.9, "seconds": 3.0}
    assert (tmp_path / "best.yaml").read_text() == f"the run in {tmp_path / '1'}\n"
    official = OmegaConf.to_container(OmegaConf.load(tmp_path / "optimization_results.yaml"))
    expected = [{"params": {"optimizer.lr": a}, "values": [a, b]} for a, b in ((0.9, 3.0), (0.7, 2.0), (0.5, 1.0))]
    assert official == {"name": "optuna", "solutions": expected}


def test_objectives_have_a_column_each_beside_the_trials_own_seconds(tmp_path: Path) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    add(study, TrialState.COMPLETE, [0.5, 1.25], {"optimizer.lr": 0.1})
    add(study, TrialState.FAIL, None, {"optimizer.lr": 0.1})
    write_results(study, tmp_path, ["val/accuracy", "test/loss"], {}, name_of, COMMAND)
    assert [row["val/accuracy"] for row in rows(tmp_path)] == ["0.5", ""]
    assert [row["test/loss"] for row in rows(tmp_path)] == ["1.25", ""]
    assert "value" not in rows(tmp_path)[0]


def test_no_column_stands_twice(tmp_path: Path) -> None:
    """`seconds` may be an objective: its own figure is what counts then."""
    study = optuna.create_study(directions=["maximize", "minimize"])
    add(study, TrialState.COMPLETE, [0.5, 1.25], {"optimizer.lr": 0.1})
    write_results(study, tmp_path, TWO, {}, name_of, COMMAND)
    header = (tmp_path / "trials.csv").read_text().splitlines()[0].split(",")
    assert header.count("seconds") == 1
    assert rows(tmp_path)[0]["seconds"] == "1.25"


def test_nothing_is_best_before_a_trial_is_complete(tmp_path: Path) -> None:
    study = optuna.create_study(direction="minimize")
    add(study, TrialState.FAIL, None, {"optimizer": "sgd"}, attributes={"reason": "diverged"})
    summary = write_results(study, tmp_path, ["val/loss"], {}, name_of, COMMAND)
    assert summary["best"] is None
    assert {file.name for file in tmp_path.iterdir()} == {"trials.csv", "summary.json"}
    print_final_summary(summary)


def test_a_trial_that_breaks_a_constraint_is_not_the_best(tmp_path: Path) -> None:
    study = optuna.create_study(direction="maximize")
    add(study, TrialState.COMPLETE, [0.9], {"optimizer": "sgd"}, constraints={"size": 1.0})
    assert write_results(study, tmp_path, ONE, {}, name_of, COMMAND)["best"] is None
    add(study, TrialState.COMPLETE, [0.5], {"optimizer": "sgd"}, constraints={"size": -1.0})
    assert write_results(study, tmp_path, ONE, {}, name_of, COMMAND)["best"]["number"] == 1


def test_the_end_is_said(study: optuna.Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_final_summary(write_results(study, tmp_path, ONE, {}, name_of, COMMAND))
    said = capsys.readouterr().out
    assert "0.75" in said
    assert "optimizer.momentum" in said
    assert "2 complete, 1 pruned, 1 failed, 1 running, 1 waiting" in said
    failed = [line for line in said.splitlines() if line.startswith("failed")]
    assert failed == [f"failed: trial 2  optimizer=sgd  diverged, in epoch 1  {tmp_path / '2'}"]


def test_two_thousand_trials_are_written_in_no_time(tmp_path: Path) -> None:
    study = optuna.create_study(direction="maximize")
    for i in range(2000):
        add(study, TrialState.COMPLETE, [float(i)], {"optimizer": "sgd", "optimizer.lr": 0.1})
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    start = time.process_time()
    write_results(study, tmp_path, ONE, {}, name_of, COMMAND)
    assert time.process_time() - start < 0.5
    assert len(rows(tmp_path)) == 2000
