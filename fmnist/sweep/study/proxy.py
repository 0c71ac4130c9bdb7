"""A study behind Optuna's gRPC proxy: grpc://host:port."""

import warnings
from urllib.parse import urlsplit

import grpc
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, GrpcStorageProxy
from optuna.storages._grpc.auto_generated.api_pb2_grpc import StorageServiceStub
from optuna.storages._grpc.client import GrpcClientCache

from fmnist.errors import FmnistError, one_line
from fmnist.sweep.study.kind import Kind, Lock
from fmnist.sweep.study.storage_lock import study_lock

PORT = 13000  # Optuna's own

# What the proxy says when the database behind it does not answer.
BEHIND = "An exception is raised during the commit"


class Proxy(GrpcStorageProxy):
    """Optuna's, that looks for a lost server every few seconds, not in the end every two minutes."""

    def _setup(self) -> None:
        unlimited, soon = ("grpc.max_receive_message_length", -1), ("grpc.max_reconnect_backoff_ms", 2000)
        self._channel = grpc.insecure_channel(f"{self._host}:{self._port}", options=[unlimited, soon])
        self._stub = StorageServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._cache = GrpcClientCache(self._stub)


def open_proxy(url: str) -> tuple[BaseStorage, Lock]:
    """The proxy, which has answered.

    Raises:
        FmnistError: there is no host in the URL, or no port.
        RpcError: it does not answer.
    """
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port or PORT
    except ValueError as error:
        raise FmnistError(one_line(error)) from None
    if not host:
        raise FmnistError("the host is missing (grpc://host:port)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        storage = Proxy(host=f"[{host}]" if ":" in host else host, port=port)
    storage.get_all_studies()
    return storage, study_lock(storage)


def is_proxy_error(error: BaseException) -> bool:
    return isinstance(error, grpc.RpcError)


def is_out_of_reach(error: BaseException) -> bool:
    if not isinstance(error, grpc.RpcError) or not isinstance(error, grpc.Call):
        return False
    gone = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED
    return error.code() in gone or BEHIND in (error.details() or "")


def reason(error: BaseException) -> str:
    details = error.details() if isinstance(error, grpc.Call) else None
    return one_line(Exception(details)) if details else one_line(error)


PROXY = Kind(open_proxy, is_proxy_error, is_out_of_reach, reason)
