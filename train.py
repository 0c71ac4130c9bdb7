"""Train a network: every part comes from its config group, see conf/ and `python train.py --help`."""

from os.path import relpath
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fmnist.config import repository, resolvers  # noqa: F401  a quick copy of the configs; resolvers of config.yaml
from fmnist.sweep import trial
from fmnist.terminal.output import output_is_optional
from fmnist.terminal.user_errors import report_user_errors


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> float:
    """One run; returns its objective."""
    if trial.current():  # the sweep records its errors
        return train(config)
    with report_user_errors(), output_is_optional():
        return train(config)


def train(config: DictConfig) -> float:
    """Build the parts, load the data, train, evaluate the best network on the test set, once."""
    # Imported here, so that `--help` and a misspelt option need not wait for NumPy.
    from threadpoolctl import threadpool_limits

    from fmnist.config import check
    from fmnist.experiment import build_experiment
    from fmnist.run.resume import resume_config
    from fmnist.run.run import Run
    from fmnist.terminal.console import echo, print_settings
    from fmnist.training.generators import spawn_generators
    from fmnist.training.state import TrainingState

    job = HydraConfig.get()
    folder = Path(relpath(job.runtime.output_dir))
    overrides, resume = list(job.overrides.task), bool(config.resume)
    if not trial.current():
        check.folder(**{"hydra.run.dir": job.run.dir})
    if resume:
        sources = job.runtime.config_sources
        config = resume_config(config, overrides, [Path(source.path) for source in sources if source.schema == "file"])

    parts = build_experiment(config)
    splits = parts.load()
    rng = spawn_generators(parts.seed)
    network = parts.network(splits, rng)
    objective = parts.objective.on(splits)
    size = splits.train.size
    training = TrainingState(network, parts.optimizer, rng, objective, folder, parts.trainer.epochs, size, parts.engine)
    parts.optimizer.bind(network.params, parts.engine)

    run = Run(training, splits, parts.trackers, config, overrides, job.runtime.choices, resume=resume)
    with threadpool_limits(parts.trainer.threads, user_api="blas"), run:
        print_settings(run.config, run.choices)
        echo(f"the engine is {parts.engine.name}")
        if run.resume:
            training.resume()
        # The run comes first: an epoch is on record before any callback acts on it.
        parts.trainer.fit(training, splits, parts.loss, parts.scheduler, parts.augment, [run, *parts.callbacks])
        run.evaluate(parts.loss, parts.trainer, parts.callbacks)
    return float(run.summary["value"])


if __name__ == "__main__":
    with report_user_errors():
        main()
