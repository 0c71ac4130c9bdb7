"""Train a network: every part comes from its config group, see conf/ and `python train.py --help`."""

from os.path import relpath
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fmnist.shell import shell


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(config: DictConfig) -> float:
    """One run; returns its objective."""
    with shell():
        return train(config)


def train(config: DictConfig) -> float:
    """Build the parts, load the data, train, judge the best network on the test set, once."""
    # Imported here, so that `--help` and a misspelt option need not wait for NumPy.
    from threadpoolctl import threadpool_limits

    from fmnist.console import say, say_settings, say_summary
    from fmnist.experiment import experiment
    from fmnist.record import Record
    from fmnist.run import Run, again, resumed
    from fmnist.session import Session
    from fmnist.streams import streams

    job = HydraConfig.get()
    folder = Path(relpath(job.runtime.output_dir))
    overrides = list(job.overrides.task)
    resume = bool(config.resume) or again(folder, config)
    if config.resume:
        config = resumed(config, overrides)

    parts = experiment(config)
    splits = parts.load()
    rng = streams(parts.seed)
    network = parts.network(splits, rng)
    parts.optimizer.bind(network.params, parts.engine)
    objective = parts.objective.on(splits)
    size = splits.train.size
    session = Session(network, parts.optimizer, rng, objective, folder, parts.trainer.epochs, size, parts.engine)

    run = Run(folder, config, overrides, job.runtime.choices, engine=parts.engine.name, resume=resume)
    with threadpool_limits(parts.trainer.threads, user_api="blas"), run:
        say_settings(run.config, run.choices)
        say(f"the engine is {parts.engine.name}")
        with Record(session, splits, parts.tracker) as record:
            if resume:
                session.resume()
            parts.trainer.fit(session, splits, parts.loss, parts.scheduler, parts.augment, parts.callbacks)
            record.judge(parts.loss, parts.trainer)
        say_summary(record.summary, folder)
    return record.summary["value"]


if __name__ == "__main__":
    with shell():
        main()
