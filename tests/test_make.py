"""`make train` ends with a real training run, also where neither files nor a network are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from omegaconf import OmegaConf

from cli import summary
from options import ROOT

OFFLINE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}  # nothing listens there


def make_train(copy: Path, words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make train` in a copy of the project, with this environment's Python standing in for the new one."""
    for name in ("fmnist", "conf"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("train.py", "Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, copy)
    bin_folder = Path(sys.executable).parent
    command = ["make", "train", f"BIN={bin_folder}", "-o", f"{bin_folder}/ready", f"ARGS={words}"]
    environment = {**os.environ, "FMNIST_CACHE": str(copy / "cache"), **OFFLINE, **environment}
    environment.pop("FMNIST_DATA", None)
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_without_files_and_network_it_falls_back_to_digits_and_says_so(tmp_path: Path) -> None:
    copy = tmp_path / "somewhere" / "fmnist"
    copy.mkdir(parents=True)
    # An experiment that limits the data set to more images than there are digits.
    done = make_train(copy, "experiment=quick engine=numpy hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    for said in (str(copy / "data"), "fashion-mnist.s3-website", "github.com", "dataset.folder=", "dataset=digits"):
        assert said in done.stderr, said
    assert "Training on scikit-learn's digits instead" in done.stdout
    assert summary(copy / "run")["dataset"] == "digits"
    assert OmegaConf.load(copy / "run" / "choices.yaml").dataset == "digits"


def test_a_mistake_is_no_reason_to_fall_back(tmp_path: Path) -> None:
    done = make_train(tmp_path, "optimizer=adm")
    assert done.returncode != 0
    assert "did you mean adam?" in done.stderr
    assert "digits" not in done.stdout
