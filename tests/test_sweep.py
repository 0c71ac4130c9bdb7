"""A search as a user runs it: what is sampled, what is told, what is left behind."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from cli import metrics, summary, train, train_run
from fuzz_overrides import machinery, message_of
from options import CONF
from sweeps import RunningSweep, agrees_with_its_runs, run_sweep, states, trial_summary, trials

TINY = ("debug=tiny", "trainer.epochs=2")
LR = "optimizer.lr=tag(log,interval(1e-3,1e-1))"


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sweep("sweep=smoke", "hydra.sweeper.n_trials=12", cwd=tmp_path_factory.mktemp("smoke"))


def points(folder: Path) -> list[dict[str, Any]]:
    return [trial.params for trial in trials(folder)]


def test_a_sweep_ends_with_its_budget_and_the_values_of_its_runs(smoke: Path) -> None:
    agrees_with_its_runs(smoke, 12)
    assert set(states(smoke)) == {"COMPLETE"}


def test_conditional_dimensions_never_leak(smoke: Path) -> None:
    seen = set()
    for trial in trials(smoke):
        has_momentum = trial.params["optimizer"] == "momentum"
        seen.add(has_momentum)
        assert ("optimizer.momentum" in trial.params) == has_momentum
        config = OmegaConf.load(smoke / str(trial.number) / "config.yaml")
        words = list(OmegaConf.load(smoke / str(trial.number) / "overrides.yaml"))
        assert any(word.startswith("optimizer.momentum=") for word in words) == has_momentum
        assert config.optimizer.lr == trial.params["optimizer.lr"]
    assert seen == {True, False}


def test_the_folder_holds_everything_that_was_promised(smoke: Path) -> None:
    files = {path.name for path in smoke.iterdir()} - {str(number) for number in range(12)}
    promised = {
        "study.journal",
        "study.journal.queue",
        "study.journal.writer",
        "multirun.yaml",
        "trials.csv",
        "best.yaml",
        "optimization_results.yaml",
    }
    assert files == promised | {"summary.json", "experiment"}
    rows = list(csv.DictReader((smoke / "trials.csv").read_text().splitlines()))
    assert [float(row["value"]) for row in rows] == [trial.value for trial in trials(smoke)]
    best = max(trials(smoke), key=lambda trial: trial.value)
    assert OmegaConf.load(smoke / "optimization_results.yaml").best_value == best.value
    summary = json.loads((smoke / "summary.json").read_text())
    assert summary["best"]["number"] == best.number
    ranked = sorted(trials(smoke), key=lambda trial: -trial.value)
    assert [trial["values"] for trial in summary["top"]] == [[trial.value] for trial in ranked[:10]]
    assert set(summary["importances"]) == {"optimizer", "optimizer.lr", "optimizer.momentum"}
    assert sum(summary["importances"].values()) == pytest.approx(1)


def test_the_best_trial_runs_again_by_name_and_by_command_to_the_same_bits(smoke: Path) -> None:
    best = json.loads((smoke / "summary.json").read_text())["best"]
    for i, command in enumerate((best["by_name"], best["command"])):
        words = command.replace("'", "").split()[2:]
        done = train(*words, f"hydra.run.dir=again{i}", cwd=smoke.parents[1])
        assert done.returncode == 0, done.stderr
        again = smoke.parents[1] / f"again{i}"
        assert summary(again)["value"] == best["value"]
        with np.load(again / "best.npz") as a, np.load(smoke / str(best["number"]) / "best.npz") as b:
            assert all(a[name].tobytes() == b[name].tobytes() for name in b)


def test_the_same_seed_gives_the_same_study_and_another_seed_another(smoke: Path, tmp_path: Path) -> None:
    again = run_sweep("sweep=smoke", "hydra.sweeper.n_trials=4", cwd=tmp_path)
    assert points(again) == points(smoke)[:4]
    assert [trial.value for trial in trials(again)] == [trial.value for trial in trials(smoke)[:4]]
    other = run_sweep("sweep=smoke", "hydra.sweeper.n_trials=4", "hydra.sweeper.seed=2", cwd=tmp_path, study="other")
    assert points(other) != points(again)


def test_more_trials_go_on_with_new_points_and_numbers(tmp_path: Path) -> None:
    run_sweep("-m", *TINY, LR, "hydra.sweeper.n_trials=3", cwd=tmp_path)
    folder = run_sweep("-m", *TINY, LR, "hydra.sweeper.n_trials=6", cwd=tmp_path)
    agrees_with_its_runs(folder, 6)
    assert len({point["optimizer.lr"] for point in points(folder)}) == 6


def test_the_same_command_on_a_finished_study_runs_nothing(tmp_path: Path) -> None:
    words = ("-m", *TINY, "optimizer=sgd,adam")
    folder = run_sweep(*words, cwd=tmp_path)
    before = [(trial.datetime_complete, trial.value) for trial in trials(folder)]
    run_sweep(*words, cwd=tmp_path)
    assert [(trial.datetime_complete, trial.value) for trial in trials(folder)] == before


def test_another_space_or_objective_is_refused_by_name(tmp_path: Path) -> None:
    run_sweep("-m", *TINY, "optimizer=sgd,adam", cwd=tmp_path)
    for words, difference in (
        (("optimizer=sgd,nadam",), '"sgd", "adam"'),
        (("optimizer=sgd,adam", "objective=val/loss"), "val/loss"),
        (("optimizer=sgd,adam", "trainer.epochs=3"), "trainer.epochs=3"),
    ):
        done = train("-m", *TINY, *words, "study=s", cwd=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "study=s was begun as another search" in done.stderr
        assert difference.replace('"sgd", "adam"', "adam") in done.stderr


def test_a_grid_is_complete_in_hydras_order_whatever_the_number_of_workers(tmp_path: Path) -> None:
    words = ("-m", *TINY, "optimizer=sgd,adam", "seed=1,2,3")
    one = run_sweep(*words, cwd=tmp_path, study="one")
    two = run_sweep(*words, "hydra.sweeper.n_jobs=2", cwd=tmp_path, study="two")
    expected = [{"optimizer": o, "seed": s} for o in ("sgd", "adam") for s in (1, 2, 3)]
    assert points(one) == points(two) == expected
    assert [trial.value for trial in trials(one)] == [trial.value for trial in trials(two)]
    alone = train_run(*TINY, "optimizer=adam", "seed=2", cwd=tmp_path)
    assert trial_summary(two, 4)["value"] == summary(alone)["value"]
    assert [row["train/loss"] for row in metrics(two / "4")] == [row["train/loss"] for row in metrics(alone)]


def test_a_plain_override_takes_its_key_out_of_the_search(tmp_path: Path) -> None:
    folder = run_sweep("sweep=smoke", "optimizer=momentum", "hydra.sweeper.n_trials=2", cwd=tmp_path)
    assert all(set(point) == {"optimizer.lr", "optimizer.momentum"} for point in points(folder))


def test_pruned_trials_are_pruned_with_their_epoch_and_not_tested(tmp_path: Path) -> None:
    """An untrained network has an accuracy near 0.1; the threshold lets only train_run ones pass."""
    rates = "optimizer.lr=1e-12,0.03,1e-11"
    pruner = (
        "hydra/sweeper/pruner=threshold",
        "hydra.sweeper.pruner.lower=0.3",
        "hydra.sweeper.pruner.n_warmup_steps=2",
    )
    folder = run_sweep("-m", "debug=tiny", rates, *pruner, cwd=tmp_path)
    assert states(folder) == ["PRUNED", "COMPLETE", "PRUNED"]
    pruned = trials(folder)[0]
    assert pruned.user_attrs["epochs"] == len(pruned.intermediate_values) == trial_summary(folder, 0)["epochs"] < 5
    assert pruned.user_attrs["reason"] == f"pruned after epoch {pruned.user_attrs['epochs']}"
    assert trial_summary(folder, 0)["state"] == "pruned"
    assert "test/accuracy" not in trial_summary(folder, 0)
    figures = [float(row["val/accuracy"]) for row in metrics(folder / "1")]
    assert list(trials(folder)[1].intermediate_values.values()) == figures


def test_a_failing_trial_does_not_end_the_sweep(tmp_path: Path) -> None:
    done = train("-m", *TINY, "optimizer=sgd", "optimizer.lr=0.1,1e30,2e30,0.2", "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "multirun" / "s"
    assert states(folder) == ["COMPLETE", "FAIL", "FAIL", "COMPLETE"]
    reasons = [trial.user_attrs.get("reason", "") for trial in trials(folder)]
    assert all("diverged" in reason for reason in reasons[1:3])
    failures = json.loads((folder / "summary.json").read_text())["failures"]
    assert [failure["number"] for failure in failures] == [1, 2]
    assert failures[0]["overrides"] == ["optimizer.lr=1e+30"]
    assert failures[0]["reason"] == reasons[1]
    assert "diverged" in done.stdout


def test_enough_failures_stop_the_sweep_with_a_code(tmp_path: Path) -> None:
    words = ("optimizer=sgd", "optimizer.lr=0.1,1e30,2e30,3e30", "hydra.sweeper.max_failures=2")
    done = train("-m", *TINY, *words, "study=s", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: stopped after 2 failed trials (hydra.sweeper.max_failures)\n"
    assert states(tmp_path / "multirun" / "s") == ["COMPLETE", "FAIL", "FAIL", "WAITING"]


def test_a_sweep_without_a_result_has_a_code(tmp_path: Path) -> None:
    done = train("-m", *TINY, "optimizer=sgd", "optimizer.lr=1e30,2e30", "study=s", cwd=tmp_path)
    assert done.returncode == 1
    assert "no trial was completed" in done.stderr


def test_a_trial_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    words = ("trainer.epochs=1000000,2000000", "hydra.sweeper.trial_timeout=2")  # each has two seconds of its own
    done = train("-m", "debug=tiny", *words, "study=s", cwd=tmp_path)
    assert done.stderr == "error: no trial was completed\n"
    given_up = trials(tmp_path / "multirun" / "s")
    assert [trial.state.name for trial in given_up] == ["FAIL", "FAIL"]
    assert all(trial.user_attrs["reason"].startswith("timed out after 2 s") for trial in given_up)


def test_several_seeds_count_with_their_mean(tmp_path: Path) -> None:
    folder = run_sweep("-m", *TINY, "optimizer=adam,nadam", "hydra.sweeper.seeds=2", cwd=tmp_path)
    for trial in trials(folder):
        values = [summary(folder / str(trial.number) / f"seed-{i}")["value"] for i in (0, 1)]
        assert trial.value == pytest.approx(sum(values) / 2, abs=1e-15)
    assert OmegaConf.load(folder / "0" / "seed-1" / "config.yaml").seed == 2


def test_several_objectives_give_a_pareto_front(tmp_path: Path) -> None:
    words = (
        "hydra/sweeper/sampler=nsgaii",
        "hydra.sweeper.objectives=[val/accuracy,parameters]",
        "hydra.sweeper.n_trials=4",
    )
    folder = run_sweep("-m", *TINY, "model.width=range(4,40,4)", *words, cwd=tmp_path)
    for trial in trials(folder):
        width = trial.params["model.width"]
        assert trial.values == [trial_summary(folder, trial.number)["value"], 64 * width + width + width * 10 + 10]
    front = json.loads((folder / "summary.json").read_text())["pareto_front"]
    smallest = min(trials(folder), key=lambda trial: trial.values[1])
    assert smallest.values[1] in [trial["values"]["parameters"] for trial in front]


def test_the_objective_may_be_the_last_epochs_figure(tmp_path: Path) -> None:
    folder = run_sweep("-m", "debug=tiny", "seed=1,2", "hydra.sweeper.epoch=last", cwd=tmp_path)
    for trial in trials(folder):
        assert trial.value == float(metrics(folder / str(trial.number))[-1]["val/accuracy"])


def test_known_good_configurations_come_first_in_each_way_to_write_them(tmp_path: Path) -> None:
    space = ("sweep=smoke", "hydra.sweeper.params.optimizer=[sgd,momentum,adam]")
    known = "[{optimizer.lr:0.05},'optimizer=momentum optimizer.lr=0.02 optimizer.momentum=0.9',quick]"
    folder = run_sweep(*space, f"hydra.sweeper.enqueue={known}", "hydra.sweeper.n_trials=4", cwd=tmp_path)
    assert points(folder)[0]["optimizer.lr"] == 0.05
    assert points(folder)[1] == {"optimizer": "momentum", "optimizer.lr": 0.02, "optimizer.momentum": 0.9}
    quick = OmegaConf.load(CONF / "experiment" / "quick.yaml")
    assert "optimizer" not in quick  # so it is the default: adam with its own lr
    assert points(folder)[2] == {"optimizer": "adam", "optimizer.lr": 0.001}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("[{optimizer.rl:0.05}]", ("optimizer.rl", "did you mean optimizer.lr?")),
        ("['optimizer.lr=5']", ("optimizer.lr is 0.001 … 0.1 log",)),
        ("['optimizer.lr==']", ("overrides as on the command line",)),
        ("[quik]", ("did you mean quick?",)),
        ("[3]", ("the name of an experiment",)),
    ],
)
def test_a_known_good_configuration_lies_in_the_space(known: str, said: tuple[str, ...]) -> None:
    is_one_line("sweep=smoke", f"hydra.sweeper.enqueue={known}", said=("hydra.sweeper.enqueue", *said))


def test_no_configuration_is_tried_twice_unless_that_is_asked_for(tmp_path: Path) -> None:
    """Seven draws from seven points without a repetition: one chance in 160 by luck, and the eighth is not drawn."""
    words = ("-m", *TINY, "optimizer=sgd,momentum,adam,nadam,rmsprop,adagrad,lion", "hydra/sweeper/sampler=random")
    folder = run_sweep(*words, "hydra.sweeper.n_trials=8", cwd=tmp_path)
    tried = [point["optimizer"] for point in points(folder)]
    assert sorted(tried) == ["adagrad", "adam", "lion", "momentum", "nadam", "rmsprop", "sgd"]
    words = ("-m", *TINY, "optimizer=sgd,adam", "hydra/sweeper/sampler=random", "hydra.sweeper.n_trials=3")
    again = run_sweep(*words, "hydra.sweeper.duplicates=true", cwd=tmp_path, study="again")
    assert len(points(again)) == 3


def test_a_value_that_is_good_enough_ends_the_sweep(tmp_path: Path) -> None:
    words = ("-m", "debug=tiny", "optimizer.lr=1e-9,0.03,0.2,0.3", "hydra.sweeper.target=0.5")
    folder = run_sweep(*words, cwd=tmp_path)
    assert states(folder) == ["COMPLETE", "COMPLETE", "WAITING", "WAITING"]
    assert trials(folder)[0].value < 0.5 <= trials(folder)[1].value
    assert "hydra.sweeper.target" in json.loads((folder / "summary.json").read_text())["stopped"]


def test_a_sweep_that_finds_nothing_better_ends(tmp_path: Path) -> None:
    words = ("-m", *TINY, "optimizer=sgd", "optimizer.lr=0.1,1e-9,2e-9,3e-9,4e-9", "hydra.sweeper.stagnation=2")
    assert states(run_sweep(*words, cwd=tmp_path)) == ["COMPLETE"] * 3 + ["WAITING"] * 2


def test_a_dry_run_shows_the_space_and_leaves_nothing(tmp_path: Path) -> None:
    done = train("sweep=assignment", "hydra.sweeper.dry_run=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "optimizer.momentum" in done.stdout
    assert "when optimizer=momentum" in done.stdout
    assert "50 trials" in done.stdout
    assert not (tmp_path / "multirun").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("optimizer=sgd,adm",), ("optimizer=adm", "did you mean adam?")),
        (("optimizer=sgd,adam", "hydra.sweeper.n_trial=3"), ("n_trial=3", "did you mean n_trials?")),
        (("optimizer=sgd,adam", "hydra.sweeper.n_jobs=0"), ("hydra.sweeper.n_jobs=0", "from 1 up")),
        (("optimizer=sgd,adam", "hydra/sweeper/sampler=tp"), ("sampler=tp", "did you mean tpe?")),
        (("optimizer=sgd,adam", "hydra/sweeper/pruner=medan"), ("pruner=medan", "did you mean median?")),
        (("optimizer=sgd,adam", "hydra.sweeper.pruner.bound=1"), ("hydra.sweeper.pruner.bound=1",)),
        (("optimizer.lr=interval(1,0)",), ("optimizer.lr",)),
        (("optimizer=sgd,adam", "model.layers=-1"), ("model.layers=-1", "a whole number from 0")),
        (("optimizer=sgd,adam", "objective=val/acuracy"), ("val/acuracy", "did you mean")),
        ((LR, "hydra/sweeper/sampler=grid"), ("grid", "intervals")),
    ],
)
def test_a_mistake_in_a_sweep_is_one_line_before_anything_starts(words: tuple[str, ...], said: tuple[str, ...]) -> None:
    is_one_line("-m", *TINY, *words, said=said)


def is_one_line(*words: str, said: tuple[str, ...]) -> None:
    """The whole command line in this process, until it is refused."""
    with machinery():
        code, errors = message_of(words)
        assert not Path("multirun").exists()
    assert code == 2
    assert len(errors.splitlines()) == 1, errors
    for part in said:
        assert part in errors


def test_two_sweeps_share_one_journal(tmp_path: Path) -> None:
    words = ("sweep=smoke", "hydra.sweeper.n_trials=8")
    both = [RunningSweep(*words, cwd=tmp_path) for _ in range(2)]
    for sweep in both:
        code, output, errors = sweep.end()
        assert code == 0, errors
        assert "  trial " in output
    agrees_with_its_runs(both[0].folder, 8)
    assert len({trial.params["optimizer.lr"] for trial in trials(both[0].folder)}) == 8
    assert all(trial.user_attrs["attempts"] == 1 for trial in trials(both[0].folder))
