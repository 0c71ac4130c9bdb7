"""Train a network: every part comes from its config group, see conf/ and `python train.py --help`."""

from os.path import relpath
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fmnist.sweep import trial
from fmnist.terminal.user_errors import user_errors


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> float:
    """One run; returns its objective."""
    if trial.current():  # the sweep records its errors
        return train(config)
    with user_errors():
        return train(config)


def train(config: DictConfig) -> float:
    """Build the parts, load the data, train, judge the best network on the test set, once."""
    # Imported here, so that `--help` and a misspelt option need not wait for NumPy.
    from threadpoolctl import threadpool_limits

    from fmnist.experiment import experiment
    from fmnist.run.record import Record
    from fmnist.run.run import Run, again, resumed
    from fmnist.terminal.console import echo, print_settings, print_summary
    from fmnist.training.generators import spawn_generators
    from fmnist.training.state import TrainingState

    job = HydraConfig.get()
    folder = Path(relpath(job.runtime.output_dir))
    overrides = list(job.overrides.task)
    resume = bool(config.resume) or again(folder, config)
    if config.resume:
        config = resumed(config, overrides)

    parts = experiment(config)
    splits = parts.load()
    rng = spawn_generators(parts.seed)
    network = parts.network(splits, rng)
    parts.optimizer.bind(network.params, parts.engine)
    objective = parts.objective.on(splits)
    size = splits.train.size
    training = TrainingState(network, parts.optimizer, rng, objective, folder, parts.trainer.epochs, size, parts.engine)

    run = Run(folder, config, overrides, job.runtime.choices, engine=parts.engine.name, resume=resume)
    with threadpool_limits(parts.trainer.threads, user_api="blas"), run:
        print_settings(run.config, run.choices)
        echo(f"the engine is {parts.engine.name}")
        with Record(training, splits, parts.tracker) as record:
            if resume:
                training.resume()
            parts.trainer.fit(training, splits, parts.loss, parts.scheduler, parts.augment, parts.callbacks)
            record.judge(parts.loss, parts.trainer)
        print_summary(record.summary, folder)
    return record.summary["value"]


if __name__ == "__main__":
    with user_errors():
        main()
