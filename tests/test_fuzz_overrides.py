"""A seeded slice of the fuzzer: 200 bad command lines through train.py's own main, in this process."""

import fuzz_overrides


def test_bad_input_is_refused_with_one_line_that_names_its_key() -> None:
    failures = [f"{case}: {wrong}"[:600] for case, wrong in fuzz_overrides.failures(200, seed=1)]
    assert not failures, "\n".join(failures)


def test_cases_are_the_same_for_the_same_seed_and_reach_every_group() -> None:
    cases = list(fuzz_overrides.cases(300, seed=1))
    assert cases == list(fuzz_overrides.cases(300, seed=1))
    assert set(fuzz_overrides.GROUPS) <= {key for key, _ in fuzz_overrides.choices()}
    assert {case.words[-1][0] for case in cases} >= {"+", "~"}
