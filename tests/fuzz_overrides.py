"""Bad input at random: every key of the config × a table of values × the prefixes + ++ ~, through train.py's own main.

    python tests/fuzz_overrides.py --cases 5000

A case is what a user could type. It has to be accepted, and then survive a step of training (or, with -m, a dry run of
the sweep); or be refused with one line on standard error that names its key, and an exit code. The same seed gives the
same cases. All run in this process, from Hydra's reading of the command line on; what a run writes is left out.
"""

import argparse
import io
import logging
import os
import random
import re
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # of train.py

import train as program  # noqa: E402
from fmnist.terminal.user_errors import report_user_errors  # noqa: E402
from fmnist.training.trainer import Trainer  # noqa: E402

MEMORY = 2**30  # bytes of the machine, as far as the program knows: no case shall fill the real one
SECONDS = 20  # for one case, with all imports that are heavy
LONGEST = 700  # characters of a message: the longest list of names has some 300
SMALL = ("dataset=blobs", "model.layers=1", "model.width=16", "engine=numpy", "tracker=none")
GROUPS = ("activation", "augment", "callbacks", "dataset", "engine", "init", "loss", "model", "optimizer")
GROUPS += ("scheduler", "tracker", "trainer", "hydra/sweeper/sampler", "hydra/sweeper/pruner")
VALUES = (
    *("", "null", "true", "false", "0", "1", "-1", "2", "0.5", "1.0", "1e20", "-1e20", "1e-320", "1e308", "1e400"),
    *("inf", "-inf", "nan", "10000000", "100000000000000000000", "-100000000000000000000", "9" * 400, "9" * 5000),
    *("abc", "''", "'1'", "'a b'", "a b", "none", "auto", "adam", "mlp", "x" * 5000, "ünï", "../..", "%s", "<b>", "~"),
    *("[]", "[1]", "[a,b]", "[[1]]", "[null]", "[1", "{}", "{a:1}", "{a:{b:1}}", "{", "'", "a=b", "\\", "a\nb", "???"),
    *("${nothing}", "${seed}", "${optimizer}", "${oc.env:NOPE}", "${nope:1}", "${", "$"),
    *("1,2", "0.1,abc", "choice(1,2)", "range(1,3)", "interval(0,1)", "interval(1,0)", "glob(*)", "range(1)", "f(1)"),
    *("os.getcwd", "math.pi", "fmnist.loss.mse.MSE", "fmnist.optimizer.adam.Adm", "fmnist.errors", "fmnist"),
)
MISSPELLINGS = ("{}x", "{}.foo", "{}.0", "x.{}", "{}@a", "{}:a")


class Case(NamedTuple):
    key: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"python train.py {shlex.join(self.words)}"


class Valid(BaseException):
    """The end of a case that is accepted; not an `Exception`, which Hydra would report."""


def keys_of(config: Any, prefix: str) -> Iterator[str]:
    """Every key below the prefix, sections too."""
    for key in config if OmegaConf.is_dict(config) else ():
        yield f"{prefix}{key}"
        yield from keys_of(config._get_node(key), f"{prefix}{key}.")


@cache
def choices() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(key, what has to be chosen for it to exist) of the whole config and of every option."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        whole = compose("config", return_hydra_config=True)
    found: dict[str, list[tuple[str, ...]]] = {key: [()] for key in keys_of(whole, "")}
    found |= {"experiment": [()], "sweep": [()], "debug": [()]}
    for group in GROUPS:
        found.setdefault(group, [()])
        for file in sorted((ROOT / "conf" / group).glob("*.yaml")):
            if not all(map(find_spec, OmegaConf.load(file).get("_requires_", ()))):
                continue
            for key in keys_of(OmegaConf.load(file), group.replace("/", ".") + "."):
                if ".defaults" not in key and not key.endswith("._requires_"):  # what to install, no user's choice
                    found.setdefault(key, []).append((f"{group}={file.stem}",))
    return tuple((key, choice) for key, several in found.items() for choice in several)


def cases(n: int, seed: int) -> Iterator[Case]:
    rng = random.Random(seed)
    ours = [(key, choice) for key, choice in choices() if not key.startswith("hydra.") or ".sweeper" in key]
    for _ in range(n):
        key, choice = rng.choice(ours if rng.random() < 0.9 else choices())
        if rng.random() < 0.05:
            key = rng.choice(MISSPELLINGS).format(key)
        value = rng.choice(VALUES)
        prefix = rng.choice(("", "", "", "", "+", "++", "~"))
        override = f"{prefix}{key}" + (f"={value}" if prefix != "~" or rng.random() < 0.5 else "")
        others = [word for word in (*SMALL, *choice) if not meets(word.partition("=")[0], key, choice)]
        sweep = key.startswith(("hydra.sweeper", "hydra.sweep.", "study")) or rng.random() < 0.15
        dry = ("-m", "hydra.sweeper.dry_run=true") if sweep and "dry_run" not in key else ()
        yield Case(key, (*dry, *dict.fromkeys((*others, *choice)), override))


def meets(mine: str, key: str, choice: Sequence[str]) -> bool:
    """Would the word and the case speak of the same?"""
    group = key.partition(".")[0]
    return mine == key or (mine.partition(".")[0] == group and bool(choice or "." not in key))


@contextmanager
def machinery() -> Iterator[None]:
    """The program without what a run writes, and with the YAML files read once."""
    read = ConfigRepository.load_config
    kept: dict[tuple[str, ...], Any] = {}
    get_mode_of_config = Hydra.get_mode

    def get_mode(self: Hydra, config_name: str | None, overrides: list[str]) -> Any:
        """Hydra composes twice, the first time for hydra.mode alone, which few can change."""
        if not any(".mode=" in word or "hydra=" in word or "sweep=" in word for word in overrides):
            return None
        return get_mode_of_config(self, config_name, overrides)

    def load_config(self: ConfigRepository, config_path: str) -> Any:
        key = (config_path, *(source.path for source in self.get_sources()))
        if key not in kept:
            kept[key] = read(self, config_path)
        return deepcopy(kept[key])

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(ConfigRepository, "load_config", load_config))
        stack.enter_context(mock.patch.object(Hydra, "get_mode", get_mode))
        stack.enter_context(mock.patch("fmnist.run.run.Run.__enter__", lambda run: run))
        stack.enter_context(mock.patch("fmnist.run.run.Run.__exit__", return_value=None))
        memory = SimpleNamespace(total=MEMORY)
        stack.enter_context(mock.patch("psutil.virtual_memory", return_value=memory))
        stack.enter_context(mock.patch.object(Trainer, "fit", one_step))
        stack.enter_context(mock.patch("fmnist.dataset.mnist_like.MnistLike.find_or_download", accept))
        stack.enter_context(mock.patch("fmnist.tracker.tensorboard.require", return_value=None))
        stack.enter_context(mock.patch("fmnist.tracker.mlflow.require", return_value=None))
        stack.enter_context(chdir(stack.enter_context(tempfile.TemporaryDirectory())))
        yield


def accept(_: object) -> None:
    """Instead of a search for data."""
    raise Valid


def one_step(trainer: Trainer, training: Any, splits: Any, loss: Any, scheduler: Any, augment: Any, _: Any) -> None:
    """The first step of a training, and an evaluation."""
    from fmnist.errors import Diverged
    from fmnist.loss.base import BoundLoss
    from fmnist.training.batches import Batches
    from fmnist.training.evaluation import evaluate

    train = Batches(splits, splits.train, trainer.precision, augment, training.rngs.augment, training.engine)
    x, y = train(splits.train.rows[: trainer.batch_size])
    bound = BoundLoss(loss, training.engine)
    import numpy as np

    with np.errstate(all="ignore"):
        bound(training.network.forward(x, train=True), y)
        training.network.backward(bound.grad)
        training.optimizer.step(scheduler(0.5))
        try:
            val = Batches(splits, splits.val, trainer.precision, engine=training.engine)
            evaluate(training.network, loss, val, trainer.eval_batch_size)
        except Diverged:
            pass
    raise Valid


def bounds(words: Sequence[str]) -> list[str]:
    """What the threshold pruner asks for before all else."""
    bound = "hydra.sweeper.pruner.lower"
    needed = "hydra/sweeper/pruner=threshold" in words and not any(bound in word for word in words)
    return [f"{bound}=0.1"] if needed else []


def message_of(words: Sequence[str]) -> tuple[int, str]:
    """The exit code and what is printed on standard error of `python train.py WORDS`; (0, "") if it is accepted."""
    errors = io.StringIO()
    home, code = Path.cwd(), 0
    environment = dict(os.environ)
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None
    try:
        with (
            mock.patch.object(sys, "argv", ["train.py", "--config-path", str(ROOT / "conf"), *words, *bounds(words)]),
            mock.patch.object(logging.root, "handlers", []),  # pytest's would hide what libraries log to the terminal
            redirect_stderr(errors),
            redirect_stdout(io.StringIO()),
            report_user_errors(),
        ):
            program.main()
    except Valid:
        pass
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        errors.write(traceback.format_exc())
        code = -1
    finally:
        os.chdir(home)
        os.environ.clear()
        os.environ.update(environment)
    return code, errors.getvalue()


def complaint(case: Case, code: int, errors: str) -> str:
    """What is wrong with the answer; empty if it is good."""
    lines = errors.splitlines()
    parts = [part for part in re.split(r"[./:@]", case.key) if part]
    if case.words[-1].startswith("~"):  # of a key that is gone, its section may be what is named
        parts = parts[:-1] or parts
    complaints = {
        f"traceback: {lines[-1:]}": "Traceback" in errors,
        f"accepted, but says: {errors}": code == 0 and errors,
        f"{len(lines)} lines: {errors!r}": code != 0 and len(lines) != 1,
        f"no error line: {errors}": code != 0 and not errors.startswith("error: "),
        f"{len(errors)} characters: {errors}": len(errors) > LONGEST,
        f"does not name its key: {errors}": code != 0 and not all(part in errors for part in parts),
    }
    return next((text for text, is_so in complaints.items() if is_so), "")


def out_of_time(*_: object) -> None:
    raise RuntimeError(f"no answer within {SECONDS} s")


def failures(n: int, seed: int) -> Iterator[tuple[Case, str]]:
    """The cases whose answer is not good, each with what is wrong."""
    os.environ["WANDB_MODE"] = "disabled"
    signal.signal(signal.SIGALRM, out_of_time)
    with machinery():
        for case in cases(n, seed):
            signal.alarm(SECONDS)
            code, errors = message_of(case.words)
            signal.alarm(0)
            if wrong := complaint(case, code, errors):
                yield case, wrong
            elif os.environ.get("VERBOSE"):
                print(f"{case}"[:300], "\n    ", errors.strip() or "ok", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    started, found = time.monotonic(), 0
    for case, wrong in failures(asked.cases, asked.seed):
        found += 1
        print(f"{str(case)[:300]}\n    {wrong[:400]}", flush=True)
    print(f"{asked.cases} cases, {found} failing, {time.monotonic() - started:.0f} s")
    sys.exit(bool(found))
