"""Every search of conf/sweep/ as W&B's own sweep: what its agent would run composes, builds and keeps the values."""

import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from wandb.sdk.launch.sweeps.utils import create_sweep_command_args

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from fmnist.__main__ import main
from fmnist.analysis.wandb_sweep_file import applicable, sweep_file
from fmnist.errors import ConfigError
from fmnist.experiment import build_experiment
from options import CONF, option_names

CONDITIONAL = {f"optimizer.{key}" for key in ("momentum", "rho", "beta1", "beta2")} | {"scheduler.warmup"}


def load_sweep_file(*words: str, method: str | None = None) -> dict[str, Any]:
    return yaml.safe_load(sweep_file(words, method, None, None))


def ends(parameter: dict[str, Any]) -> list[Any]:
    """What W&B could draw: every choice, or both ends of an interval."""
    return parameter.get("values") or [parameter["min"], parameter["max"]]


def agents_words(sweep: dict[str, Any], arguments: dict[str, Any]) -> list[str]:
    """The command line behind train.py, as W&B's agent makes it."""
    args = create_sweep_command_args({"args": {key: {"value": value} for key, value in arguments.items()}})
    command = [word for word in sweep["command"] if word not in ("${env}", "${interpreter}", "${program}")]
    at = command.index("${args_no_hyphens}")
    words = [*command[:at], *args["args_no_hyphens"], *command[at + 1 :]]
    return applicable(words[3:]) if words[:3] == ["-m", "fmnist", "wandb-trial"] else words


@pytest.mark.parametrize("name", option_names("sweep"))
def test_what_the_agent_runs_builds_and_has_the_values(name: str) -> None:
    sweep = load_sweep_file(f"sweep={name}")
    parameters = sweep["parameters"]
    for i in range(max(len(ends(parameter)) for parameter in parameters.values())):
        arguments = {key: ends(parameter)[i % len(ends(parameter))] for key, parameter in parameters.items()}
        words = agents_words(sweep, arguments)
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", overrides=words, return_hydra_config=True)
        assert config.hydra.mode.name == "RUN"
        passed = {word.partition("=")[0] for word in words}
        assert passed >= arguments.keys() - CONDITIONAL
        for key, value in arguments.items():
            if key not in passed:
                continue
            chosen = config.hydra.runtime.choices.get(key, OmegaConf.select(config, key))
            assert chosen == value, key
        del config._content["hydra"]
        build_experiment(config)


def test_distributions_metric_and_stopping_are_those_of_the_search() -> None:
    wide = load_sweep_file("sweep=wide")
    parameters = wide["parameters"]
    assert parameters["optimizer.lr"] == {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}
    assert parameters["model.layers"] == {"distribution": "int_uniform", "min": 1, "max": 4}
    assert parameters["model.width"] == {"distribution": "q_log_uniform_values", "min": 64, "max": 1024, "q": 1}
    assert parameters["model.dropout"] == {"distribution": "uniform", "min": 0.0, "max": 0.5}
    assert wide["early_terminate"] == {"type": "hyperband", "min_iter": 1, "eta": 4}
    assert (wide["method"], wide["run_cap"], wide["name"]) == ("bayes", 200, "wide")
    assert load_sweep_file("sweep=smoke", "objective=val/loss")["metric"] == {"name": "val/loss", "goal": "minimize"}
    assert "early_terminate" not in load_sweep_file("sweep=assignment")
    assert load_sweep_file("sweep=smoke", "hydra/sweeper/sampler=random")["method"] == "random"
    assert load_sweep_file("sweep=smoke", "optimizer.lr=tag(step:0.1,interval(0.1,0.4))")["parameters"][
        "optimizer.lr"
    ] == {"values": [0.1, 0.2, 0.3, 0.4]}


def test_lists_and_null_keep_their_meaning() -> None:
    sweep = load_sweep_file("model.width=[64,32],[16]", "model.layers=null", "trainer.clip_norm=null,1.0")
    assert sweep["method"] == "grid"
    for i, (width, clip) in enumerate([([64, 32], None), ([16], 1.0)]):
        arguments = {key: parameter["values"][i] for key, parameter in sweep["parameters"].items()}
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", overrides=agents_words(sweep, arguments))
        assert (config.model.width, config.model.layers, config.trainer.clip_norm) == (width, None, clip)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam"])
def test_all_nine_are_drawn_and_what_does_not_apply_is_ignored(optimizer: str) -> None:
    text = sweep_file(["sweep=assignment"], None, "p", "e")
    assert "# optimizer.rho is used when optimizer=rmsprop, and otherwise ignored\n" in text
    sweep = yaml.safe_load(text)
    assert (sweep["project"], sweep["entity"]) == ("p", "e")
    assert len(sweep["parameters"]) == 9
    drawn = {key: parameter["values"][0] for key, parameter in sweep["parameters"].items()} | {"optimizer": optimizer}
    words = agents_words(sweep, drawn)
    keys = {"momentum": {"optimizer.momentum"}, "nesterov": {"optimizer.momentum"}, "rmsprop": {"optimizer.rho"}}
    assert {word.partition("=")[0] for word in words} & CONDITIONAL == keys.get(optimizer, set())
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=words)
    build_experiment(config)
    for key in keys.get(optimizer, ()):
        assert OmegaConf.select(config, key) == drawn[key]


@pytest.mark.parametrize(
    ("words", "method", "message"),
    [
        ("optimizer=adam", None, "hydra.sweeper.params"),
        ("sweep=wide", "grid", "--method=grid.*optimizer.lr"),
        ("sweep=smoke hydra.sweeper.objectives=[val/loss,seconds]", None, "one objective"),
        ("+new=1,2", None, r"\+new"),
    ],
)
def test_what_wandb_cannot_search_is_one_line(words: str, method: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sweep_file(shlex.split(words), method, None, None)


def test_the_command_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "sweep.yaml"
    monkeypatch.setattr(sys, "argv", ["fmnist", "wandb-sweep", "sweep=smoke", "--output", str(file)])
    main()
    assert file.read_text() == sweep_file(["sweep=smoke"], None, None, None)
