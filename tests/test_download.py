"""Downloads from real servers on this machine, good ones and bad ones."""

import hashlib

import pytest

from fmnist.dataset.places import candidates
from fmnist.errors import DataUnavailable
from tiny_idx import GZ, Tiny
from tiny_mirror import closed_port, mirror

LABELS = "train-labels-idx1-ubyte.gz"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FMNIST_DATA", raising=False)
    monkeypatch.chdir(tmp_path)  # where no data are
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


def assert_all_here(cache):
    for name, official in Tiny.files.items():
        assert hashlib.md5((cache / "tiny" / name).read_bytes()).hexdigest() == official.md5
    names = {path.name for path in (cache / "tiny").iterdir()}
    assert names == {*GZ, *(name.removesuffix(".gz") for name in GZ)}  # and no temporary file


def test_four_files_from_one_mirror_once(cache, capfd):
    with mirror() as good:
        for _ in range(2):
            splits = Tiny(mirrors=[good.url.rstrip("/")]).load()  # with or without the slash
    assert splits.source == str(cache / "tiny")
    assert (splits.train.size, splits.val.size, splits.test.size) == (36, 4, 8)
    assert good.asked == list(GZ)
    assert_all_here(cache)
    assert capfd.readouterr() == ("", "")  # no terminal: no bar, and not a word from pooch


FAULTS = {
    "truncated": "broke off",
    "cut off": "broke off",
    "wrong": "wrong checksum",
    "404": "HTTP 404",
    "500": "HTTP 500",
    "closed": "no connection",
}


@pytest.mark.parametrize("bad", [tuple(GZ), (LABELS,)], ids=["all files", "one file"])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_second_mirror_helps_out(cache, fault, bad):
    with mirror(fault, bad) as first, mirror() as second:
        assert Tiny(mirrors=[first.url, second.url]).load().test.size == 8
    assert_all_here(cache)
    if fault == "closed":  # given up at the first failure
        assert first.asked == list(GZ)[: list(GZ).index(bad[0]) + 1]
    else:
        assert first.asked == list(GZ)
        assert second.asked == list(bad)


def test_a_server_may_keep_the_length_to_itself(cache):
    with mirror("no length") as good:
        Tiny(mirrors=[good.url]).load()
    assert_all_here(cache)


def test_a_mirror_that_nobody_runs_is_passed_over(cache):
    with mirror() as good:
        Tiny(mirrors=[closed_port(), good.url]).load()
    assert_all_here(cache)


@pytest.mark.parametrize("fault", FAULTS)
def test_when_all_fail_the_message_says_it_all(cache, fault):
    nobody = closed_port()
    with mirror(fault, bad=(LABELS,)) as server, pytest.raises(DataUnavailable) as caught:
        Tiny(mirrors=[nobody, server.url]).load()
    message = str(caught.value)
    for place in candidates("tiny"):
        assert str(place) in message
    assert f"{nobody}train-images-idx3-ubyte.gz: no connection" in message
    assert f"{server.url}{LABELS}: {FAULTS[fault]}" in message
    for word in ("dataset=tiny", "dataset.folder=", "FMNIST_DATA", "dataset=digits", *GZ):
        assert word in message
    assert {path.name for path in (cache / "tiny").iterdir()} == {"train-images-idx3-ubyte.gz"}


def test_the_next_try_fetches_only_what_is_missing():
    with mirror("404", bad=(LABELS,)) as half, pytest.raises(DataUnavailable):
        Tiny(mirrors=[half.url]).load()
    with mirror() as good:
        Tiny(mirrors=[good.url]).load()
    assert good.asked == list(GZ)[1:]


def test_no_mirror_no_download():
    with pytest.raises(DataUnavailable, match=r"dataset\.mirrors is empty"):
        Tiny(mirrors=[]).load()


def test_a_cache_that_cannot_be_written_is_named(cache):
    cache.write_text("a file, so that no folder can be made of it")
    with mirror() as good, pytest.raises(DataUnavailable, match=f"{cache}.* cannot be written"):
        Tiny(mirrors=[good.url]).load()
