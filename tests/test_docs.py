"""Every command that a document shows runs as it is written, with less to do; a new one from the moment it is there.

The commands of a page run one after another in one checkout, so that a later one finds what an earlier one has made.
Before them there are a run in outputs/, a sweep in multirun/mine and a picture in photos/.
"""

import re
import shutil
from fnmatch import fnmatch
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from documented import PAGES, commands, run, run_apart, shorten
from options import ROOT

# What cannot run here, or runs in another test, and why.
ELSEWHERE = {
    "*hydra/launcher=*": "test_sweep_launchers.py: launchers are packages of their own, one wants a cluster",
    "python -m fmnist worker *": "test_sweep_worker.py begins a sweep first",
    "ray start *": "test_sweep_ray.py starts one",
    "for host in *": "needs other machines",
    "ssh *": "needs other machines",
    "done": "of that loop",
    "wait": "of that loop",
    "*storage=postgresql:*": "test_sweep_postgres.py starts a server",
    "*tracker.wandb.entity=team*": "test_wandb_server.py: the account is an example's",
    "python -m fmnist mirror *": "test_wandb_server.py starts a server for it",
    "wandb login": "asks for a key",
    "wandb sync*": "needs an account",
    "wandb sweep *": "needs an account",
    "*pip install *": "changes the environment",
    "optuna-dashboard *": "serves until it is stopped; not a dependency",
    "tensorboard *": "serves until it is stopped",
    "*pre-commit install": "changes the repository",
    "*make_golden.py": "writes the golden files anew",
    "python benchmarks/sweep.py*": "minutes",
    "FMNIST_CHAOS_ROUNDS=*": "minutes; test_sweep_chaos.py",
    "python train.py optimizer=sign": "test_recipes.py follows the recipe first",
    "python -m fmnist seconds": "test_recipes.py follows the recipe first",
}
COMMANDS: dict[str, list[str]] = {}  # of each page those that no page before it shows, and those that later ones need
for page in PAGES:
    seen = {command for shown in COMMANDS.values() for command in shown}
    COMMANDS[page] = [word for word in commands(page) if word not in seen or re.search("study=(?!mine)", word)]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of connections that Optuna closes at the end


def is_elsewhere(command: str) -> bool:
    return any(fnmatch(command, pattern) for pattern in ELSEWHERE)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout, its source being this one's, in which there has been some work."""
    checkout = tmp_path_factory.mktemp("docs") / "fmnist"
    (checkout / "photos").mkdir(parents=True)
    plt.imsave(checkout / "photos" / "shirt.png", np.eye(9))
    for path in ROOT.iterdir():
        if path.name not in ("outputs", "multirun", ".git"):
            (checkout / path.name).symlink_to(path)
    for command in ("python train.py hydra.run.dir=outputs/run", "python train.py sweep=assignment study=mine"):
        assert not run(shorten(command), checkout)
    return checkout


def test_nothing_is_left_out_that_no_page_shows() -> None:
    shown = [command for page in COMMANDS.values() for command in page]
    assert [pattern for pattern in ELSEWHERE if not any(fnmatch(command, pattern) for command in shown)] == []


# Pages of many commands are run by CI alone.
LONG = ("README.md", "CONTRIBUTING.md", "docs/sweeps.md", "docs/assignment.md")
SHOWN = [pytest.param(page, marks=[pytest.mark.slow] * (page in LONG)) for page, shown in COMMANDS.items() if shown]


@pytest.mark.parametrize("page", SHOWN)
def test_the_commands_of_a_page_run(page: str, template: Path, tmp_path: Path) -> None:
    checkout = shutil.copytree(template, tmp_path / "fmnist", symlinks=True)
    wrong = {command: run(shorten(command), checkout) for command in COMMANDS[page] if not is_elsewhere(command)}
    assert not {command: why for command, why in wrong.items() if why}


def test_the_dry_run_that_the_page_shows_is_what_the_command_says(tmp_path: Path) -> None:
    """Its points are those that the search begins with; another version of a library may draw others."""
    page = (ROOT / "docs" / "sweeps.md").read_text()
    ((command, shown),) = re.findall(r"\n(.* study=mine .*dry_run=true)\n```\n\n.*\n\n```\n((?s:.*?))```", page)
    code, output = run_apart(command.replace("train.py", str(ROOT / "train.py")), tmp_path)
    assert (code, [line.rstrip() for line in output.splitlines()]) == (0, shown.splitlines())


@pytest.mark.slow
def test_searches_without_a_name_run_too(template: Path) -> None:
    shown = [command for page in COMMANDS.values() for command in page if not is_elsewhere(command)]
    searches = [command for command in shown if shorten(command) != shorten(command, dry=False)]
    assert len(searches) >= 5
    wrong = {command: run(shorten(command, dry=False), template) for command in searches}
    assert not {command: why for command, why in wrong.items() if why}
