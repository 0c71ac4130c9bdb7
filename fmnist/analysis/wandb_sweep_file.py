"""A search of conf/sweep/ as W&B's own sweep, for `wandb sweep` and `wandb agent`.

W&B's controller draws the points and train.py runs each as a single run, through ${args_no_hyphens}: key=value.
W&B's spaces have no conditions: it draws every dimension, and wandb-trial leaves out those that do not apply.
https://docs.wandb.ai/models/sweeps/define-sweep-configuration
"""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with omegaconf
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from fmnist.config.compose import CONF
from fmnist.errors import ConfigError
from fmnist.sweep.space.distribution import values
from fmnist.sweep.space.space import Dimension, Space, conditions
from fmnist.sweep.space.values import Value, text
from fmnist.sweep.space.values import plain as plain_value
from fmnist.sweep.study_config import StudyConfig
from fmnist.training.objective import higher_is_better

Yaml = dict[str, Any]
METHODS = {"optuna.samplers.RandomSampler": "random"}  # W&B's for a search's sampler; for any other it is bayes
HALVING = ("optuna.pruners.SuccessiveHalvingPruner", "optuna.pruners.HyperbandPruner")  # hyperband, in W&B's words
POINT = "hydra.mode=RUN"  # of a search's overrides the last; those of the point follow


def sweep_file(overrides: Sequence[str], method: str | None, project: str | None, entity: str | None) -> str:
    """The YAML text of the search that `python train.py OVERRIDES` would run.

    Raises:
        ConfigError: they name no search, it has several objectives, or an interval in a grid.
    """
    study = study_config(overrides)
    config = study.config
    tracker = config.tracker.get("wandb") or {}
    keys = {
        "name": config.study or config.hydra.runtime.choices.get("sweep"),
        "project": project or tracker.get("project"),
        "entity": entity or tracker.get("entity"),
    }
    given = {key: value for key, value in keys.items() if value}
    return header(study.space) + yaml.safe_dump(given | sweep_section(study, method), sort_keys=False, width=120)


def study_config(overrides: Sequence[str]) -> StudyConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        config = hydra.compose_config("config", list(overrides), run_mode=RunMode.MULTIRUN, from_shell=False)
        return StudyConfig(overrides, config, hydra.config_loader, higher_is_better)


def applicable(overrides: Sequence[str]) -> list[str]:
    """The overrides of a search and of a point in it, without the point's keys whose conditions do not hold.

    `hydra.mode=RUN` stands between the two.
    """
    i = list(overrides).index(POINT)
    search, drawn = overrides[:i], OverridesParser.create().parse_overrides(list(overrides[i + 1 :]))
    study = study_config(search)
    words = {override.get_key_element(): override for override in drawn}
    values = {key: plain_value(override.value()) for key, override in words.items()}
    point = study.space.point(lambda key, _: values[key], study.fixed)
    return [*search, POINT, *(str(words[key].input_line) for key in point)]


def sweep_section(plan: StudyConfig, method: str | None) -> Yaml:
    if len(plan.objectives) > 1:
        raise ConfigError("hydra.sweeper.objectives", list(plan.objectives), "one objective: W&B's sweeps have one")
    method = method or method_for(plan)
    for key, prefix in plan.space.prefixes.items():
        raise ConfigError(prefix + key, "…", "a key that the configuration has: W&B's parameters begin with a letter")
    parameters = {d.key: parameter(d, method) for d in plan.space.dimensions}
    if not parameters:
        raise ConfigError("hydra.sweeper.params", {}, "a space, as that of sweep=assignment")
    ((metric, direction),) = plan.objectives.items()
    return {
        "program": "train.py",
        "command": [
            "${env}",
            "${interpreter}",
            *(["-m", "fmnist", "wandb-trial"] if any(d.when for d in plan.space.dimensions) else ["${program}"]),
            *plan.rerun_overrides,
            POINT,
            "${args_no_hyphens}",
        ],
        "method": method,
        "metric": {"name": metric, "goal": direction},
        "parameters": parameters,
        **early_terminate(plan.options.pruner),
        **({} if method == "grid" else {"run_cap": plan.budget}),
    }


def method_for(plan: StudyConfig) -> str:
    """The method closest to the search's sampler."""
    if plan.is_grid:
        return "grid"
    return METHODS.get(str(plan.sampler.get("_target_")), "bayes")


def header(space: Space) -> str:
    lines = ["wandb sweep FILE, then wandb agent with what it says; in the folder of train.py"]
    lines += [f"{d.key} is used {conditions(d.when)}, and otherwise ignored" for d in space.dimensions if d.when]
    return "".join(f"# {line}\n" for line in lines)


def parameter(d: Dimension, method: str) -> Yaml:
    """A dimension in W&B's terms."""
    if method == "grid" or isinstance(d.distribution, CategoricalDistribution):
        if isinstance(d.distribution, FloatDistribution) and d.distribution.step is None:
            raise ConfigError("--method", method, f"bayes or random: {d.key} is an interval")
        return {"values": [plain(value) for value in values(d.distribution)]}
    return interval(d.distribution)


def interval(distribution: BaseDistribution) -> Yaml:
    match distribution:
        case IntDistribution(low=low, high=high, log=False, step=1):
            return {"distribution": "int_uniform", "min": low, "max": high}
        case IntDistribution(low=low, high=high, log=True):
            return {"distribution": "q_log_uniform_values", "min": low, "max": high, "q": 1}
        case FloatDistribution(low=low, high=high, log=False, step=None):
            return {"distribution": "uniform", "min": low, "max": high}
        case FloatDistribution(low=low, high=high, log=True):
            return {"distribution": "log_uniform_values", "min": low, "max": high}
    # With a step: W&B's q_uniform rounds to multiples of the step, which need not be low + k · step.
    return {"values": [plain(value) for value in values(distribution)]}


def plain(value: Value) -> Value:
    """Numbers and booleans as they are; null, lists and strings as Hydra's text."""
    return value if isinstance(value, bool | int | float) else text(value)


def early_terminate(pruner: Mapping[str, Any]) -> Yaml:
    """Successive halving and Hyperband are W&B's hyperband; it has no counterpart of the others."""
    if pruner.get("_target_") not in HALVING:
        return {}
    first = pruner.get("min_resource")
    smallest = first if isinstance(first, int) else 1
    return {"early_terminate": {"type": "hyperband", "min_iter": smallest, "eta": pruner["reduction_factor"]}}
