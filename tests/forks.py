"""Processes of a test's own, each new, but with the libraries of a study's storages imported already."""

from multiprocessing import get_context

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["filelock", "optuna", "psutil", "psycopg", "redis", "rich.console", "sqlalchemy"])
