"""The structure of the project: imports point down, YAML and classes agree, names and messages are the field's.

That an option is new files and no edit is tested in test_recipes.py.
"""

import ast
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import OmegaConf

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from cli import train
from fmnist.experiment import GROUPS
from options import CONF, ROOT, build_or_skip, option_names

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


# Names that were replaced by those of the field: classes and constants, functions, modules.
OLD_NAMES = re.compile(
    r"\b(Finding|Judge|Ledger|ROOMS|Session|Streams|TOLD)\b"
    r"|\b(closing|judged|shell|streams|tally)\("
    r"|\bfmnist\.(build|compose|plain|record|session|shell|streams)\b"
)


def test_no_old_name_comes_back() -> None:
    files = [path for folder in ("fmnist", "tests", "docs", "benchmarks") for path in (ROOT / folder).rglob("*")]
    texts = [path for path in [*files, *ROOT.glob("*.md")] if path.suffix in (".py", ".md")]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in texts
        if path not in (Path(__file__), ROOT / "CHANGELOG.md")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in OLD_NAMES.finditer(line)
    ]
    assert not found, "\n".join(found)


# The rule of a paper, a field's operation or a picture has the name of its file; a decorator, that of what it declares.
NAMED_LIKE_THEIR_FILE = ("activation", "loss", "optimizer", "network", "picture", "engine.operation")


@pytest.mark.parametrize("module", [module for module in MODULES if module != "fmnist"])
def test_a_function_does_not_repeat_the_name_of_its_module(module: str) -> None:
    if not module.removeprefix("fmnist.").startswith(NAMED_LIKE_THEIR_FILE):
        functions = {
            node.name for node in ast.parse(MODULES[module].read_text()).body if isinstance(node, ast.FunctionDef)
        }
        assert module.rpartition(".")[2] not in functions


def test_the_root_of_the_package_can_be_taken_in_at_a_glance() -> None:
    names = {path.name for path in (ROOT / "fmnist").iterdir()} - {"__init__.py", "__pycache__"}
    assert len(names) <= 25, sorted(names)


def section(group: str, name: str) -> dict[str, Any]:
    """The keys of an option; empty for tracker=none and for a file that only composes others."""
    values = OmegaConf.to_object(OmegaConf.load(CONF / group / f"{name}.yaml"))
    return values.get(name, {}) if group in LISTS else values


OPTIONS = [(group, name) for group in GROUPS for name in option_names(group) if section(group, name)]


@pytest.mark.parametrize("group", LISTS)
def test_an_option_of_several_stands_under_its_own_name(group: str) -> None:
    for name in option_names(group):
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
    "choice", [f"{group}={name}" for group in [*GROUPS, "experiment", "debug", "sweep"] for name in option_names(group)]
)
def test_every_option_composes_and_builds(choice: str) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[choice])
    build_or_skip(config)


@pytest.mark.parametrize(
    "command",
    [
        line.partition("Try: python train.py ")[2]
        for file in sorted(CONF.rglob("*.yaml"))
        for line in file.read_text().splitlines()[:1]
        if "Try: python train.py " in line
    ],
)
def test_every_command_in_a_yaml_composes_and_builds(command: str) -> None:
    """Of a grid the first point."""
    overrides = [word if "[" in word else word.partition(",")[0] for word in command.split() if word != "-m"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        build_or_skip(compose("config", overrides=overrides))


def test_a_misspelt_new_option_would_be_found_too(tmp_path: Path) -> None:
    """The list of options in the message comes from the disk."""
    done = train("optimizer=nada", cwd=tmp_path)
    assert done.stderr.count(", ") >= len(option_names("optimizer")) - 1
    assert "did you mean nadam?" in done.stderr


def test_pinned_requirements_name_no_address() -> None:
    files = list(ROOT.glob("requirements*.txt"))
    assert files
    for file in files:
        pins = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-r "))]
        assert all("==" in pin and "://" not in pin for pin in pins), file.name
