"""A sweep from its config to its results."""

from collections.abc import Callable, Sequence
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
from fmnist.sweep.command_line import store_command
from fmnist.sweep.dry_run import print_study
from fmnist.sweep.limits import Limits
from fmnist.sweep.preflight import check_study
from fmnist.sweep.program import Compose, Program
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.final_summary import print_final_summary
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import ResultsWriter
from fmnist.sweep.space import warm_start
from fmnist.sweep.study.attributes import DEATHS
from fmnist.sweep.study.storage import NoAnswer, open_storage, storage_errors, without_password
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.launcher import LaunchedLoop, LauncherFailed, launch
from fmnist.sweep.workers.work import take_part
from fmnist.terminal.console import echo
from fmnist.terminal.output import output_is_optional

RunTrials = Callable[[Limits, LiveTable, ResultsWriter], None]


class SweepFailed(FmnistError):
    """The sweep came to an end without what it was started for."""

    exit_code = 1


def sweep(
    overrides: Sequence[str], config: DictConfig, hydra_context: HydraContext, task: TaskFunction, program: Program
) -> dict[str, Any]:
    """Run or resume the sweep that `config.hydra.sweeper` and the command line's `overrides` describe, or join it.

    Raises:
        ConfigError: something of it is not allowed; nothing has been started then.
        FmnistError: the sweep ended without a result, or by its failures.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    loader, name = hydra_context.config_loader, config.hydra.job.config_name

    def compose(overrides: list[str]) -> DictConfig:
        return loader.load_configuration(name, overrides, RunMode.RUN)

    study = StudyConfig(overrides, config, loader, program.higher_is_better)
    options, folder = study.options, Path(config.hydra.sweep.dir)
    if not options.worker:
        if not study.is_grid:
            experiments = loader.get_group_options("experiment")
            study.points = warm_start.points(options.enqueue, study.space, compose, experiments)
        check_study(study, loader, program)
        if options.dry_run:
            print_study(study)
            return {}
    if options.storage:
        # A database that does not answer is said before anything is written; one that goes away later is waited for.
        open_storage(options.storage).reconnect = options.reconnect
    folder.mkdir(parents=True, exist_ok=True)
    queue = TrialQueue(study.name, options.storage or str((folder / "study.journal").absolute()), options.lease)
    if options.worker:
        queue.join(study.identity())
    else:
        atomic.clear(folder)
        asked = OmegaConf.to_container(config)
        asked["hydra"]["sweeper"]["storage"] = options.storage and without_password(options.storage)  # type: ignore[index, call-overload]
        atomic.write_text(folder / "multirun.yaml", OmegaConf.to_yaml(asked))
        queue.open(study.identity(), list(study.objectives.values()), study.budget, study.points)
        store_command(queue, overrides, config)

    def run_trials(limits: Limits, live_table: LiveTable, writer: ResultsWriter) -> None:
        basic = f"{BasicLauncher.__module__}.{BasicLauncher.__name__}"
        if OmegaConf.select(config, "hydra.launcher._target_") == basic:
            job = Job(task, program, list(study.objectives), options.epoch)
            take_part(study, queue, folder, hydra_context, job, limits, live_table, writer, options.n_jobs)
        else:
            loop = LaunchedLoop(overrides, config, hydra_context, task, program, queue.url, folder)
            launch(loop, queue, limits, live_table, writer)

    with storage_errors(queue.url), output_is_optional():
        return optimize(study, queue, folder, program, compose, run_trials)


def optimize(
    study: StudyConfig, queue: TrialQueue, folder: Path, program: Program, compose: Compose, run_trials: RunTrials
) -> dict[str, Any]:
    """Run trials until the budget is reached, or something ends the sweep before; the summary of its results."""
    objectives, options = list(study.objectives), study.options
    counts = Counts(maximize=study.maximize)
    before = queue.study.get_trials(deepcopy=False)
    ended = {trial.number for trial in before if trial.state.is_finished()}
    counts.count(before)
    limits = Limits(options, counts, objectives[0])
    done = f", {counts.finished} of them done" if counts.finished else ""
    echo(f"sweep {study.name}: {study.budget} trials{done}, {options.n_jobs} at a time, in {folder}")
    directions = dict(zip(objectives, queue.study.directions, strict=True))
    observer = (
        None if options.worker else program.observer(study.config, folder, study.name, directions, counts.finished)
    )
    writer = ResultsWriter(study, queue.study, folder, limits, program, compose, None if options.worker else observer)
    live_table = LiveTable(study.name, objectives, study.budget, options.n_jobs, counts)
    live_table.known |= ended
    try:
        with live_table:
            run_trials(limits, live_table, writer)
    except LauncherFailed:
        writer.write("interrupted")
        raise
    except KeyboardInterrupt:
        with suppress(NoAnswer), storage_errors(queue.url):
            writer.write("interrupted")
        echo(f"interrupted; study={study.name} goes on with it")
        raise
    if limits.disk_full:
        with suppress(OSError):  # it may find no room either
            writer.write("interrupted")
        raise SweepFailed(limits.reached())
    trials = queue.study.get_trials(deepcopy=False)
    counts.count(trials)
    failed = limits.too_many_failures or not counts.states[TrialState.COMPLETE]
    summary = writer.write("failed" if failed else "finished")
    print_final_summary(summary)
    if limits.too_many_failures:
        raise SweepFailed(limits.reached())
    if not counts.states[TrialState.COMPLETE]:
        raise SweepFailed("no trial was completed")
    died = (trial for trial in trials if trial.state == TrialState.FAIL and DEATHS in trial.user_attrs)
    if lost := [str(trial.number) for trial in died if trial.number not in ended]:
        raise SweepFailed(
            f"lost: trials {', '.join(lost)}, whose processes died; hydra.sweeper.retries starts such trials again"
        )
    return summary
