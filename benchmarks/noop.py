"""python benchmarks/noop.py -m …: a sweep of a task that does nothing, under fmnist's config. See cost.py.

The sweeper's calls are timed, in processor time, each without the timed calls within it: the sampler's time is not the
queue's. The seconds of all calls go into the file `BENCHMARK_FILE`.
"""

import json
import os
from collections import defaultdict
from pathlib import Path
from time import process_time

import hydra
from omegaconf import DictConfig

CONF = os.path.join(os.environ["FMNIST_SOURCE"], "conf")
SAMPLER = ("infer_relative_search_space", "sample_relative", "sample_independent", "before_trial", "after_trial")


@hydra.main(version_base="1.3", config_path=CONF, config_name="config")
def main(_config: DictConfig) -> float:
    return 0.5


class Clock:
    """Times the calls of methods."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.inner = 0.0  # seconds of the timed calls that ended within the running one

    def watch(self, owner: type, method: str, name: str) -> None:
        call = getattr(owner, method)

        def timed(*args: object, **options: object) -> object:
            begin, outer, self.inner = process_time(), self.inner, 0.0
            try:
                return call(*args, **options)
            finally:
                seconds = process_time() - begin
                self.calls[name].append(seconds - self.inner)
                self.inner = outer + seconds

        setattr(owner, method, timed)


if __name__ == "__main__":
    from optuna.samplers import RandomSampler, TPESampler

    from fmnist.config import resolvers  # noqa: F401  config.yaml uses them
    from fmnist.sweep.ask_tell import AskTell
    from fmnist.sweep.results.writer import ResultsWriter
    from fmnist.sweep.study.trial_queue import TrialQueue
    from fmnist.terminal.user_errors import report_user_errors

    clock = Clock()
    for method in ("__init__", "open"):
        clock.watch(TrialQueue, method, "start")
    clock.watch(AskTell, "ask", "next")
    clock.watch(AskTell, "tell", "tell")
    clock.watch(ResultsWriter, "write", "results")
    for sampler in (RandomSampler, TPESampler):
        for method in SAMPLER:
            clock.watch(sampler, method, "sampler")
    try:
        with report_user_errors():
            main()
    finally:
        Path(os.environ["BENCHMARK_FILE"]).write_text(json.dumps(clock.calls))
