"""What the pages show is true: commands compose and build, options exist, the code of the recipe runs."""

import re
import shlex

import pytest
from hydra import compose, initialize_config_dir

import fmnist.shell  # noqa: F401  registers the resolver that config.yaml uses
from fmnist.experiment import GROUPS, experiment
from options import CONF, ROOT, options

PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")}
README = PAGES["README.md"]
COMMANDS = [line.partition("#")[0].strip() for line in README.splitlines() if line.startswith("python train.py")]
COMMANDS += re.findall(r"`(python train\.py[^`]*)`", "\n".join(PAGES.values()))


def words(command: str) -> list[str]:
    found = [word for word in shlex.split(command)[2:] if "=" in word]
    return [word.partition(",")[0] if "[" not in word else word for word in found]  # of a grid, the first


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_composes_and_builds(command: str) -> None:
    if "resume=" in command or "sign" in command:
        return  # they need a run, or the files of the recipe: tested in test_resume.py and test_house.py
    with initialize_config_dir(str(CONF), version_base="1.3"):
        experiment(compose("config", overrides=words(command)))


def test_the_table_of_groups_lists_exactly_what_there_is() -> None:
    table = {
        group: re.findall(r"`(\w+)`", cells)
        for group, cells in re.findall(r"^\| `(\w+)` \| (.*) \|$", README, flags=re.MULTILINE)
    }
    for group in set(GROUPS) - {"trainer", "callbacks"}:
        assert sorted(table[group]) == options(group), group


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
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make (\w+)", "\n".join(PAGES.values()), flags=re.MULTILINE))
    assert named
    assert named <= targets
