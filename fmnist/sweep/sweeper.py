"""A sweep from its config to its results."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf
from optuna.trial import TrialState

from fmnist.errors import FmnistError
from fmnist.files import atomic
from fmnist.sweep.ask_tell import AskTell
from fmnist.sweep.dry_run import print_study
from fmnist.sweep.limits import Limits
from fmnist.sweep.preflight import check_study
from fmnist.sweep.program import Compose, Program
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.final_summary import print_final_summary
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import ResultsWriter
from fmnist.sweep.space import warm_start
from fmnist.sweep.study.storage import open_storage, storage_errors, without_password
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.launcher import LauncherRunner
from fmnist.sweep.workers.local import LocalRunner
from fmnist.terminal.console import echo
from fmnist.terminal.output import output_is_optional


class SweepFailed(FmnistError):
    """The sweep came to an end without what it was started for."""

    exit_code = 1


def sweep(
    overrides: Sequence[str], config: DictConfig, hydra_context: HydraContext, task: TaskFunction, program: Program
) -> dict[str, Any]:
    """Run or resume the sweep that `config.hydra.sweeper` and the command line's `overrides` describe.

    Raises:
        ConfigError: something of it is not allowed; nothing has been started then.
        FmnistError: the sweep ended without a result, or by its failures.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    loader, name = hydra_context.config_loader, config.hydra.job.config_name

    def compose(overrides: list[str]) -> DictConfig:
        return loader.load_configuration(name, overrides, RunMode.RUN)

    study = StudyConfig(overrides, config, loader, program.higher_is_better)
    options = study.options
    if not study.is_grid:
        experiments = loader.get_group_options("experiment")
        study.points = warm_start.points(options.enqueue, study.space, compose, experiments)
    check_study(study, loader, program)
    if options.dry_run:
        print_study(study)
        return {}

    folder = Path(config.hydra.sweep.dir)
    if options.storage:
        # A database that does not answer is said before anything is written; one that goes away later is waited for.
        open_storage(options.storage).reconnect = options.reconnect
    folder.mkdir(parents=True, exist_ok=True)
    atomic.clear(folder)
    asked = OmegaConf.to_container(config)
    asked["hydra"]["sweeper"]["storage"] = options.storage and without_password(options.storage)  # type: ignore[index, call-overload]
    atomic.write_text(folder / "multirun.yaml", OmegaConf.to_yaml(asked))
    queue = TrialQueue(study.name, options.storage or str((folder / "study.journal").absolute()))
    queue.open(study.identity(), list(study.objectives.values()), study.budget, study.points)
    job = Job(task, program, list(study.objectives), options.epoch)
    runner: LocalRunner | LauncherRunner
    if OmegaConf.select(config, "hydra.launcher._target_") == f"{BasicLauncher.__module__}.{BasicLauncher.__name__}":
        runner = LocalRunner(hydra_context, config, job, options.n_jobs, options.trial_timeout)
    else:
        runner = LauncherRunner(hydra_context, config, job, options.n_jobs, folder)
    with storage_errors(queue.url), output_is_optional():
        return optimize(study, queue, folder, runner, program, compose)


def optimize(
    study: StudyConfig,
    queue: TrialQueue,
    folder: Path,
    runner: LocalRunner | LauncherRunner,
    program: Program,
    compose: Compose,
) -> dict[str, Any]:
    """Run trials until the budget is reached, or something ends the sweep before; the summary of its results."""
    objectives = list(study.objectives)
    counts = Counts(maximize=study.objectives[objectives[0]] == "maximize")
    counts.count(queue.study.get_trials(deepcopy=False))
    limits = Limits(study.options, counts, objectives[0])
    n_jobs = study.options.n_jobs
    done = f", {counts.finished} of them done" if counts.finished else ""
    echo(f"sweep {study.name}: {study.budget} trials{done}, {n_jobs} at a time, in {folder}")
    directions = dict(zip(objectives, queue.study.directions, strict=True))
    observer = program.observer(study.config, folder, study.name, directions, counts.finished)
    writer = ResultsWriter(study, queue.study, folder, limits, program, compose, observer)
    live_table = LiveTable(study.name, objectives, study.budget, n_jobs, counts)
    trials = AskTell(study, queue, folder, counts, limits, live_table, writer)
    try:
        with live_table:
            runner.run(trials)
    except KeyboardInterrupt:
        queue.requeue_own()
        writer.write("interrupted")
        echo(f"interrupted; study={study.name} goes on with it")
        raise
    if limits.disk_full:
        with suppress(OSError):  # it may find no room either
            writer.write("interrupted")
        raise SweepFailed(limits.reached())
    failed = limits.too_many_failures or not counts.states[TrialState.COMPLETE]
    summary = writer.write("failed" if failed else "finished")
    print_final_summary(summary)
    if limits.too_many_failures:
        raise SweepFailed(limits.reached())
    if not counts.states[TrialState.COMPLETE]:
        raise SweepFailed("no trial was completed")
    if trials.lost:
        numbers = ", ".join(map(str, trials.lost))
        raise SweepFailed(
            f"lost: trials {numbers}, whose processes died; hydra.sweeper.retries starts such trials again"
        )
    return summary
