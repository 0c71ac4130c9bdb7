"""A study's storage: one per process, and what is said when it does not answer, never with a password."""

import sys
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.exceptions import StorageInternalError
from optuna.storages import JournalStorage, RDBStorage, _CachedStorage
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from fmnist.errors import FmnistError
from fmnist.sweep.study import database
from fmnist.sweep.study.storage import NoAnswer, open_storage, storage_errors, without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:se@cr:et@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://host/db?user=me&password=secret&x=1", "postgresql://host/db?user=me&password=***&x=1"),
        ("postgresql://host/db?password=secret", "postgresql://host/db?password=***"),
        ("redis://:secret@host:6379/0", "redis://:***@host:6379/0"),
        ("grpc://host:13000", "grpc://host:13000"),
        ("sqlite:///study.db", "sqlite:///study.db"),
        ("study.journal", "study.journal"),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_ending_tells_a_journal_from_a_database_and_each_is_opened_once(tmp_path: Path) -> None:
    journal, sqlite = str(tmp_path / "a.journal"), f"sqlite:///{tmp_path}/a.db"
    assert isinstance(open_storage(journal).behind, JournalStorage)
    assert isinstance(open_storage(sqlite).behind, _CachedStorage)
    assert open_storage(journal) is open_storage(journal)


@pytest.mark.parametrize("url", ["{}/a.journal", "sqlite:///{}/a.db"])
def test_a_trial_that_another_study_object_has_queued_takes_parameters(url: str, tmp_path: Path) -> None:
    """Optuna gives each study of a bare RDBStorage an empty cache, which knows no trial of the others."""
    storage = open_storage(url.format(tmp_path))
    optuna.create_study(study_name="s", storage=storage).enqueue_trial({"x": 0.25})
    (waiting,) = optuna.load_study(study_name="s", storage=storage).get_trials(deepcopy=False)
    study = optuna.load_study(study_name="s", storage=storage)
    assert study._storage is storage
    assert storage.set_trial_state_values(waiting._trial_id, TrialState.RUNNING)
    assert optuna.Trial(study, waiting._trial_id).suggest_float("x", 0, 1) == 0.25


def test_a_trial_that_the_cache_has_never_seen_takes_parameters(tmp_path: Path) -> None:
    """Another process, or a proxy before it was started anew, has made it."""
    url = f"sqlite:///{tmp_path}/a.db"
    ours = open_storage(url)
    study = optuna.create_study(study_name="s", storage=RDBStorage(url))
    number = study.ask()._trial_id
    ours.set_trial_param(number, "x", 0.5, FloatDistribution(0, 1))
    assert ours.get_trial(number).params == {"x": 0.5}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "hydra.sweeper.storage=nonsense: not the URL of a database"),
        (
            "oracle+cx_oracle://me:secret@host/db",
            "me:***@host/db: its driver is not installed (No module named 'cx_Oracle')",
        ),
        ("sqlite:////nowhere/at/all.db", "does not answer (unable to open database file)"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line(url: str, said: str) -> None:
    with pytest.raises(FmnistError) as error:
        open_storage(url)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "driver", "install"),
    [
        ("postgresql://me:secret@host/db", "psycopg", "psycopg[binary]"),
        ("mysql+pymysql://me:secret@host/db", "pymysql", "pymysql"),
        ("grpc://host:13000", "grpc", "grpcio protobuf"),
        ("redis://:secret@host:6379/0", "redis", "redis"),
    ],
)
def test_a_driver_that_is_missing_is_one_line_with_what_to_install(
    url: str, driver: str, install: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("proxy", "redis_journal"):
        monkeypatch.delitem(sys.modules, f"fmnist.sweep.study.{module}", raising=False)
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(FmnistError) as error:
        open_storage(url)
    shown = without_password(url)
    assert str(error.value) == f"hydra.sweeper.storage={shown}: its driver is not installed (pip install '{install}')"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("grpc://127.0.0.1:1", "does not answer ("),
        ("grpc://", "the host is missing (grpc://host:port)"),
        ("grpc://host:port", "Port could not be cast to integer"),
        ("redis://:secret@127.0.0.1:1/0", "does not answer ("),
        ("redis://host:port", "Port could not be cast to integer"),
        ("mysql+pymysql://me:secret@127.0.0.1:1/db", "does not answer ("),
    ],
)
def test_a_server_that_is_not_there_is_one_line_at_once(url: str, said: str) -> None:
    pytest.importorskip({"grpc": "grpc", "redis": "redis"}.get(url.partition("://")[0], "pymysql"))
    with pytest.raises(FmnistError) as error:
        open_storage(url)
    assert str(error.value).startswith(f"hydra.sweeper.storage={without_password(url)}")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("error", "times", "succeeds"),
    [
        (OperationalError("", {}, Exception("table studies already exists")), 2, True),
        (IntegrityError("", {}, Exception("duplicate key")), 19, True),
        (IntegrityError("", {}, Exception("duplicate key")), 20, False),
        (OperationalError("", {}, Exception("no route to host")), 1, False),
    ],
)
def test_a_database_whose_tables_another_process_is_creating_is_tried_again(
    error: SQLAlchemyError, times: int, succeeds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    real = database.Database

    def opened(url: str, *, engine_kwargs: dict[str, object]) -> RDBStorage:
        assert engine_kwargs["pool_pre_ping"]  # or a connection that the server has closed would be used again
        tries.append(url)
        if len(tries) <= times:
            raise error
        return real(url, engine_kwargs=engine_kwargs)

    monkeypatch.setattr(database, "Database", opened)
    monkeypatch.setattr(database.time, "sleep", lambda _: None)
    open_storage.cache_clear()
    if succeeds:
        assert open_storage("sqlite://").get_all_studies() == []
        assert len(tries) == times + 1
    else:
        with pytest.raises(NoAnswer, match=r"hydra\.sweeper\.storage=sqlite:// does not answer \(.*\); the same"):
            open_storage("sqlite://")
        assert len(tries) == times
    open_storage.cache_clear()


def test_the_tables_of_another_optuna_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise RuntimeError("The runtime optuna version\nis no longer compatible")

    monkeypatch.setattr(database, "Database", opened)
    with pytest.raises(FmnistError, match="storage=sqlite:///x: The runtime optuna version is no longer compatible"):
        open_storage("sqlite:///x")


def failure(error: Exception) -> str:
    with pytest.raises(NoAnswer) as raised, storage_errors("sqlite:///x"):
        raise error
    return str(raised.value)


def test_an_error_of_the_database_in_the_middle_is_one_line_with_its_cause() -> None:
    lost = OperationalError("SELECT 1", {}, Exception("the server closed\nthe connection"))
    said = "hydra.sweeper.storage=sqlite:///x does not answer (the server closed the connection); "
    said += "the same command goes on when it does"
    assert failure(lost) == said
    internal = StorageInternalError("optuna's own words")
    assert "(optuna's own words)" in failure(internal)
    internal.__cause__ = lost
    assert failure(internal) == said
    lost.__cause__ = ValueError("not this one")
    assert failure(lost) == said


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="mine"), storage_errors("sqlite:///x"):
        raise ValueError("mine")
