"""The sweeper stands on its own: it knows Hydra, Optuna and a protocol, and nothing of the program that it runs."""

import ast
from pathlib import Path

import pytest

from options import ROOT

SWEEP = ROOT / "fmnist" / "sweep"
FILES = sorted(SWEEP.rglob("*.py"))
GROUND = (
    "fmnist.errors",
    "fmnist.files",
    "fmnist.config.check",
    "fmnist.config.values",
    "fmnist.terminal",
    "fmnist.sweep",
)
FOREIGN = ("train.py", "config.yaml", "choices.yaml", "wandb", "Diverged", "fmnist.experiment", "conf/optimizer")
POSIX = {"fcntl", "pwd", "grp", "resource", "termios", "pty"}


def imports(file: Path) -> set[str]:
    """Modules, with what is imported of them, anywhere in a file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SWEEP)))
def test_it_imports_little_of_fmnist_and_nothing_of_one_system(file: Path) -> None:
    for name in imports(file):
        assert not name.startswith("fmnist") or name.startswith(GROUND), name
        assert name.partition(".")[0] not in POSIX, name


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SWEEP)))
def test_it_names_nothing_of_the_program(file: Path) -> None:
    if file.name == "program.py":  # its docstring has an example
        return
    text = file.read_text()
    assert [name for name in FOREIGN if name in text] == []
