"""A kernel is never stale: whatever kind of value a rule reads, another value is another kernel."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from fmnist.engine import product
from fmnist.engine.llvm.arguments import Arguments
from fmnist.engine.llvm.fingerprint import hash_values
from fmnist.engine.numba import Numba
from fmnist.interfaces import Array
from fmnist.network.activate import activate
from fmnist.network.parameters import Parameters
from options import ROOT, build, option_names

kernel = pytest.importorskip("fmnist.engine.llvm.kernel", reason="pip install numba")

# ---- between two processes: a kind of value, and a rule `rule` that reads X

HEAD = "from dataclasses import dataclass\nfrom enum import Enum\nfrom typing import NamedTuple\nimport numpy as np\n"
SOURCES = {
    "a number": "def rule(z):\n    return z * X",
    "a global number": "S = X\ndef rule(z):\n    return z * S",
    "a local tuple": "def rule(z):\n    a, b = (X, 1.0)\n    return a * z + b",
    "an index into a local tuple": "def rule(z):\n    c = (1.0, X)\n    return c[1] * z",
    "a global tuple": "C = (X, 1.0)\ndef rule(z):\n    return C[0] * z + C[1]",
    "a tuple of tuples": "C = ((X, 1.0), (2.0, 3.0))\ndef rule(z):\n    return C[0][0] * z",
    "the order of a tuple": "C = (X, 3.25 - X)\ndef rule(z):\n    return C[0] * z",
    "a module's attribute": "import values\ndef rule(z):\n    return z * values.X",
    "a package's module's attribute": "import package.inner\ndef rule(z):\n    return z * package.inner.X",
    "a module under another name": "import values\ndef rule(z):\n    v = values\n    return z * v.X",
    "a module passed on": "import values\ndef of(v, z):\n    return z * v.X\ndef rule(z):\n    return of(values, z)",
    "a module's function": "import values\ndef rule(z):\n    return values.times(z)",
    "an imported function": "from values import times\ndef rule(z):\n    return times(z)",
    "a dict": 'D = {"a": X}\ndef rule(z):\n    return z * D["a"]',
    "a list": "L = [X]\ndef rule(z):\n    return z * L[0]",
    "a frozen dataclass": "@dataclass(frozen=True)\nclass D:\n    x: float\nd = D(X)\ndef rule(z):\n    return z * d.x",
    "a NamedTuple": "class N(NamedTuple):\n    x: float\nn = N(X)\ndef rule(z):\n    return z * n.x",
    "a NamedTuple's default": "class N(NamedTuple):\n    x: float = X\ndef rule(z):\n    return z * N().x",
    "an enumeration": "class E(Enum):\n    A = X\ndef rule(z):\n    return z * E.A.value",
    "a class's attribute": "class C:\n    x = X\ndef rule(z):\n    return z * C.x",
    "a NumPy scalar": "S = np.float32(X)\ndef rule(z):\n    return z * S",
    "an array": "A = np.array([1, X], 'float32')\ndef rule(z):\n    return z * A[1]",
    "a default": "def rule(z, s=X):\n    return z * s",
    "a tuple as a default": "def rule(z, s=(1.0, X)):\n    return z * s[1]",
    "a keyword's default": "def rule(z, *, s=X):\n    return z * s",
    "a default of a function that it calls": "def f(z, s=X):\n    return z * s\ndef rule(z):\n    return f(z)",
    "a closure": "def make(s):\n    def rule(z):\n        return z * s\n    return rule\nrule = make(X)",
    "a function in a closure": "def make(f):\n    def rule(z):\n        return f(z)\n    return rule\n"
    "rule = make(lambda z: z * X)",
    "a nested function": "def rule(z):\n    def f(x):\n        return x * X\n    return f(z)",
    "a global of a nested function": "S = X\ndef rule(z):\n    def f(x):\n        return x * S\n    return f(z)",
    "a lambda": "rule = lambda z: z * X",
    "a decorated function": "def twice(f):\n    def rule(z):\n        return f(f(z))\n    return rule\n"
    "@twice\ndef rule(z):\n    return z * X",
}
ONLY_NUMPY = {
    *("a dict", "a list", "a frozen dataclass", "a class's attribute", "a keyword's default", "a NamedTuple's default"),
}
PROGRAM = """
import json
from pathlib import Path
import numpy as np
from fmnist.engine.numba import FALLBACKS, Numba
from fmnist.engine.numpy import NumPy
from fmnist.network.activate import activate

z, found = np.linspace(-2, 2, 12, dtype="float32").reshape(3, 4), {}
for file in sorted(Path().glob("rule_*.py")):
    rule, (a, b) = __import__(file.stem).rule, np.empty((2, *z.shape), "float32")
    NumPy().bind(activate, rule, (), z.copy(), None, a)()
    Numba().bind(activate, rule, (), z.copy(), None, b)()
    found[file.stem] = a.sum(axis=0).tolist(), b.sum(axis=0).tolist(), bool(FALLBACKS)
    FALLBACKS.clear()
Path("found.json").write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def by_both(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What both engines make of each rule with X = 0.5, and then, in another process, with X = 2.75."""
    folder, results = tmp_path_factory.mktemp("rules"), []
    env = os.environ | {"FMNIST_CACHE": str(folder), "PYTHONPATH": f"{ROOT}:{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    (folder / "package").mkdir()
    for x in ("0.5", "2.75"):
        values = f"X = {x}\ndef times(z):\n    return z * X\n"
        for file in ("values.py", "package/__init__.py", "package/inner.py"):
            (folder / file).write_text("" if "__init__" in file else values)
        for i, source in enumerate(SOURCES.values()):
            (folder / f"rule_{i:02}.py").write_text(HEAD + re.sub(r"(?<!\.)\bX\b", x, source))
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        results.append(dict(zip(SOURCES, json.loads((folder / "found.json").read_text()).values(), strict=True)))
    return results


@pytest.mark.parametrize("kind", SOURCES)
def test_another_value_is_another_kernel(kind: str, by_both: list[dict[str, Any]]) -> None:
    for by_numpy, by_numba, fell_back in (results[kind] for results in by_both):
        np.testing.assert_allclose(by_numba, by_numpy, rtol=1e-6)
        assert fell_back == (kind in ONLY_NUMPY)
    assert by_both[0][kind][0] != by_both[1][kind][0]


# ---- in one process


def half(z: Array) -> Array:
    return helped(z) * 0.5


def helped(z: Array) -> Array:
    return z


settings = ModuleType("settings")


def by_settings(z: Array) -> Array:
    return z * settings.SLOPE


def by_alias(z: Array) -> Array:
    s = settings
    return z * s.SLOPE


def forever(z: Array) -> Array:
    return forever(z)


@pytest.mark.parametrize("rule", [by_settings, by_alias])
def test_a_rule_that_is_bound_again_reads_its_values_again(
    rule: Callable[[Array], Array], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that cannot be described, of which no kernel is kept."""
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path))
    z, a = np.ones((3, 4), "float32"), np.empty((3, 4), "float32")
    for slope in (0.5, 4.0, 0.5):
        settings.SLOPE = slope
        Numba().bind(activate, rule, (), z, None, a)()
        np.testing.assert_array_equal(a, slope)
    assert len(list(tmp_path.rglob("*.o"))) == (2 if rule is by_settings else 0)


def test_code_and_what_it_calls_are_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hash_values(half)
    assert before == hash_values(half)
    monkeypatch.setattr(sys.modules[__name__], "helped", lambda z: z + 1)
    assert hash_values(half) != before
    monkeypatch.undo()
    consts = tuple(0.25 if const == 0.5 else const for const in half.__code__.co_consts)
    monkeypatch.setattr(half, "__code__", half.__code__.replace(co_consts=consts))
    assert hash_values(half) != before


@pytest.mark.parametrize("name", ["multiply", "tile", "tile_columns", "transpose"])
def test_the_helpers_of_a_loop_are_part_of_the_fingerprint(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loops = product.forward_product, product.input_gradient
    before = set(map(hash_values, loops))
    monkeypatch.setattr(product, name, lambda *_: 16)
    assert set(map(hash_values, loops)) != before


def test_the_type_of_the_arrays_is_part_of_the_key() -> None:
    z = np.ones((3, 4))
    single, double = (Arguments((half, (), z.astype(dtype), None, z.astype(dtype))) for dtype in ("f4", "f8"))
    assert single.kinds != double.kinds


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in ("activation", "loss", "optimizer") for name in option_names(group)]
)
def test_every_rule_of_the_project_has_a_fingerprint(group: str, name: str) -> None:
    """Or it would be compiled in every process anew."""
    part = build(group, name)
    assert hash_values(part.rule) is not None
    if group == "activation":
        assert hash_values(part.derivative) is not None
    if group == "optimizer":
        part.bind(Parameters({"W": (2,)}, {"b": (1,)}, "float32"))
        part.t = 1
        assert hash_values(type(part.scalars(0.1))) is not None


class Pair(NamedTuple):
    a: float
    b: float = 2.0


class Other(NamedTuple):
    a: float
    b: float = 3.0


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass(frozen=True)
class Slope:
    x: float


DIFFERENT: list[Any] = [
    *(None, True, False, 0, 1, 0.0, -0.0, 1.0, 1 + 0j, "1", b"1", "a", (), (1,), (1.0,), (1, 2), (2, 1), ((1, 2),)),
    *([], [1], [1, 2], {}, {1: 2}, {2: 1}, {"a": 1}, {"b": 1}, {1}, {1, 2}, frozenset({1})),
    *(np.float32(1), np.float64(1), np.int64(1), np.bool_(True), np.float32(2), np.dtype("f4"), np.dtype("f8")),
    *(np.ones(2), np.ones(3), np.ones(2, "f4"), np.zeros(2), np.ones((2, 1)), np.ones((2, 2)), np.ones((2, 2)).T[::-1]),
    *(Pair(1.0), Pair(1.0, 3.0), (1.0, 2.0), Other(1.0, 2.0), Pair, Other, Colour.RED, Colour.BLUE, Colour),
    *(Slope(1.0), Slope(2.0), float, np.float32, np.exp, np.tanh, abs, len, lambda z: z, lambda z: z + 1, forever),
]
UNDESCRIBABLE: list[Any] = [object(), settings, Slope, np.array([object()]), (1, object()), {"a": settings}, by_alias]


def test_values_that_differ_have_fingerprints_that_differ() -> None:
    fingerprints = [hash_values(value) for value in DIFFERENT]
    assert None not in fingerprints
    assert len(set(fingerprints)) == len(DIFFERENT)
    assert fingerprints == [hash_values(value) for value in DIFFERENT]


def test_equal_values_have_equal_fingerprints() -> None:
    def again(value: Any) -> Any:
        return FunctionType(value.__code__, value.__globals__) if isinstance(value, FunctionType) else value

    for value, other in ((np.ones(3), np.ones(3)), (half, again(half)), ({1, 2, 3}, {3, 2, 1}), (Pair(1.0), Pair(1.0))):
        assert hash_values(value) == hash_values(other)


@pytest.mark.parametrize("value", UNDESCRIBABLE)
def test_what_cannot_be_described_has_no_fingerprint(value: Any) -> None:
    assert hash_values(value) is None


def test_a_new_file_beside_the_kernels_changes_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "__file__", str(tmp_path / "kernel.py"))
    versions = kernel.versions.__wrapped__
    before = versions()
    (tmp_path / "new.py").write_text("x = 1")
    assert versions() != before
