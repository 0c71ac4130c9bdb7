"""The recipes of README, CONTRIBUTING and tests/recipes/ carried out in a copy of the project.

Nothing but new files is written there; the new options work, the tests pick them up, and the suite stays green.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli import STRICT, summary
from fmnist.experiment import GROUPS
from options import ROOT, python_path

RECIPES = ROOT / "tests" / "recipes"  # a tree of new files, as in the project
# What a user clones; not what he makes there.
PROJECT = [
    "benchmarks",
    "conf",
    "docs",
    "fmnist",
    "hydra_plugins",
    "multirun/README.md",
    "tests",
    "train.py",
    "Makefile",
]
PROJECT += [path.name for path in ROOT.iterdir() if path.suffix in (".md", ".txt", ".toml")]

# Where a new option must appear among the tests: kind → (its name, the test file that picks it up).
PICKED_UP = {
    "optimizer": ("sign", "test_optimizer"),
    "activation": ("softsign", "test_activation"),
    "init": ("sparse", "test_init"),
    "loss": ("poly", "test_loss"),
    "scheduler": ("polynomial", "test_scheduler"),
    "augment": ("cutout", "test_augment"),
    "dataset": ("stripes", "test_dataset"),
    "model": ("funnel", "test_backprop"),
    "engine": ("strict", "test_contracts"),
    "callback": ("target", "test_contracts"),
    "tracker": ("markdown", "test_contracts"),
    "sampler": ("nsgaiii", "test_contracts"),
    "pruner": ("quartile", "test_contracts"),
    "command": ("seconds", "test_contracts"),
    "picture": ("class_counts", "test_contracts"),
    "experiment": ("narrow", "test_house"),
    "sweep": ("rates", "test_house"),
}
# Left out in the copy, for the time they take; no new option changes what they find.
SLOW = {
    "test_recipes": "this file",
    "test_sweep": "whole sweeps; one with the new options runs here",
    "test_sweep_kill": "sweeps that are killed",
    "test_sweep_launchers": "sweeps on Hydra's launchers",
    "test_sweep_postgres": "a database server",
    "test_wandb": "W&B's service",
    "test_wandb_media": "W&B's service",
    "test_wandb_study": "W&B's service",
    "test_wandb_sweep": "W&B's service",
    "test_report_browser": "a browser",
    "test_make": "installs environments",
    "test_benchmarks": "runs the benchmarks",
    "parity/test_live": "PyTorch at work; test_golden compares with its figures",
    "test_product": "every tile of the matrix product, compiled",
    "test_download": "servers, good ones and bad ones",
    "test_places": "processes over data files",
    "test_idx_race": "many processes over one file",
    "test_real_data": "large files",
    "test_docs": "every command of the documents",
    "test_disk": "full disks",
    "test_mistakes": "a process for each mistake",
    "test_run": "a process for each run",
    "test_final_evaluation": "a process for each run",
    "test_resume": "runs that are killed",
    "test_compare": "dozens of runs",
    "test_report": "dozens of runs",
    "test_experiment_file": "runs that are run again",
    "test_terminal": "processes at a terminal",
    "test_fuzz_overrides": "random input to every key",
    "test_signals": "runs that are killed",
    "test_wandb_online": "W&B's service",
    "test_wandb_server": "W&B's service",
}


def shown(page: str) -> dict[str, str]:
    """The files that a page shows: path → text. Each is named in backticks before its block."""
    blocks = r"`((?:fmnist|conf)/\S+\.(?:py|yaml))`[^\n]*(?:\n[^\n]+)*\n\n```\w+\n(.*?)```"
    return dict(re.findall(blocks, (ROOT / page).read_text(), flags=re.DOTALL))


def new_files() -> dict[str, str]:
    files = {str(path.relative_to(RECIPES)): path.read_text() for path in RECIPES.rglob("*.*") if path.is_file()}
    files = {name: text for name, text in files.items() if name.endswith((".py", ".yaml"))}
    return files | shown("README.md") | shown("CONTRIBUTING.md")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the new files."""
    folder = tmp_path_factory.mktemp("copy") / "fmnist"
    for name in PROJECT:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name, text in new_files().items():
        assert not (folder / name).exists(), f"{name} is there already"
        (folder / name).write_text(text)
    return folder


def python(copy: Path, *words: str, warnings: str = STRICT) -> str:
    """What a process in the copy prints; it must succeed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env |= {"PYTHONPATH": python_path(copy), "PYTHONWARNINGS": warnings, "COLUMNS": "200"}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    return done.stdout


def test_there_is_a_recipe_for_each_kind_of_option() -> None:
    files = {(Path(name).parent.name, Path(name).stem) for name in new_files()}
    folders = {"callback": "callbacks"}
    assert {(folders.get(kind, kind), name) for kind, (name, _) in PICKED_UP.items()} <= files


def test_help_lists_the_new_options(copy: Path) -> None:
    printed = python(copy, "train.py", "--help")
    options = {word for line in printed.splitlines() for word in re.findall(r"\w+", line.partition(": ")[2])}
    assert {name for kind, (name, _) in PICKED_UP.items() if kind not in ("command", "picture")} <= options


def test_a_run_takes_all_new_options_at_once(copy: Path) -> None:
    chosen = [f"{group}={PICKED_UP[group][0]}" for group in GROUPS if group in PICKED_UP]
    target = ("callbacks=[default,target]", "callbacks.target.value=0.01", "callbacks.pictures=null")
    python(copy, "train.py", *chosen, *target, "trainer.threads=1", "hydra.run.dir=outputs/recipes")
    run = copy / "outputs" / "recipes"
    assert summary(run)["reason"].startswith("target: val/accuracy ")
    assert (run / "metrics.md").read_text().startswith("| epoch | train/loss |")
    assert "outputs/recipes" in python(copy, "-m", "fmnist", "seconds", "outputs/recipes")


def test_a_sweep_takes_a_new_space_sampler_and_pruner(copy: Path) -> None:
    sweeper = ("hydra/sweeper/sampler=nsgaiii", "hydra/sweeper/pruner=quartile", "hydra.sweeper.n_trials=2")
    small = ("experiment=narrow", "dataset=stripes", "trainer.epochs=1", "tracker=none", "callbacks.pictures=null")
    printed = python(copy, "train.py", "sweep=rates", "study=recipes", *sweeper, *small)
    assert "NSGAIII" in python(copy, "train.py", "sweep=rates", *sweeper, *small, "hydra.sweeper.dry_run=true")
    assert "2/2" in printed
    assert len(list((copy / "multirun" / "recipes").glob("*/summary.json"))) == 2


@pytest.mark.slow
def test_the_suite_stays_green_and_picks_up_the_new_options(copy: Path) -> None:
    ignored = [f"--ignore=tests/{name}.py" for name in SLOW]
    assert all((copy / "tests" / f"{name}.py").exists() for name in SLOW)
    quiet = ("-q", "-p", "no:cacheprovider", "--junitxml=tests.xml")
    python(copy, "-m", "pytest", "-n", "2", *quiet, *ignored, warnings="")
    cases = [
        (case.get("classname", ""), case.get("name", ""))
        for case in ElementTree.parse(copy / "tests.xml").iter("testcase")
    ]
    for kind, (name, file) in PICKED_UP.items():
        picked = [case for module, case in cases if module.endswith(file) and name in re.split(r"[][=-]", case)]
        assert picked, f"no test of {file} for the new {kind} {name}"
