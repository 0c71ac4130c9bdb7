"""The points of new trials: drawn first, compared with all that were tried, and only then written down."""

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import PartialFixedSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial

from fmnist.sweep.space import distribution
from fmnist.sweep.space.space import Value
from fmnist.sweep.study import attributes as trials
from fmnist.sweep.study.trial_queue import TrialQueue

if TYPE_CHECKING:
    from fmnist.sweep.sweeper import Plan

DRAWS = 20  # tries at a new point before a discrete space is gone through for one
ENQUEUED = "fixed_params"  # Optuna's name for the point that a trial was queued with


class Proposals:
    """Takes trials from the queue, each with a point that no other trial of the study has, unless that was asked for.

    A trial's chance comes from its number: neither a resume nor another machine draws a point for the second time.
    """

    def __init__(self, plan: "Plan", queue: TrialQueue, pruner: BasePruner) -> None:
        self.plan, self.trials, self.pruner = plan, queue, pruner
        self.tried: dict[tuple[str, ...], int] = {}  # overrides → number of the trial
        self.unknown: set[int] = set()  # trials that had no point when we looked
        self.looked = 0  # at the trials below this number
        for trial in queue.study.get_trials(deepcopy=False):
            self.look(trial)

    def look(self, trial: FrozenTrial) -> None:
        self.looked = max(self.looked, trial.number + 1)
        if words := trial.user_attrs.get(trials.OVERRIDES):
            self.tried.setdefault(tuple(words), trial.number)
            self.unknown.discard(trial.number)
        else:
            self.unknown.add(trial.number)

    def next(self) -> tuple[Trial, list[str]] | None:
        """The next trial with its overrides; None when the queue is empty."""
        waiting = self.trials.pop()
        if waiting is None:
            return None
        if waiting.params or waiting.system_attrs.get(ENQUEUED):  # begun before, or a point that was asked for
            trial = Trial(self.study(waiting.number), waiting._trial_id)
            words = self.plan.space.words(self.plan.space.suggest(trial, self.plan.fixed))
            self.reserve(waiting, words, anyway=True)
        else:
            trial, words = self.propose(waiting)
        trial.set_user_attr(trials.ATTEMPTS, waiting.user_attrs.get(trials.ATTEMPTS, 0) + 1)
        return trial, words

    def propose(self, waiting: FrozenTrial) -> tuple[Trial, list[str]]:
        """The trial with a new point."""
        for study, point in self.candidates(waiting):  # noqa: B007  the last one is used
            words = self.plan.space.words(point)
            if self.reserve(waiting, words, anyway=self.plan.options.duplicates):
                break
        else:
            self.reserve(waiting, words, anyway=True)  # there is no other
        sampler = study.sampler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = PartialFixedSampler(dict(point), RandomSampler())
        trial = Trial(study, waiting._trial_id)
        self.plan.space.suggest(trial, self.plan.fixed)
        study.sampler = sampler  # it learns how the trial ended
        return trial, words

    def candidates(self, trial: FrozenTrial) -> Iterator[tuple[Study, Mapping[str, Value]]]:
        """What the sampler proposes, again and again; then, where they can be counted, all points there are."""
        for attempt in range(DRAWS):
            study = self.study(trial.number, attempt)
            yield study, self.draw(study, trial)
        if self.plan.space.is_discrete:
            yield from ((study, point) for point in self.plan.space.grid(self.plan.fixed))

    def study(self, number: int, attempt: int = 0) -> Study:
        """The study with the sampler of this trial: an object of its own, for it keeps what it has read."""
        sampler = self.plan.sampler_of(number, attempt)
        queue = self.trials
        return optuna.load_study(study_name=queue.name, storage=queue.storage, sampler=sampler, pruner=self.pruner)

    def draw(self, study: Study, trial: FrozenTrial) -> dict[str, Value]:
        """A point for the trial from the study's sampler; nothing is written to the storage."""
        sampler = study.sampler
        sampler.before_trial(study, trial)
        together = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))

        def value(key: str, d: BaseDistribution) -> Value:
            if key in together and distribution.contains(d, distribution.exact(d, together[key])):
                return distribution.exact(d, together[key])
            return distribution.exact(d, sampler.sample_independent(study, trial, key, d))

        return self.plan.space.point(value, self.plan.fixed)

    def reserve(self, trial: FrozenTrial, words: list[str], *, anyway: bool) -> bool:
        """Note the point as this trial's; False if another has it already and that matters."""
        with self.trials.alone():
            for number in sorted(self.unknown | set(range(self.looked, trial.number))):
                self.look(self.trials.trial(number))
            if not anyway and self.tried.get(tuple(words), trial.number) != trial.number:
                return False
            self.trials.storage.set_trial_user_attr(trial._trial_id, trials.OVERRIDES, words)
            self.tried.setdefault(tuple(words), trial.number)
        return True
