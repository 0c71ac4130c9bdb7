"""The points of new trials: sampled, compared with all that were tried, and only then written to the storage."""

import warnings
from collections.abc import Iterator, Mapping

import optuna
from optuna.samplers import PartialFixedSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from fmnist.sweep.space import distribution
from fmnist.sweep.space.distribution import Distribution
from fmnist.sweep.space.values import Value
from fmnist.sweep.study import attributes
from fmnist.sweep.study.instantiate import build_pruner
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study_config import StudyConfig

DRAWS = 20  # tries at a new point before a discrete space is gone through for one
ENQUEUED = "fixed_params"  # Optuna's name for the point that a trial was enqueued with


class TrialSampler:
    """Takes trials from the queue, each with a point that no other trial of the study has, unless that was asked for.

    A trial's random numbers come from its number: neither a resumed sweep nor another machine draws a point again.
    """

    def __init__(self, config: StudyConfig, queue: TrialQueue) -> None:
        self.queue, self.config, self.space, self.fixed = queue, config, config.space, config.fixed
        self.pruner = build_pruner(config.options.pruner)
        self.tried: dict[tuple[str, ...], int] = {}  # overrides → number of the trial
        self.pointless: set[int] = set()  # trials that had no point at the last look
        self.seen = 0  # the trials below this number
        for trial in queue.study.get_trials(deepcopy=False):
            self.look(trial)

    def look(self, trial: FrozenTrial) -> None:
        self.seen = max(self.seen, trial.number + 1)
        if overrides := trial.user_attrs.get(attributes.OVERRIDES):
            self.tried.setdefault(tuple(overrides), trial.number)
            self.pointless.discard(trial.number)
        else:
            self.pointless.add(trial.number)

    def ask(self) -> tuple[Trial, list[str]] | None:
        """The next trial with its overrides; None when the queue is empty."""
        waiting = self.queue.pop()
        if waiting is None:
            return None
        if waiting.params or waiting.system_attrs.get(ENQUEUED):  # begun before, or a point that was asked for
            trial = Trial(self.study(waiting.number), waiting._trial_id)
            overrides = self.space.overrides(self.space.suggest(trial, self.fixed))
            self.reserve(waiting, overrides, anyway=True)
        else:
            trial, overrides = self.sample(waiting)
        trial.set_user_attr(attributes.ATTEMPTS, waiting.user_attrs.get(attributes.ATTEMPTS, 0) + 1)
        return trial, overrides

    def sample(self, waiting: FrozenTrial) -> tuple[Trial, list[str]]:
        """The trial with a new point."""
        for study, point in self.candidates(waiting):  # noqa: B007  the last one is used
            overrides = self.space.overrides(point)
            if self.reserve(waiting, overrides, anyway=self.config.options.duplicates):
                break
        else:
            self.reserve(waiting, overrides, anyway=True)  # there is no other
        sampler = study.sampler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = PartialFixedSampler(dict(point), RandomSampler())
        trial = Trial(study, waiting._trial_id)
        self.space.suggest(trial, self.fixed)
        study.sampler = sampler  # it learns how the trial ended
        return trial, overrides

    def candidates(self, trial: FrozenTrial) -> Iterator[tuple[Study, Mapping[str, Value]]]:
        """What the sampler draws, again and again; then, where they can be counted, all points there are."""
        for attempt in range(DRAWS):
            study = self.study(trial.number, attempt)
            yield study, self.draw(study, trial)
        if self.space.is_discrete:
            yield from ((study, point) for point in self.space.grid(self.fixed))

    def study(self, number: int, attempt: int = 0) -> Study:
        """The study with the sampler of this trial: an object of its own, for it keeps what it has read."""
        queue, sampler = self.queue, self.config.sampler_for(number, attempt)
        return optuna.load_study(study_name=queue.name, storage=queue.storage, sampler=sampler, pruner=self.pruner)

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Value]:
        """A point for the trial from the study's sampler; nothing is written to the storage."""
        sampler = study.sampler
        sampler.before_trial(study, trial)
        relative = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))

        def value(key: str, d: Distribution) -> Value:
            if key in relative and distribution.contains(d, distribution.exact(d, relative[key])):
                return distribution.exact(d, relative[key])
            return distribution.exact(d, sampler.sample_independent(study, trial, key, d))

        return self.space.point(value, self.fixed)

    def reserve(self, trial: FrozenTrial, overrides: list[str], *, anyway: bool) -> bool:
        """Note the point as this trial's; False if another has it already and that matters."""
        with self.queue.lock():
            for number in sorted(self.pointless | set(range(self.seen, trial.number))):
                self.look(self.queue.trial(number))
            if not anyway and self.tried.get(tuple(overrides), trial.number) != trial.number:
                return False
            self.queue.storage.set_trial_user_attr(trial._trial_id, attributes.OVERRIDES, overrides)
            self.tried.setdefault(tuple(overrides), trial.number)
        return True
