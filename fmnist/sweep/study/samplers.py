"""Samplers: Optuna's, from the options of hydra/sweeper/sampler."""

from typing import Any

from optuna.samplers import BaseSampler

from fmnist.sweep.study.instantiate import ONE_SEED, instantiate_option

ATTEMPT = 1_000_003  # between the seeds of two attempts at a point; no study has so many trials


def build_sampler(config: dict[str, Any], seed: int, number: int = 0, attempt: int = 0) -> BaseSampler:
    """The sampler for one attempt at the point of the trial of this number."""
    own = 0 if config.get(ONE_SEED) else number + attempt * ATTEMPT
    return instantiate_option("sampler", BaseSampler, config, seed=seed + own)
