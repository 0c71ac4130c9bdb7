"""The same sweeps on every storage: a grid, points that are asked for, a search; and one that two processes share."""

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from cli import train
from fmnist.sweep.study.storage import open_storage
from postgres import Sweep
from storages import KINDS, Storages, mostly_slow

# Optuna closes a database's connections when the process ends.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

SEARCH = (
    "sweep=smoke", "hydra.sweeper.n_trials=4", "hydra.sweeper.sampler.n_startup_trials=2",
    "hydra.sweeper.enqueue=[{optimizer: adam, optimizer.lr: 0.01}]",
)  # fmt: skip
GRID = ("-m", "dataset=blobs", "debug=tiny", "callbacks.progress=null", "seed=1,2,3")


@pytest.fixture(scope="module")
def storages() -> Iterator[Storages]:
    storages = Storages()
    try:
        yield storages
    finally:
        storages.stop()


def trials(url: str, study: str) -> list[optuna.trial.FrozenTrial]:
    open_storage.cache_clear()
    return optuna.load_study(study_name=study, storage=open_storage(url)).trials


@pytest.mark.parametrize("kind", mostly_slow(KINDS, "sqlite", "grpc"))
def test_a_grid(kind: str, storages: Storages, tmp_path: Path) -> None:
    url = storages.url(kind, tmp_path)
    done = train(*GRID, "study=grid", f"hydra.sweeper.storage={url}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = trials(url, "grid")
    assert [trial.params for trial in found] == [{"seed": 1}, {"seed": 2}, {"seed": 3}]
    assert [trial.state.name for trial in found] == ["COMPLETE"] * 3


@pytest.mark.parametrize("kind", mostly_slow(KINDS, "postgresql"))
def test_two_sweeps_share_a_search_and_a_third_goes_on(kind: str, storages: Storages, tmp_path: Path) -> None:
    """As if on two machines where the storage is for several; a file is for the processes of one."""
    url = storages.url(kind, tmp_path)
    hosts = (None, None) if kind in ("journal", "sqlite") else ("red", "blue")
    words = (*SEARCH, "study=s", f"hydra.sweeper.storage={url}")
    sweeps = []
    for folder, host in zip((tmp_path / "a", tmp_path / "b"), hosts, strict=True):
        folder.mkdir()
        sweeps.append(Sweep(*words, cwd=folder / (host or ""), host=host))
    try:
        assert [sweep.end() for sweep in sweeps] == [(0, ""), (0, "")]
    finally:
        for sweep in sweeps:
            sweep.kill()
    assert sum(sweep.count_finished() for sweep in sweeps) == 4
    assert [trial.state.name for trial in trials(url, "s")] == ["COMPLETE"] * 4

    more = train(*words, "hydra.sweeper.n_trials=5", cwd=tmp_path)
    assert (more.returncode, more.stderr) == (0, "")
    found = trials(url, "s")
    assert [trial.state.name for trial in found] == ["COMPLETE"] * 5
    assert found[0].params == {"optimizer": "adam", "optimizer.lr": 0.01}
    assert len({tuple(trial.user_attrs["overrides"]) for trial in found}) == 5
