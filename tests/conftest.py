"""The environment of all tests: one BLAS thread per process (pytest runs several), no W&B, the folder of the data."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from options import ROOT

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "disabled"
if "FMNIST_DATA" not in os.environ:  # the tests run programs in other folders
    homes = [ROOT / "data", ROOT.parent / "shared" / "data"]
    os.environ["FMNIST_DATA"] = str(next((home for home in homes if home.is_dir()), homes[0]))
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of hundreds of processes would compile the source again

# A script's background job ignores Ctrl-C, and so would every process that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_falls_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """In tests of the compiled engine, or NumPy would be compared with itself."""
    yield
    if engine := sys.modules.get("fmnist.engine.numba"):
        fallbacks = dict(engine.FALLBACKS)
        engine.FALLBACKS.clear()
        assert bool(fallbacks) == ("falls_back" in request.keywords), fallbacks


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: a third of the time the tests of sweeps and services wait."""
    return 2 * (os.cpu_count() or 1)
