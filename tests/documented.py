"""The commands that the documents show, and how a test runs one: with less to do, in this process where that works."""

import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig

from fmnist.__main__ import main as fmnist
from options import ROOT, python_path

FOLDERS = (".", "docs", "conf", "multirun", "benchmarks")
PAGES = [str(page.relative_to(ROOT)) for folder in FOLDERS for page in sorted((ROOT / folder).glob("*.md"))]
PAGES.remove("CHANGELOG.md")  # what once was
# What a span of code in the text begins with, if it is something to type.
PROGRAM = (
    r"(?:\w+=\S+ )*(?:\.venv/bin/)?(?:python|make|pip|git|wandb|tensorboard|optuna-dashboard|pre-commit|eval|from) "
)
SHOWN = re.compile(rf"^```bash\n((?s:.*?))^```|^```(?s:.*?)^```|^    (\S.*)$|`({PROGRAM}[^`\n]+)`", re.MULTILINE)

PLACEHOLDERS = {
    r"outputs/…/?": "outputs/run",
    r"(multirun/\w+)/\d+": r"\1/0",
    r"(^| )\.venv/bin/": r"\1",
    r" \[.*\]": "",
}
LONG = r"dataset=(fashion_mnist|mnist)|trainer\.epochs=\d+|hydra\.sweeper\.n_trials=\d+"
SMALL = ("dataset=blobs", "dataset.train_limit=300", "dataset.test_limit=50", "trainer.epochs=2", "engine=numpy")
SMALL += ("callbacks.pictures=null",)  # it takes longer than all the rest


def commands(page: str) -> list[str]:
    """Lines of bash and of indented blocks, and spans in the text, in the order of the page; each once."""
    blocks = [block or line or span for block, line, span in SHOWN.findall((ROOT / page).read_text())]
    lines = [re.sub(r"(^|\s+)#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in dict.fromkeys(lines) if line and not line.endswith(" …")]


def shorten(command: str, *, dry: bool = True) -> str:
    """The same with less to do.  dry: a search without a name, whose folder no other command reads, says its space."""
    for placeholder, instance in PLACEHOLDERS.items():
        command = re.sub(placeholder, instance, command)
    match shlex.split(command):
        case [variable, "python", *rest] if re.match(r"\w+=", variable):
            command = f"{variable} {shorten(shlex.join(['python', *rest]), dry=dry)}"
        case ["make", "train", *arguments]:
            command = shorten(" ".join(["python train.py", *[word.removeprefix("ARGS=") for word in arguments]]))
        case ["make", "test", arguments]:
            chosen = arguments.removeprefix("ARGS=")  # of one file: to find all tests takes its time
            command = f"python -m pytest --collect-only {chosen}{'' if 'tests/' in chosen else ' tests/test_docs.py'}"
        case ["make", *_]:
            command = f"{command} --dry-run"
        case ["python", script, "--cases", _]:
            command = f"python {script} --cases 2"
        case ["python", "-m", "fmnist", name] if not name.startswith("-"):  # it is named, and not to be typed so
            command = f"python -m fmnist {name} --help"
        case ["python", "train.py", *overrides] if not re.search("--help|resume=", command):
            command = shlex.join(["python", "train.py", *small(overrides, dry=dry)])
        case ["python", "-m", "fmnist", "samples", *_]:
            command = re.sub(LONG, "dataset=blobs", command)
    return command


def small(overrides: list[str], *, dry: bool) -> list[str]:
    search = any(re.match(r"sweep=(?!loss_comparison)|.*interval\(", word) for word in overrides)
    named = any(word.startswith("study=") for word in overrides)
    shortened = [word for word in overrides if not re.fullmatch(LONG, word)] + [*SMALL]
    shortened += ["hydra.sweeper.n_trials=3"] * search + ["hydra.sweeper.dry_run=true"] * (search and dry and not named)
    return list(dict.fromkeys(shortened))


def run(command: str, checkout: Path) -> str:
    """Run it there; what went wrong, or ""."""
    match shlex.split(command):
        case ["python", "train.py", *arguments] if "wandb.mode=" not in command:  # W&B's service would stay here
            code, output = run_here("train.py", arguments, train, checkout)
        case ["python", "-m", "fmnist", *arguments]:
            code, output = run_here("fmnist", arguments, fmnist, checkout)
        case ["from", *_]:
            images = "import numpy as np; images = np.zeros((2, 8, 8), np.uint8)"
            snippet = f"{images}; {command}; assert p.shape == (2, 10)"
            code, output = run_apart(shlex.join(["python", "-c", snippet]), checkout)
        case _ if re.match(r"(\w+=\S+ )*(python|make|eval) ", command):
            code, output = run_apart(command, checkout)
        case _:
            return "no test knows how to run it"
    return f"exit code {code}: {output[-2000:]}" if code or "Traceback" in output else ""


def train() -> None:
    runpy.run_path("train.py", run_name="__main__")


def run_here(name: str, arguments: list[str], program: Callable[[], None], checkout: Path) -> tuple[int, str]:
    output = io.StringIO()
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None
    typed = mock.patch.object(sys, "argv", [name, *arguments])
    with chdir(checkout), mock.patch.dict(os.environ), redirect_stdout(output), redirect_stderr(output), typed:
        try:
            program()
        except SystemExit as end:
            return int(end.code or 0), output.getvalue()
        except Exception:
            return 1, output.getvalue() + traceback.format_exc()
    return 0, output.getvalue()


def run_apart(command: str, checkout: Path) -> tuple[int, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": python_path(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=checkout, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    return done.returncode, done.stdout + done.stderr
