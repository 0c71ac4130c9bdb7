"""A sweep from its config: what is searched, with what, for how long; then the search."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import optuna
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from fmnist.errors import ConfigError, FmnistError, closest
from fmnist.experiment import experiment
from fmnist.files import atomic
from fmnist.interfaces import StudyTracker
from fmnist.sweep.options import Options, options
from fmnist.sweep.search import Search
from fmnist.sweep.space import warm_start
from fmnist.sweep.space.space import Space, Value, parse
from fmnist.sweep.study import samplers
from fmnist.sweep.study.trial_queue import TrialQueue, direction
from fmnist.sweep.trial import open_storage, without_password
from fmnist.terminal.console import echo

DEFAULT_TRIALS = 20
ATTEMPT = 1_000_003  # between the seeds of two attempts at a point; no study has so many trials


def sweep(
    words: Sequence[str],
    config: DictConfig,
    hydra_context: HydraContext,
    task: TaskFunction,
    study_trackers: Callable[..., StudyTracker | None],
) -> dict[str, Any]:
    """Run or resume the sweep that `config.hydra.sweeper` and the command line's `words` describe.

    `study_trackers`: makes what watches the study from the config's section `tracker`, the folder, the study's name,
    its directions by objective, and the number of trials that have ended.

    Raises:
        ConfigError: something of it is not allowed; nothing has been started then.
        FmnistError: the sweep ended without a result, or by its failures.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    values: dict[str, Any] = OmegaConf.to_container(config.hydra.sweeper, resolve=True)  # type: ignore[assignment]
    opts = options({key: value for key, value in values.items() if not key.startswith("_")})
    space, fixed_words = parse(opts.params, words, hydra_context.config_loader)
    plan = Plan(config, opts, space)
    if not plan.is_grid:
        loader = hydra_context.config_loader
        name = config.hydra.job.config_name
        plan.points = warm_start.points(
            opts.enqueue,
            space,
            lambda more: loader.load_configuration(name, more, RunMode.RUN),
            loader.get_group_options("experiment"),
        )
    if opts.dry_run:
        plan.show()
        return {}
    plan.check(hydra_context, fixed_words)

    folder = Path(config.hydra.sweep.dir)
    if opts.storage:
        open_storage(opts.storage)  # a database that does not answer is said before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    asked = OmegaConf.to_container(config)
    asked["hydra"]["sweeper"]["storage"] = opts.storage and without_password(opts.storage)  # type: ignore[index, call-overload]
    atomic.write_text(folder / "multirun.yaml", OmegaConf.to_yaml(asked))
    queue = TrialQueue(plan.name, opts.storage or str((folder / "study.journal").absolute()))
    identity = plan.identity([word for word in fixed_words if not word.startswith("study=")])
    queue.open(identity, list(plan.objectives.values()), plan.budget, plan.points)
    search = Search(plan, queue, folder, fixed_words, hydra_context, task, study_trackers)
    return search.run()


class Plan:
    """What is searched, with what, for how long: all that is known before the first trial."""

    def __init__(self, config: DictConfig, opts: Options, space: Space) -> None:
        self.config, self.options, self.space = config, opts, space
        self.name = str(config.get("study") or Path(config.hydra.sweep.dir).name)
        names = opts.objectives or [config.get("objective", "value")]
        self.objectives = {name: opts.direction or direction(name) for name in names}
        self.sampler = opts.sampler
        if self.sampler.get("name") == "auto":
            tpe = OmegaConf.load(Path(__file__).parents[2] / "conf/hydra/sweeper/sampler/tpe.yaml")
            grid = space.is_discrete and not opts.params
            self.sampler = {"name": "grid"} if grid else OmegaConf.to_container(tpe)  # type: ignore[assignment]
        self.is_grid = self.sampler.get("name") == "grid"
        if self.is_grid and not space.is_discrete:
            raise ConfigError(
                "hydra/sweeper/sampler", "grid", "a sampler for intervals (tpe, random, …); a grid needs choices"
            )
        self.points: list[dict[str, Value]] = []
        if self.is_grid:
            self.points = list(space.grid(self.fixed))
            self.budget = min(opts.n_trials or len(self.points), len(self.points))
        else:
            self.budget = opts.n_trials or DEFAULT_TRIALS
            if space.is_discrete and not opts.duplicates:  # there may be fewer points than trials
                self.budget = sum(1 for _ in islice(space.grid(self.fixed), self.budget))

    def fixed(self, key: str) -> Value:
        """The value of a key that is not searched: a group's option, or a value of the config."""
        choices = self.config.hydra.runtime.choices
        value: Value = choices[key] if key in choices else OmegaConf.select(self.config, key)
        return value

    def sampler_of(self, number: int, attempt: int = 0) -> optuna.samplers.BaseSampler:
        """The sampler for the trial of this number. A sequence of points is one: its seed is the same for all."""
        is_sequence = self.sampler.get("_target_", "").endswith("QMCSampler")
        own = 0 if is_sequence else number + attempt * ATTEMPT
        return samplers.sampler(self.sampler, self.options.seed + own)

    def identity(self, fixed_words: Sequence[str]) -> dict[str, Any]:
        """What a resumed sweep must agree with."""
        return {
            "space": self.space.describe(),
            "objectives": self.objectives,
            "epoch": self.options.epoch,
            "seeds": self.options.seeds,
            "fixed": sorted(fixed_words),
        }

    def first_points(self, n: int) -> list[dict[str, Value]]:
        """Where the search begins."""
        if self.is_grid:
            return self.points[:n]
        study = optuna.create_study(directions=list(self.objectives.values()))
        for point in islice(self.points, n):
            study.enqueue_trial(point)
        first: list[dict[str, Value]] = []
        for number in range(n):
            study.sampler = self.sampler_of(number)
            first.append(self.space.suggest(study.ask(), self.fixed))
        return first

    def show(self) -> None:
        """The dry run."""
        how = "grid" if self.is_grid else self.sampler["_target_"].rpartition(".")[2]
        echo(f"study {self.name}: {self.budget} trials, {self.options.n_jobs} at a time, {how}")
        echo("objective " + ", ".join(f"{name} ({way})" for name, way in self.objectives.items()))
        for line in self.space.lines():
            echo(f"  {line}")
        echo("first points")
        for point in self.first_points(min(5, self.budget)):
            echo("  " + " ".join(self.space.words(point)))

    def check(self, hydra_context: HydraContext, fixed_words: Sequence[str]) -> None:
        """Find mistakes before the first trial does: unknown options, and a first point that cannot be built."""
        if not self.budget:
            raise FmnistError("there is nothing to search")
        loader = hydra_context.config_loader
        for dimension in self.space.dimensions:
            options_of_group = loader.get_group_options(dimension.key)
            choices = getattr(dimension.distribution, "choices", ())
            for choice in choices if options_of_group else ():
                if choice not in options_of_group:
                    hint = closest(str(choice), options_of_group)
                    allowed = f"one of {', '.join(options_of_group)}{hint}"
                    raise ConfigError(dimension.key, choice, allowed)
        words = [*fixed_words, *self.space.words(self.first_points(1)[0])]
        OverridesParser.create(loader).parse_overrides(words)
        job = loader.load_sweep_config(self.config, words)
        with open_dict(job):
            del job["hydra"]
        experiment(job)
