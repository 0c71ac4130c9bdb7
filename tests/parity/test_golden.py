"""We follow PyTorch, as its golden files remember it: here torch is not needed."""

import pytest
import with_fmnist
from cases import ALL, CASES, GOLDEN, IDS, TOLERANCE, Case, relative_error
from golden_files import golden, load


@pytest.mark.parametrize(("kind", "case"), ALL, ids=IDS)
def test_we_compute_what_pytorch_computed(kind: str, case: Case) -> None:
    assert relative_error(kind, with_fmnist.compute(kind, case), golden(kind, case)) < TOLERANCE[kind]


def test_every_golden_result_belongs_to_a_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
    for kind, cases in CASES.items():
        assert {key.split(": ")[0] for key in load(kind)} == {case.id for case in cases}


def test_golden_files_are_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 300_000
