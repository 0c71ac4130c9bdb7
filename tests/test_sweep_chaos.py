"""Workers, sweeps, the database and the proxy die at random moments, and the study is that of an undisturbed grid.

Bit for bit, with each trial run once and each epoch trained once. FMNIST_CHAOS_ROUNDS says how often.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from chaos import EPOCHS, GRID, TRIALS, Chaos, rows
from cli import train
from servers import NEEDS_PROXY
from storages import NEEDS_POSTGRESQL, Storages
from sweeps import trial_summary, trials

ROUNDS = int(os.environ.get("FMNIST_CHAOS_ROUNDS", "3"))
PATHS = ["journal", "postgresql", "grpc"]
pytestmark = [
    pytest.mark.slow,
    NEEDS_POSTGRESQL,
    NEEDS_PROXY,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in Linux's /proc"),
    # Optuna closes a database's connections when the process ends.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cwd = tmp_path_factory.mktemp("undisturbed")
    done = train(*GRID, "hydra.sweeper.n_jobs=2", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return cwd / "multirun" / "s"


@pytest.fixture(scope="module")
def storages() -> Iterator[Storages]:
    storages = Storages()
    try:
        yield storages
    finally:
        storages.stop()


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_dies_the_study_is_that_of_an_undisturbed_grid(
    number: int, undisturbed: Path, storages: Storages, tmp_path: Path
) -> None:
    kind = PATHS[number % len(PATHS)]
    url = None if kind == "journal" else storages.url(kind, tmp_path)
    servers = [*storages.servers.values(), *storages.proxies[-1:]] if url else []
    with Chaos(tmp_path, number, url, servers if kind == "grpc" else servers[:1]) as chaos:
        chaos.run()
    story = "\n".join(chaos.story())
    print(story)
    assert not [end for member in chaos.members for end in member.ended], story
    assert "Traceback" not in story
    found = stored(url) if url else trials(chaos.folder)
    assert [(trial.number, trial.state.name) for trial in found] == [(n, "COMPLETE") for n in range(TRIALS)], story
    assert [trial.value for trial in found] == [trial.value for trial in trials(undisturbed)], story
    for trial in found:
        run = chaos.folder / str(trial.number)
        assert trial.value == trial_summary(chaos.folder, trial.number)["value"]
        assert rows(run) == rows(undisturbed / str(trial.number)), story
        assert [row["epoch"] for row in rows(run)] == list(range(1, EPOCHS + 1))
        # A line is written behind the checkpoint: an epoch has none if its process was killed between the two.
        lines = Counter(re.findall(r" epoch +(\d+)/", (run / "train.log").read_text()))
        assert set(lines.values()) <= {1}, (run / "train.log").read_text()
        assert len(re.findall(rf"trial {trial.number} complete ", story)) <= 1, story


def stored(url: str) -> list[optuna.trial.FrozenTrial]:
    from fmnist.sweep.study.storage import open_storage

    return optuna.load_study(study_name="s", storage=open_storage(url)).trials
