"""The sweeper's own cost per trial, with few and with 10,000 finished trials in the journal.

Processor time, for a wall clock measures the machine's other users, too. What the disk adds, a sync of the journal for
each parameter and attribute, does not depend on how many trials are finished; the whole sweeps have it in them.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import optuna
from omegaconf import OmegaConf
from optuna.samplers import BaseSampler
from tools import SOURCE, Result, span, train, trials

from fmnist.run.sweep_program import SweepProgram
from fmnist.sweep.ask_tell import AskTell
from fmnist.sweep.limits import Limits
from fmnist.sweep.options import options
from fmnist.sweep.program import Outcome
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import EVERY, SHARE, ResultsWriter
from fmnist.sweep.space.parse import parse_space
from fmnist.sweep.space.space import Space
from fmnist.sweep.study import attributes
from fmnist.sweep.study.samplers import build_sampler
from fmnist.sweep.study.storage import open_storage
from fmnist.sweep.study.trial_queue import TrialQueue

OBJECTIVE = "val/accuracy"


class Timed(BaseSampler):
    """A sampler, and the time that it takes itself."""

    def __init__(self, inner: BaseSampler) -> None:
        self.inner, self.seconds = inner, 0.0

    @contextlib.contextmanager
    def clock(self) -> Iterator[None]:
        begin = time.process_time()
        yield
        self.seconds += time.process_time() - begin

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        with self.clock():
            return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        with self.clock():
            return self.inner.sample_relative(study, trial, search_space)

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        with self.clock():
            return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Any, trial: Any) -> None:
        with self.clock():
            self.inner.before_trial(study, trial)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        with self.clock():
            self.inner.after_trial(study, trial, state, values)


def cost(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """The queue and the search with trials that take no time, then whole sweeps of a task that does nothing."""
    sizes = [10, 300] if quick else [10, 1000, 10000]
    found: Result = {"command": "conf/sweep/wide.yaml's space, journal file", "goal": "as at 10"}
    found["start_seconds"] = {}
    for sampler, count in {"random": 5 if quick else 60, "tpe": 3 if quick else 12}.items():
        benches = {size: Bench(tmp / f"cost-{sampler}-{size}", sampler, size, count) for size in sizes}
        for i in range(count):
            for bench in list(benches.values())[:: 1 if i % 2 else -1]:
                bench.step()
        table = {str(size): bench.medians() for size, bench in benches.items()}
        found[sampler] = table
        found["start_seconds"] |= {str(size): bench.opening for size, bench in benches.items()}
        most, least = table[str(sizes[-1])], table[str(sizes[0])]
        found[f"ratio_{sampler}"] = most["own_ms"] / least["own_ms"]
        say(f"cost: {sampler}  {least['own_ms']:.1f} ms at {sizes[0]}, {most['own_ms']:.1f} ms at {sizes[-1]}")
    found["whole_sweeps"] = sweeps(tmp, [sizes[0], sizes[-1]], 8 if quick else 40, 1 if quick else 3, say)
    return found


class Bench:
    """A search over a journal that begins with finished trials."""

    def __init__(self, folder: Path, sampler: str, size: int, count: int) -> None:
        folder.mkdir()
        url = str(folder / "study.journal")
        space = parse_space(yaml("sweep/wide").hydra.sweeper.params, [])[0]
        study = optuna.create_study(study_name="cost", storage=open_storage(url), direction="maximize")
        study.add_trials(list(history(space, size)))
        study.set_user_attr("identity", {})
        study.set_user_attr("ready", {})
        open_storage.cache_clear()
        begin = time.process_time()
        queue = TrialQueue("cost", url)
        queue.open({}, ["maximize"], size + count, [])
        self.opening = time.process_time() - begin
        self.config, self.timed = group("sampler", sampler), Timed(optuna.samplers.RandomSampler())
        opts = options({"sampler": {}, "pruner": group("pruner", "median")})
        config = OmegaConf.create({"objective": OBJECTIVE, "seed": 1})
        study_config: Any = SimpleNamespace(
            options=opts, space=space, fixed=lambda _: None, config=config, name="cost", budget=size + count
        )
        study_config.objectives, study_config.sampler_for = {OBJECTIVE: "maximize"}, self.sampler
        study_config.fixed_overrides = study_config.rerun_overrides = []
        counts = Counts(maximize=True)
        counts.count(queue.study.get_trials(deepcopy=False))
        limits = Limits(opts, counts, OBJECTIVE)
        self.writer = ResultsWriter(study_config, queue.study, folder, limits, SweepProgram(), lambda _: config)
        live_table = LiveTable("cost", [OBJECTIVE], size + count, 1, counts)
        self.trials = AskTell(study_config, queue, folder, counts, limits, live_table, self.writer)
        self.rows: list[dict[str, float]] = []

    def sampler(self, number: int, attempt: int = 0) -> BaseSampler:
        """The trial's own, as in `StudyConfig.sampler_for`."""
        self.timed.inner = build_sampler(self.config, 0, number, attempt)
        return self.timed

    def step(self) -> None:
        """A trial is asked for and told; the results, written every few seconds, are timed for themselves."""
        sampled = self.timed.seconds
        self.writer.next = time.monotonic() + 1e9
        row = {}
        with contextlib.redirect_stdout(io.StringIO()):
            begin = time.process_time()
            running = self.trials.ask()
            row["next_ms"] = time.process_time() - begin
            assert running is not None
            running.outcomes.append(Outcome("COMPLETE", {OBJECTIVE: 0.5}, epochs=1))
            begin = time.process_time()
            self.trials.tell(running)
            row["tell_ms"] = time.process_time() - begin
            row["sampler_ms"] = self.timed.seconds - sampled
            begin = time.process_time()
            self.writer.write()
            row["results_ms"] = time.process_time() - begin
        row["next_ms"] -= row["sampler_ms"]
        row["own_ms"] = row["next_ms"] + row["tell_ms"]
        self.rows.append({key: 1000 * seconds for key, seconds in row.items()})

    def medians(self) -> dict[str, float]:
        """Milliseconds of processor time. own_ms: next_ms + tell_ms; results_ms: see ResultsWriter."""
        found = {key: median(row[key] for row in self.rows) for key in self.rows[0]}
        seconds = found["results_ms"] / 1000
        return {**found, "results_share_of_time": min(seconds / EVERY, SHARE)}


def sweeps(tmp: Path, sizes: list[int], count: int, rounds: int, say: Callable[[str], None]) -> Result:
    """Seconds per trial of `noop.py -m`, one worker, random points, behind so many finished trials."""
    script = SOURCE / "noop.py"
    words = ["sweep=wide", "hydra/sweeper/sampler=random"]
    space = parse_space(yaml("sweep/wide").hydra.sweeper.params, [])[0]
    figures: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for size in sizes:
        folder = tmp / f"noop-{size}"
        train(folder, [*words, "hydra.sweeper.n_trials=1"], script)
        study = optuna.load_study(study_name=folder.name, storage=open_storage(str(folder / "study.journal")))
        study.add_trials(list(history(space, size - 1)))
    for i in range(rounds):
        for size in sizes:
            folder = tmp / f"noop-{size}"
            timing = train(folder, [*words, f"hydra.sweeper.n_trials={size + (i + 1) * count}"], script)
            spans = [span(trial) for trial in trials(folder)[-count:]]
            inside = spans[-1][1] - spans[0][0]
            figures[size].append({"ms_per_trial": 1000 * inside / count, "start_and_end": timing.seconds - inside})
    table: Result = {
        str(size): {key: median(row[key] for row in rows) for key in rows[0]} for size, rows in figures.items()
    }
    most, least = (table[str(size)]["ms_per_trial"] for size in (sizes[-1], sizes[0]))
    say(f"cost: whole sweeps  {least:.0f} ms a trial at {sizes[0]}, {most:.0f} ms at {sizes[-1]}")
    return {"command": f"noop.py -m {' '.join(words)}", **table, "ratio": most / least}


def history(space: Space, count: int) -> Iterator[optuna.trial.FrozenTrial]:
    """Finished trials as a sweep leaves them: 20 epochs, a folder, a sixth of them pruned."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    for number in range(count):
        trial = study.ask()
        values = space.suggest(trial, lambda _: None)
        pruned = number % 6 == 5
        epochs = 5 if pruned else 20
        yield optuna.create_trial(
            state=optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE,
            value=None if pruned else 0.5 + 0.4 * (number * 0.618 % 1),
            params=trial.params,
            distributions=trial.distributions,
            intermediate_values={epoch: 0.5 + 0.01 * epoch for epoch in range(1, epochs + 1)},
            user_attrs={
                attributes.OWNER: {"host": "elsewhere", "pid": 1, "started": "1"},
                attributes.ATTEMPTS: 1,
                attributes.OVERRIDES: space.overrides(values),
                attributes.FOLDER: str(number),
                attributes.SECONDS: 60.0,
                attributes.EPOCHS: epochs,
            },
        )


def group(part: str, option: str) -> dict[str, Any]:
    found: dict[str, Any] = OmegaConf.to_container(yaml(f"hydra/sweeper/{part}/{option}"))  # type: ignore[assignment]
    return found


def yaml(name: str) -> Any:
    return OmegaConf.load(SOURCE / "conf" / f"{name}.yaml")
