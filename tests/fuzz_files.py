"""Damaged and hostile files of a run: python tests/fuzz_files.py --cases 5000 --seed 1.

Each case changes one file of a run's folder and loads it. It passes if the run loads, or is refused in one line without
a traceback, and no code is imported that the file names. tests/test_stored_run.py runs the first few hundred.
"""

import argparse
import io
import json
import random
import shutil
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import yaml
from omegaconf import OmegaConf

from fmnist.experiment import build_experiment
from fmnist.run.load import load_run
from fmnist.run.resume import resume_config
from fmnist.run.stored import find_runs
from fmnist.terminal.user_errors import report_user_errors
from fmnist.training.generators import spawn_generators
from fmnist.training.state import TrainingState

RUN = Path(__file__).parent / "data" / "old_run"
EVIL = "fuzz_evil"  # a module beside this process; importing it is the failure that matters most
Dice = random.Random


def load(folder: Path) -> None:
    load_run(folder, download=False)


def resume(folder: Path) -> None:
    parts = build_experiment(resume_config(OmegaConf.create({"resume": str(folder)}), []))
    splits, rng = parts.load(), spawn_generators(parts.seed)
    network = parts.network(splits, rng)
    parts.optimizer.bind(network.params, parts.engine)
    training = TrainingState(
        network, parts.optimizer, rng, parts.objective.on(splits), folder, 3, splits.train.size, parts.engine
    )
    training.resume()
    if training.history:
        training.objective.best_epoch(training.history)
    parts.optimizer.step()


def find(folder: Path) -> None:
    find_runs([folder])


# ---- damage to bytes


def damage(content: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(content))
    match dice.randrange(6):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]
        case 2:
            return content[:at] + dice.randbytes(dice.randrange(1, 20)) + content[at:]
        case 3:
            return content[:at] + bytes(dice.randrange(1, 200)) + content[at + 200 :]
        case 4:
            return content[at:] + content[:at]
    changed = bytearray(content)
    for _ in range(dice.randrange(2, 30)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def damaged(name: str) -> Callable[[Path, Dice], None]:
    return lambda folder, dice: change(folder / name, damage((RUN / name).read_bytes(), dice))


def change(file: Path, content: bytes) -> None:
    file.write_bytes(content)


# ---- whole archives with something wrong inside

STRANGE: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda a: a.astype(complex) if a.dtype.kind in "fi" else np.array(3 + 4j),
    lambda a: np.ones(a.shape, bool),
    lambda a: np.zeros(a.shape, "datetime64[s]"),
    lambda a: np.full(a.shape, None, object),
    lambda a: np.full(a.shape, "text"),
    lambda a: np.zeros(a.shape, "int16"),
    lambda a: np.zeros(a.shape, "S5"),
    lambda a: np.zeros(a.shape, [("x", "f4")]),
    lambda a: np.zeros(a.shape, "f8"),
    lambda a: np.zeros((*a.shape, 2), a.dtype),
    lambda a: np.zeros((), a.dtype),
    lambda a: np.zeros((0,), a.dtype),
    lambda a: np.full(a.shape, -7, "int64"),
    lambda a: np.full(a.shape, np.nan),
]
VALUES: list[Any] = [None, True, -1, 0, 1e400, 10**400, "x", [], {}, [1], [{}], {"a": 1}, "${oc.env:HOME}", "?" * 50]


def strange_arrays(name: str) -> Callable[[Path, Dice], None]:
    def of(folder: Path, dice: Dice) -> None:
        with np.load(RUN / name) as archive:
            arrays = dict(archive)
        key = dice.choice(list(arrays))
        match dice.randrange(5):
            case 0:
                del arrays[key]
            case 1:
                arrays[f"{key}2"] = arrays[key]
            case 2 if "session" in arrays:
                text = json.loads(str(arrays["session"]))
                spoil(text, dice)
                arrays["session"] = np.array(json.dumps(text))
            case 3 if "session" in arrays:
                arrays["session"] = np.array(damage(str(arrays["session"]).encode(), dice).decode("latin-1"))
            case _:
                arrays[key] = dice.choice(STRANGE)(arrays[key])
        save = np.savez_compressed if dice.random() < 0.1 else np.savez
        save(folder / name, **arrays, allow_pickle=True)  # type: ignore[arg-type]

    return of


def spoil(value: Any, dice: Dice) -> None:
    """Change something at a random depth of nested lists and mappings."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = dice.choice(keys)
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or dice.random() < 0.3:
            break
        value = inner
    if dice.random() < 0.3:
        del value[key]
    else:
        value[key] = dice.choice(VALUES)


# ---- configs


FOREIGN: list[Any] = [
    f"{EVIL}.Class", "os.system", "subprocess.Popen", "fmnist.files.atomic.os.system", "fmnist.errors.FmnistError",
    None, 5, "", [f"{EVIL}.Class"], {"_target_": f"{EVIL}.Class"},
]  # fmt: skip
INTERPOLATIONS = ["${oc.env:HOME}", "${seed}", "${oops", "???", "${oc.env:X,${y}}"]


def strange_config(folder: Path, dice: Dice) -> None:
    config = yaml.safe_load((RUN / "config.yaml").read_text())
    groups = [key for key, value in config.items() if isinstance(value, dict)]
    group = dice.choice(groups)
    places = [config[group], *(value for value in config[group].values() if isinstance(value, dict))]
    place = dice.choice(places)
    match dice.randrange(4):
        case 0:
            targets = [
                f"{EVIL}.Class",
                "os.system",
                "subprocess.Popen",
                "fmnist.files.atomic.os.system",
                "builtins.eval",
            ]
            place["_target_"] = dice.choice([*targets, None, 5, [f"{EVIL}.Class"], {"_target_": f"{EVIL}.Class"}])
        case 1:
            place["_target_"] = config[dice.choice(groups)].get("_target_", "x")
        case 2:
            place[dice.choice(list(place))] = dice.choice(
                ["${oc.env:HOME}", "${seed}", "${oops", "???", "${oc.env:X,${y}}"]
            )
        case _:
            spoil(config, dice)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join(['*' + old] * 9)}]}}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS = [
    BOMB.encode(), MERGE.encode(), b"a: &a [*a]", "name: Größe".encode("latin-1"), b"- a\n- b", b"text", b"", b"null",
    b"[" * 3000, b"? " * 3000, b"a: " + b"9" * 6000, b"a: 1\na: 2", b"!!python/object/apply:os.system [id]", b"\0",
    b"1: 2", b"a: 2026-99-99", b"? [a]\n: b", b"{" * 900, b"a: !!binary x", b"\xff\xfe", b"a:\n\t- b",
]  # fmt: skip


def strange_yaml(folder: Path, dice: Dice) -> None:
    name = dice.choice(["config.yaml", "choices.yaml"])
    (folder / name).write_bytes(dice.choice(TEXTS))


CASES: list[tuple[str, Callable[[Path, Dice], None], Callable[[Path], None]]] = [
    ("last.npz damaged", damaged("last.npz"), resume),
    ("best.npz damaged", damaged("best.npz"), load),
    ("last.npz strange", strange_arrays("last.npz"), resume),
    ("best.npz strange", strange_arrays("best.npz"), load),
    ("config damaged", damaged("config.yaml"), load),
    ("config strange", strange_config, load),
    ("config strange, resumed", strange_config, resume),
    ("yaml strange", strange_yaml, find),
]


def run_case(number: int, seed: int) -> str:
    """Empty, or what is wrong with the case."""
    dice = Dice(f"{seed}/{number}")
    name, make, use = CASES[number % len(CASES)]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "run"
        shutil.copytree(RUN, folder)
        make(folder, dice)
        errors = io.StringIO()
        try:
            with redirect_stderr(errors), report_user_errors(), warnings.catch_warnings():
                warnings.simplefilter("error")
                use(folder)
        except SystemExit as error:
            lines = errors.getvalue().splitlines()
            if not error.code or len(lines) != 1 or not lines[0].startswith("error: "):
                return f"{name}: exit {error.code} with {lines}"
            if len(lines[0]) > 1500:
                return f"{name}: a line of {len(lines[0])} letters"
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            return f"{name}: {type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {str(error)[:80]}"
        if EVIL in sys.modules:
            del sys.modules[EVIL]
            return f"{name}: its code was imported"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    wrong = []
    with evil_module():
        for number in range(arguments.cases):
            started = process_time()
            text = run_case(number, arguments.seed)
            if process_time() - started > 5:
                text = f"{CASES[number % len(CASES)][0]}: more than 5 seconds"
            wrong += [text] if text else []
    for text, count in Counter(text.partition(": ")[0] + ": " + text.partition(": ")[2][:90] for text in wrong).items():
        print(f"{count:5} {text}")
    print(f"{arguments.cases} cases, {len(wrong)} failed")
    raise SystemExit(bool(wrong))


class evil_module:  # noqa: N801  used like a function
    """A module that can be imported under the name EVIL while it lasts."""

    def __enter__(self) -> None:
        self.home = tempfile.TemporaryDirectory()
        (Path(self.home.name) / f"{EVIL}.py").write_text("class Class:\n    pass\n")
        sys.path.insert(0, self.home.name)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self.home.name)
        sys.modules.pop(EVIL, None)
        self.home.cleanup()


if __name__ == "__main__":
    main()
