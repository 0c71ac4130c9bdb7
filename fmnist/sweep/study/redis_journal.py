"""A study in Redis: redis://host:port/number, with the keys of Optuna's JournalRedisBackend.

Not that class itself: it unpickles what lies in the server, asks for the records one by one, and its client sends one
twice where the answer is lost.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import BaseJournalBackend
from redis.backoff import NoBackoff
from redis.exceptions import LockError, RedisError
from redis.retry import Retry

from fmnist.errors import FmnistError, one_line
from fmnist.sweep.study.kind import Held, Kind, Lock
from fmnist.sweep.study.storage_lock import LOST, POLL, every_beat

LAST, LOG = ":log_number", ":log:{}"  # keys: the number of the last record, and a record
BATCH = 1000  # records that are read at once
TIMEOUT = 10.0  # seconds for an answer

APPEND = """
if redis.call('exists', KEYS[1]) == 0 then redis.call('set', KEYS[1], -1) end
for _, record in ipairs(ARGV) do
    redis.call('set', ':log:' .. string.format('%d', redis.call('incr', KEYS[1])), record)
end
"""


class RedisJournal(BaseJournalBackend):
    """Raises:
    FmnistError: the server has lost records.
    """

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        end = int(self.client.get(LAST) or -1) + 1
        records: list[bytes | None] = []
        for start in range(log_number_from, end, BATCH):
            records = self.client.mget([LOG.format(n) for n in range(start, min(start + BATCH, end))])
            if None in records:
                break
            yield from map(json.loads, filter(None, records))
        if end < log_number_from or None in records:
            raise FmnistError(
                "the Redis server has lost records of the study (appendonly yes keeps them); begin another study="
            )

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.client.eval(APPEND, 1, LAST, *map(json.dumps, logs))


def open_redis(url: str) -> tuple[BaseStorage, Lock]:
    """The journal in a Redis server, which has answered.

    Raises:
        FmnistError: that is no URL of a Redis server.
        RedisError: it does not answer.
    """
    try:
        client = redis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            socket_keepalive=True,
        )
    except ValueError as error:
        raise FmnistError(one_line(error)) from None
    return JournalStorage(RedisJournal(client)), redis_lock(client)


def redis_lock(client: redis.Redis) -> Lock:
    """A key with a time to live, by the server's clock, that its holder renews."""

    @contextmanager
    def lock(study: str) -> Iterator[Held]:
        key = client.lock(f"fmnist:{study}.lock", timeout=LOST, sleep=POLL, thread_local=False)

        def held() -> bool:
            try:
                return bool(key.owned())
            except RedisError:
                return False

        key.acquire()
        try:
            with every_beat(key.reacquire):
                yield held
        finally:
            with suppress(LockError):  # it has run out
                key.release()

    return lock


def is_redis_error(error: BaseException) -> bool:
    return isinstance(error, RedisError)


def is_out_of_reach(error: BaseException) -> bool:
    return isinstance(error, redis.ConnectionError | redis.TimeoutError)


REDIS = Kind(open_redis, is_redis_error, is_out_of_reach)
