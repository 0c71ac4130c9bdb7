"""The house keeps its order: imports point down, YAML and classes agree, an option is two files and no edit."""

import ast
import shutil
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import OmegaConf

import fmnist.terminal.user_errors  # noqa: F401  registers the resolver that config.yaml uses
from cli import TINY, run, summary, train
from fmnist.experiment import GROUPS, experiment
from options import CONF, ROOT, options

# From the ground up: a module imports from its own package and from lower floors, for whatever purpose.
FLOORS = [
    {"errors", "interfaces"},
    {"files"},
    {"config"},
    {"terminal"},
    {"sweep"},
    {"engine"},
    {"activation", "init", "loss", "scheduler", "augment", "dataset", "tracker"},
    {"network"},
    {"model", "optimizer"},
    {"training"},
    {"picture"},
    {"callback"},
    {"experiment"},
    {"run"},
    {"analysis"},
    {"command"},
    {"__main__"},
]
LISTS = ("tracker", "callbacks")  # groups of which several options may be chosen: each has a section of its own name


MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted((ROOT / "fmnist").rglob("*.py"))
}


def floor(module: str) -> int:
    """The floor of "fmnist.network.dense" is that of "network"."""
    name = module.split(".")[1]
    return next(i for i, names in enumerate(FLOORS) if name in names)


def imports(module: str) -> set[str]:
    """The project's modules that one imports: at its head, in its functions, and for its types alone."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & MODULES.keys()) or ({node.module} & MODULES.keys())
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & MODULES.keys()
    return found - {"fmnist"}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "fmnist"])
def test_imports_point_down(module: str) -> None:
    for other in imports(module):
        if other.split(".")[1] != module.split(".")[1]:
            assert floor(other) < floor(module), f"{module} imports {other}"


def test_no_files_import_each_other_in_a_circle() -> None:
    """Take away what imports nothing that is left, again and again: a circle is what stays."""
    left = {module: imports(module) for module in MODULES}
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert not left, {module: others & left.keys() for module, others in left.items()}


def test_the_root_of_the_package_can_be_taken_in_at_a_glance() -> None:
    names = {path.name for path in (ROOT / "fmnist").iterdir()} - {"__init__.py", "__pycache__"}
    assert len(names) <= 25, sorted(names)


def section(group: str, name: str) -> dict[str, Any]:
    """The keys of an option; empty for tracker=none and for a file that only composes others."""
    values = OmegaConf.to_object(OmegaConf.load(CONF / group / f"{name}.yaml"))
    return values.get(name, {}) if group in LISTS else values


OPTIONS = [(group, name) for group in GROUPS for name in options(group) if section(group, name)]


@pytest.mark.parametrize("group", LISTS)
def test_an_option_of_several_stands_under_its_own_name(group: str) -> None:
    for name in options(group):
        values = OmegaConf.to_object(OmegaConf.load(CONF / group / f"{name}.yaml"))
        assert set(values) <= {name, "defaults"}


@pytest.mark.parametrize(("group", "name"), OPTIONS)
def test_a_yaml_spells_out_every_key_of_its_class(group: str, name: str) -> None:
    values = section(group, name)
    cls = get_class(values.pop("_target_"))
    keys = {f.name for f in fields(cls) if f.init} - {"activation", "init"}
    assert set(values) == keys


@pytest.mark.parametrize(("group", "name"), OPTIONS)
def test_the_option_that_names_its_class_has_the_classes_defaults(group: str, name: str) -> None:
    """fmnist/optimizer/adam.py and conf/optimizer/adam.yaml must agree; adamw.yaml is a special case of adam.py."""
    values = section(group, name)
    target = values.pop("_target_")
    if target.split(".")[-2] != name:
        assert (CONF / group / f"{name}.yaml").read_text().startswith("# ")
        return
    for f in fields(get_class(target)):
        if f.name not in values:
            continue
        if f.default is not MISSING:
            assert values[f.name] == f.default, f.name
        if f.default_factory is not MISSING:
            assert values[f.name] == f.default_factory(), f.name


@pytest.mark.parametrize("file", sorted(CONF.rglob("*.yaml")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_yaml_begins_with_what_it_is_and_a_command(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert lines[0].startswith("# ")
    if lines[0] == "# @package _global_":
        assert lines[1] == f"# python train.py {file.parent.name}={file.stem}"
    elif file.parent.name in GROUPS:
        assert "Try: python train.py" in lines[0]


@pytest.mark.parametrize(
    "choice", [f"{group}={name}" for group in [*GROUPS, "experiment", "debug", "sweep"] for name in options(group)]
)
def test_every_option_composes_and_builds(choice: str) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[choice])
    experiment(config)


@pytest.mark.parametrize(
    "words",
    [
        line.partition("Try: python train.py ")[2]
        for file in sorted(CONF.rglob("*.yaml"))
        for line in file.read_text().splitlines()[:1]
        if "Try: python train.py " in line
    ],
)
def test_every_command_in_a_yaml_composes_and_builds(words: str) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        of_a_grid = [word for word in words.split() if word != "-m"]
        of_a_grid_the_first = [word if "[" in word else word.partition(",")[0] for word in of_a_grid]
        experiment(compose("config", overrides=of_a_grid_the_first))


OPTIMIZER = '''
"""Sign descent."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule


class Scalars(NamedTuple):
    lr: float


def sign(theta: Array, g: Array, h: Scalars) -> tuple[Array]:
    return (theta - h.lr * np.sign(g),)


@dataclass(kw_only=True)
class Sign(Optimizer):
    """θ ← θ − η sign(g)."""

    lr: float = 0.001

    rule: ClassVar[Rule] = staticmethod(sign)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr)
'''
SQUARE = '''
"""The square, a poor activation."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array


def square(z: Array) -> Array:
    return z * z


def square_derivative(z: Array, a: Array) -> Array:
    return 2 * z


@dataclass(frozen=True, kw_only=True)
class Square(Activation):
    """σ(z) = z²,  σ′(z) = 2z."""

    rule: ClassVar[Rule] = staticmethod(square)
    derivative: ClassVar[Rule] = staticmethod(square_derivative)
'''
NEW_FILES = {
    "fmnist/optimizer/sign.py": OPTIMIZER,
    "conf/optimizer/sign.yaml": "# Sign descent. Try: python train.py optimizer=sign\n"
    "_target_: fmnist.optimizer.sign.Sign\nlr: 0.001\nweight_decay: 0.0\ndecoupled: false\n",
    "fmnist/activation/square.py": SQUARE,
    "conf/activation/square.yaml": "# The square. Try: python train.py activation=square\n"
    "_target_: fmnist.activation.square.Square\n",
    "conf/init/he_large.yaml": "# He, too large. Try: python train.py init=he_large\n"
    "_target_: fmnist.init.variance_scaling.VarianceScaling\ngain: 4.0\nfan: in\ndistribution: normal\n",
}


def test_a_new_option_is_two_files_and_no_edit(tmp_path: Path) -> None:
    """In a copy of the project: the command line knows the options, and the contract tests pick them up."""
    for name in ("fmnist", "conf", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("train.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in NEW_FILES.items():
        (tmp_path / name).write_text(text.lstrip())
    here = {"PYTHONPATH": str(tmp_path)}

    words = ("optimizer=sign", "activation=square", "init=he_large", "optimizer.lr=0.01")
    done = run("train.py", *TINY, *words, "hydra.run.dir=run", cwd=tmp_path, **here)
    assert done.returncode == 0, done.stderr
    assert summary(tmp_path / "run")["state"] == "finished"

    contracts = [f"tests/test_{group}.py" for group in ("optimizer", "activation", "init", "engine")]
    chosen = ("-k", "sign or square or he_large", "-p", "no:cacheprovider")
    tested = run("-m", "pytest", *contracts, *chosen, cwd=tmp_path, PYTHONWARNINGS="", **here)
    assert tested.returncode == 0, tested.stdout
    listing = ("-m", "pytest", "tests/test_optimizer.py", "-k", "sign", "--collect-only", "-p", "no:cacheprovider")
    listed = run(*listing, cwd=tmp_path, PYTHONWARNINGS="", **here)
    assert listed.stdout.count("[sign") >= 5, listed.stdout


def test_a_misspelt_new_option_would_be_found_too(tmp_path: Path) -> None:
    """The list of options in the message comes from the disk."""
    done = train("optimizer=nada", cwd=tmp_path)
    assert done.stderr.count(", ") >= len(options("optimizer")) - 1
    assert "did you mean nadam?" in done.stderr


def test_pinned_requirements_name_no_address() -> None:
    files = list(ROOT.glob("requirements*.txt"))
    assert files
    for file in files:
        pins = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-r "))]
        assert all("==" in pin and "://" not in pin for pin in pins), file.name
