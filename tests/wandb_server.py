"""A fake W&B server on this machine, which can fail, hang, hang up and die at any request.

What the client (wandb 0.31, its Go program wandb-core) does, as seen with this server:

- Order: RunResumeStatus (only with `resume`), UpsertBucket; then the file stream, at once and every 15 s; for a table
  or artifact Viewer (once) and ArtifactType within `run.log`, then CreateArtifact, CreateArtifactManifest,
  CreateArtifactFiles, uploads, CommitArtifact. `finish`: UpsertBucket with what has changed, CreateRunFiles, uploads,
  last a file stream with `complete`.
- `init` waits `init_timeout` and raises CommError (Error, if the retries end before). It leaves a folder `run-*`.
- `run.log` of a table waits for Viewer and ArtifactType, up to 19 s each; without Viewer it raises and the row is lost.
- Retries by default: GraphQL 20 (of 30 s each), file stream 10085, a week (180 s each), files 20 (no limit), with 2 to
  60 s in between. The settings are whole seconds, and 0 is the default. No retries after 400, 401, 403, 404.
- **Nothing but a timeout is an error of `finish`**: TimeoutError after `finish_timeout`, if `finish_timeout_raises`. A
  file stream that was given up, a lost file, config or artifact are lines of level ERROR in logs/debug-internal.log;
  for the first there is a warning too, unless wandb.setup was silent.
- `wandb sync` skips folders not named `offline-*` (unless --no-skip-online) and files with a `.synced` beside them,
  which it writes even if the upload failed. It sends all rows from the first again, behind those that the server has;
  artifacts only of offline runs. Whenever there is a key it exits with 0.
- `.wandb` is buffered in blocks of 32 KiB: after a SIGKILL the last rows are missing, of a short run all.
"""

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from wandb_store import Run, Store

KEY = "0" * 40
IMPATIENT = {  # one retry, after a second (or at once: see `retry_after`), and a file stream every second
    "WANDB__FILE_STREAM_TRANSMIT_INTERVAL": "1",
    **{
        f"WANDB__{client}_RETRY_{setting}": "1"
        for client in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER")
        for setting in ("MAX", "WAIT_MIN_SECONDS", "WAIT_MAX_SECONDS")
    },
}


@dataclass
class Fault:
    """Requests of an operation go wrong: not the first `after`, then `times` of them (None: all), if `when` is true."""

    operation: str
    kind: str  # an HTTP status, "broken", "hang", "close" or "die"
    after: int = 0
    times: int | None = None
    when: Callable[[Any], bool] = lambda _: True

    def applies(self, operation: str, request: Any) -> bool:
        if self.operation not in (operation, "*") or self.times == 0 or not self.when(request):
            return False
        if self.after:
            self.after -= 1
            return False
        self.times = self.times and self.times - 1
        return True


class WandbServer:
    """A context manager. What was received is in `runs`, what was asked in `requests`.

    An operation is the name of a GraphQL operation, "file_stream", "upload" (a file of a run), "artifact" (a file of
    an artifact) or "*". The keywords of faults are those of `Fault`; `when` gets the variables of a GraphQL operation,
    the JSON of a file stream or the bytes of a file.
    """

    def __init__(self) -> None:
        self.store = Store()
        self.requests: list[tuple[str, Any]] = []  # operation and request, answered or not
        self.faults: list[Fault] = []
        self.retry_after: str | None = "0"  # seconds, sent with errors; None: the client backs off as it likes
        self.lock = threading.RLock()
        self.port = 0

    @property
    def runs(self) -> dict[str, Run]:
        return self.store.runs

    @property
    def run(self) -> Run:
        """The only run."""
        (run,) = self.runs.values()
        return run

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.requests]

    @property
    def env(self) -> dict[str, str]:
        """Environment variables of a client."""
        address = {"WANDB_BASE_URL": self.store.url, "WANDB_API_KEY": KEY, "NO_PROXY": "127.0.0.1"}
        return {**address, "no_proxy": "127.0.0.1", "WANDB_ERROR_REPORTING": "false", **IMPATIENT}

    def fail(self, operation: str, status: int = 500, **which: Any) -> None:
        self.faults.append(Fault(operation, str(status), **which))

    def break_json(self, operation: str, **which: Any) -> None:
        """Answer 200 with half a document."""
        self.faults.append(Fault(operation, "broken", **which))

    def hang(self, operation: str, **which: Any) -> None:
        """Do not answer before `clear_faults`."""
        self.faults.append(Fault(operation, "hang", **which))

    def close(self, operation: str, **which: Any) -> None:
        """Close the connection without an answer."""
        self.faults.append(Fault(operation, "close", **which))

    def die(self, operation: str, **which: Any) -> None:
        """Be gone as if killed. `start` brings the server back on its port, with what it has received."""
        self.faults.append(Fault(operation, "die", **which))

    def clear_faults(self) -> None:
        """Answer everything again; connections that hang are closed."""
        with self.lock:
            self.faults.clear()
            self.cleared.set()
            self.cleared = threading.Event()

    def wait(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait until something was received."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not received; the last requests: {self.operations[-9:]}"
            time.sleep(0.005)

    def start(self) -> None:
        self.cleared = threading.Event()
        self.connections: set[socket.socket] = set()

        class OwnHandler(Handler):
            fake = self

        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), OwnHandler)
        self.http.daemon_threads = True
        self.port = self.http.server_port
        self.store.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.cleared.set()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "WandbServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: WandbServer

    def handle(self) -> None:
        self.fake.connections.add(self.connection)
        with suppress(OSError):  # the client was killed
            super().handle()
        self.fake.connections.discard(self.connection)

    def do_POST(self) -> None:
        fake, body = self.fake, self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation, request = parse(self.path, body)
        with fake.lock:
            fake.requests.append((operation, request))
            kind = next((fault.kind for fault in fake.faults if fault.applies(operation, request)), "")
            cleared = fake.cleared
            authorized = self.command == "PUT" or self.headers["Authorization"] == basic(KEY)
            reply = {} if kind or not authorized else self.store(operation, request)
        if kind == "hang":
            cleared.wait()
        if kind == "die":
            fake.stop()
        if kind in ("hang", "die", "close"):
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        elif kind == "broken":
            self.send(200, '{"data": {"')
        elif kind:
            self.send(int(kind), json.dumps({"errors": [{"message": f"a fault: {kind}"}]}))
        elif not authorized:
            self.send(401, '{"errors": [{"message": "user is not logged in"}]}')
        else:
            self.send(200, json.dumps(reply))

    def do_PUT(self) -> None:
        self.do_POST()

    def store(self, operation: str, request: Any) -> dict[str, Any]:
        """Store what was received, and return the response."""
        store, path = self.fake.store, unquote(self.path).split("/")
        if operation == "file_stream":  # /files/ENTITY/PROJECT/RUN/file_stream
            store.runs[path[4]].stream(request)
        elif operation == "upload":  # /upload/RUN/NAME
            store.runs[path[2]].files["/".join(path[3:])] = request
        elif operation == "artifact":  # /artifact/INDEX/NAME
            store.artifacts[int(path[2])].files["/".join(path[3:])] = request
        else:
            return store.execute(operation, request)
        return {}

    def send(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status >= 400 and self.fake.retry_after is not None:
            self.send_header("Retry-After", self.fake.retry_after)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


def parse(path: str, body: bytes) -> tuple[str, Any]:
    """The operation, and what `Fault.when` gets."""
    if path == "/graphql":
        document = json.loads(body)
        (operation,) = re.findall(r"^\s*(?:query|mutation)\s+(\w+)", document["query"], re.MULTILINE)
        return operation, document.get("variables") or {}
    if path.endswith("/file_stream"):
        return "file_stream", json.loads(body)
    return path.split("/")[1], body
