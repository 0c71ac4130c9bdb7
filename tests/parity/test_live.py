"""We follow the PyTorch that is installed, and the golden files are what it computes."""

import warnings

import pytest
import with_fmnist
from cases import ALL, IDS, TOLERANCE, Case, relative_error
from golden_files import golden

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # torch's own, raised by its import
    pytest.importorskip("torch", reason="live parity needs PyTorch; the golden files do without")
    import with_torch

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")


@pytest.mark.parametrize(("kind", "case"), ALL, ids=IDS)
def test_we_and_the_golden_files_agree_with_pytorch(kind: str, case: Case) -> None:
    theirs = with_torch.compute(kind, case)
    assert relative_error(kind, with_fmnist.compute(kind, case), theirs) < TOLERANCE[kind]
    assert relative_error(kind, golden(kind, case), theirs) < TOLERANCE[kind]
