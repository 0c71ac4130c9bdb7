"""The states of a trial, by Optuna's names: how they are called in files and tables, and their colour."""

from typing import NamedTuple


class State(NamedTuple):
    word: str
    style: str  # of rich


STATES = {
    "COMPLETE": State("complete", "green"),
    "PRUNED": State("pruned", "yellow"),
    "FAIL": State("failed", "red"),
    "RUNNING": State("running", "cyan"),
    "WAITING": State("waiting", "dim"),
}
FINISHED = ("COMPLETE", "PRUNED", "FAIL")
