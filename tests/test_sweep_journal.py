"""A study's journal survives torn ends: every cut, NUL bytes, a full disk. Damage further up is refused by its line."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from cli import train
from fmnist.errors import DamagedFile
from fmnist.sweep.study import journal as journals
from fmnist.sweep.study.journal import JournalFile, open_journal
from forks import FORKS
from options import ROOT, python_path
from sweeps import run_sweep, trials


def study(path: Path) -> optuna.Study:
    return optuna.load_study(study_name="s", storage=open_journal(str(path))[0])


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A study with three finished trials of value 1, 2, 3; its last record is the end of the third."""
    path = tmp_path / "study.journal"
    made = optuna.create_study(study_name="s", storage=open_journal(str(path))[0])
    for value in (1.0, 2.0, 3.0):
        trial = made.ask()
        trial.suggest_float("x", 0, 10)
        made.tell(trial, value)
    return path


def values(path: Path) -> list[float | None]:
    return [trial.value for trial in study(path).trials]


def last_record(path: Path) -> int:
    """The byte where the last line begins."""
    return path.read_bytes()[:-1].rindex(b"\n") + 1


def goes_on(path: Path, before: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """The last end was lost; the trial can be told again, and Optuna's own backend reads what came of it."""
    assert values(path) == [1.0, 2.0, None]
    assert path.read_bytes() == before  # who only reads changes nothing
    again = study(path)
    again.tell(2, 7.0)
    (line,) = capsys.readouterr().err.splitlines()
    kept = max(path.parent.glob("study.journal.torn*"), key=lambda file: file.stat().st_mtime_ns)
    assert line == f"{path}: the end, which is no whole record, is cut off; the file as it was is {kept.name}"
    assert kept.read_bytes() == before
    assert values(path) == [1.0, 2.0, 7.0]
    theirs = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
    assert [trial.value for trial in optuna.load_study(study_name="s", storage=theirs).trials] == [1.0, 2.0, 7.0]


def test_a_journal_cut_at_every_byte_of_its_last_record_goes_on(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, begin = journal.read_bytes(), last_record(journal)
    assert len(whole) - begin > 100
    for end in range(begin + 1, len(whole)):
        for kept in journal.parent.glob("*.torn*"):
            kept.unlink()
        journal.write_bytes(whole[:end])
        goes_on(journal, whole[:end], capsys)


@pytest.mark.parametrize(
    "tail", [b"\0" * 5000, b"\0" * 100 + b"\n", b'{"op_code": 6, "worker_id"\0\0\0', b"\xff\xfe\n", b"[" * 100_000]
)
def test_a_tail_of_a_power_cut_goes(tail: bytes, journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = journal.read_bytes()[: last_record(journal)] + tail
    journal.write_bytes(before)
    goes_on(journal, before, capsys)


def test_what_was_cut_off_before_is_kept_too(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("study.journal.torn", "study.journal.torn1", "study.journal.torn2"):
        before = journal.read_bytes()[: last_record(journal)] + name.encode()
        journal.write_bytes(before)
        goes_on(journal, before, capsys)
        assert (journal.parent / name).read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b'{"op_code": 0, "worker', b"\0" * 4096])
def test_an_empty_journal_is_a_new_one(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    if content is not None:
        path.write_bytes(content)
    assert open_journal(str(path))[0].get_all_studies() == []
    assert path.exists() == (content is not None)
    new = optuna.create_study(study_name="s", storage=open_journal(str(path))[0])
    new.tell(new.ask(), 1.0)
    assert values(path) == [1.0]


@pytest.mark.parametrize("garbage", [b"\0" * 200, b"garbage", b'{"op_code": 6', b"{}", b"5", b"\xff\xff", b""])
@pytest.mark.parametrize("line", [1, 4])
def test_a_bad_line_in_the_middle_is_named_and_nothing_is_changed(garbage: bytes, line: int, journal: Path) -> None:
    lines = journal.read_bytes().splitlines()
    lines[line - 1] = garbage
    damaged = b"\n".join(lines) + b"\n"
    journal.write_bytes(damaged)
    message = rf"^{journal}: line {line} is no record of a study; delete this line .* or begin another study=$"
    with pytest.raises(DamagedFile, match=message):
        open_journal(str(journal))
    journal.write_bytes(damaged + b'{"op_')  # torn as well: the damage comes first
    with pytest.raises(DamagedFile, match=message):
        JournalFile(str(journal)).append_logs([{"op_code": 0, "worker_id": "w"}])
    assert journal.read_bytes() == damaged + b'{"op_'
    assert not list(journal.parent.glob("*.torn*"))


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.journal"
    path.write_text("dear diary\n")
    with pytest.raises(DamagedFile, match="line 1 is no record"):
        open_journal(str(path))


def test_a_full_disk_leaves_no_half_record(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kernel writes as much as fits, and then nothing: a limit on the size of files does the same."""
    before, lost = journal.read_bytes(), study(journal)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 40, hard))
    try:
        with pytest.raises(OSError, match="too large") as raised:
            lost.ask()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert raised.value.errno == errno.EFBIG
    assert journal.read_bytes() == before
    again = study(journal)
    again.tell(again.ask(), 4.0)
    assert values(journal) == [1.0, 2.0, 3.0, 4.0]
    assert capsys.readouterr().err == ""


def test_a_disk_that_is_too_full_to_keep_the_original_cuts_nothing(
    journal: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = journal.read_bytes()[:-5]
    journal.write_bytes(before)
    with monkeypatch.context() as full:

        def copyfile(source: Path, target: Path) -> None:
            target.write_bytes(b"hal")
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr("shutil.copyfile", copyfile)
        with pytest.raises(OSError, match="No space left"):
            study(journal).tell(2, 7.0)
        assert journal.read_bytes() == before
        assert not list(journal.parent.glob("*.torn*"))
    goes_on(journal, before, capsys)


def test_each_writer_cuts_off_what_the_one_before_has_left(journal: Path) -> None:
    for _ in range(3):
        writer = study(journal)
        with open(journal, "ab") as file:
            file.write(b'{"op_code": 5, "trial')
        writer.tell(writer.ask(), 0.0)
    assert values(journal) == [1.0, 2.0, 3.0, 0.0, 0.0, 0.0]


def append(path: str, name: str, n: int) -> None:
    backend = JournalFile(path)
    for i in range(n):
        backend.append_logs([{"op_code": 2, "worker_id": name, "n": i}])
        list(backend.read_logs(0))


def test_eight_processes_write_and_read_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "study.journal")
    processes = [FORKS.Process(target=append, args=(path, f"w{i}", 20)) for i in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    logs = list(JournalFile(path).read_logs(0))
    for i in range(8):
        assert [log["n"] for log in logs if log["worker_id"] == f"w{i}"] == list(range(20))


def test_records_are_read_from_any_number(journal: Path) -> None:
    lines = len(journal.read_bytes().splitlines())
    backend = JournalFile(str(journal))
    everything = list(backend.read_logs(0))
    assert len(everything) == lines
    assert list(backend.read_logs(lines)) == []
    assert list(backend.read_logs(3)) == everything[3:]
    assert list(JournalFile(str(journal)).read_logs(5)) == everything[5:]


def test_a_process_that_was_killed_while_it_wrote_leaves_a_study_that_goes_on(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real one, between two halves of a record. Nobody waits for it."""
    program = (
        "import os, sys, optuna\n"
        "from fmnist.sweep.study import journal\n"
        "class Half(journal.JournalFile):\n"
        "    def append_logs(self, logs):\n"
        "        with self.no_writers():\n"
        "            open(self.path, 'ab', buffering=0).write(b'{\"op_code\":4,\"wor')\n"
        "            os.kill(os.getpid(), 9)\n"
        "Half(sys.argv[1]).append_logs([])\n"
    )
    env = {**os.environ, "PYTHONPATH": python_path(ROOT)}
    done = subprocess.run([sys.executable, "-c", program, str(journal)], env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    assert Path(f"{journal}.lock").is_symlink()
    monkeypatch.setattr(journals, "GRACE_PERIOD", 10**6)
    again = study(journal)
    again.tell(again.ask(), 4.0)
    assert values(journal) == [1.0, 2.0, 3.0, 4.0]


SWEEP = ("-m", "debug=tiny", "dataset=blobs", "callbacks.progress=null")


def test_a_sweep_goes_on_with_a_torn_journal_and_refuses_a_damaged_one(tmp_path: Path) -> None:
    folder = run_sweep(*SWEEP, "seed=1,2", cwd=tmp_path)
    path = folder / "study.journal"
    before = path.read_bytes()
    path.write_bytes(before[:-30] + b"\0" * 300)
    done = train(*SWEEP, "seed=1,2", "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = "multirun/s/study.journal: the end, which is no whole record, is cut off; "
    assert done.stderr == said + "the file as it was is study.journal.torn\n"
    assert (folder / "study.journal.torn").read_bytes() == before[:-30] + b"\0" * 300
    assert [trial.state.name for trial in trials(folder)] == ["COMPLETE", "COMPLETE"]

    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b"garbage\n"
    path.write_bytes(b"".join(lines))
    done = train(*SWEEP, "seed=1,2", "study=s", cwd=tmp_path)
    assert done.returncode == 2
    said = "error: multirun/s/study.journal: line 3 is no record of a study; delete this line (what it said is lost) "
    assert done.stderr == said + "or begin another study=\n"
    assert path.read_bytes() == b"".join(lines)
