"""What the pages show is true: commands compose and build, options, keys, links and make targets exist."""

import re
import shlex

import pytest
from hydra import compose, initialize_config_dir

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from fmnist.experiment import GROUPS, build_experiment
from options import CONF, ROOT, option_names

NAMES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/sweeps.md",
    "docs/clusters.md",
    "docs/assignment.md",
    "docs/report.md",
    "docs/performance.md",
    "docs/wandb.md",
)
PAGES = {name: (ROOT / name).read_text() for name in NAMES}
README = PAGES["README.md"]
LINES = "\n".join(PAGES.values())
COMMANDS = [line.partition("#")[0].strip() for line in LINES.splitlines() if line.startswith("python train.py")]
COMMANDS = sorted({*COMMANDS, *re.findall(r"`(python train\.py[^`]*)`", LINES)})


def overrides(command: str) -> list[str]:
    """Those that can be composed: the first value of a grid, but no interval and no cluster's launcher."""
    words = [word for word in shlex.split(command)[2:] if "=" in word and "(" not in word and "launcher" not in word]
    return [word if "[" in word else word.partition(",")[0] for word in words]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_a_page_composes_and_builds(command: str) -> None:
    if any(word in command for word in ("resume=", "=sign", "experiment=best")):
        return  # they need a run, a file of the recipe, a sweep: see test_resume.py, test_recipes.py, test_sweep.py
    with initialize_config_dir(str(CONF), version_base="1.3"):
        build_experiment(compose("config", overrides=overrides(command)))


def test_the_table_of_groups_names_each_group_and_no_option_that_is_not_there() -> None:
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|[^|]*\|(.*)\|$", README, flags=re.MULTILINE)
    rows = [(re.findall(r"\w+", groups), re.findall(r"`(\w+)`", cell)) for groups, cell in table]
    folders = {path.name for path in CONF.iterdir() if path.is_dir()} - {"hydra"}
    assert {group for groups, _ in rows for group in groups} == folders >= {*GROUPS}
    for groups, names in rows:
        assert names
        assert {*names} <= {name for group in groups for name in option_names(group)}, groups


def test_each_promise_has_tests_and_they_are_there() -> None:
    table = PAGES["docs/sweeps.md"].partition("\n## Promises\n")[2].partition("\n## ")[0]
    rows = [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\| [A-Z].*$", table, flags=re.MULTILINE)]
    there = {
        name for file in (ROOT / "tests").glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert len(rows) == 6
    assert all(rows)
    assert not {name for row in rows for name in row} - there


def test_the_samplers_and_pruners_that_the_page_names_are_there() -> None:
    for part in ("sampler", "pruner"):
        (cells,) = re.findall(rf"`{part}`s?(?::| such as) ((?:`\w+`,?\s*)+)", PAGES["docs/sweeps.md"])
        named = re.findall(r"`(\w+)`", cells)
        assert len(named) >= 4
        assert {*named} <= {*option_names(f"hydra/sweeper/{part}")}


def test_the_space_that_the_page_shows_is_the_files() -> None:
    (shown,) = re.findall(r"```yaml\n(# @package.*?)```", PAGES["docs/sweeps.md"], flags=re.DOTALL)
    file = (CONF / "sweep" / "smoke.yaml").read_text()
    assert all(line in file.splitlines() for line in shown.splitlines())


def test_every_key_of_the_flag_table_exists() -> None:
    keys = re.findall(r"`(\w+\.\w+)=`", README)
    assert len(keys) >= 9
    homes = {"optimizer.momentum": "momentum", "optimizer.rho": "rmsprop"}
    for key in keys:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", overrides=[f"optimizer={homes.get(key, 'adam')}"])
        group, _, name = key.partition(".")
        assert name in config[group], key


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        assert target.startswith("https://") or (ROOT / page).parent.joinpath(target).exists(), target


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make (\w+)", "\n".join(PAGES.values()), flags=re.MULTILINE))
    assert named
    assert named <= targets
