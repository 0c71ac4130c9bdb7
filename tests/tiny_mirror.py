"""Mirrors of the tiny IDX files on this machine: real servers, good ones and bad ones."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tiny_idx import GZ


class Mirror(BaseHTTPRequestHandler):
    """Serves the tiny files; the server says how badly, and which of them."""

    def do_GET(self):
        name = Path(self.path).name
        self.server.asked.append(name)
        fault, data = self.server.fault if name in self.server.bad else "", GZ[name]
        if fault == "closed":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(int(fault) if fault.isdigit() else 200)
        if fault != "no length":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        body = {"truncated": data[: len(data) // 2], "cut off": data[:-9], "wrong": data[::-1]}.get(fault, data)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def mirror(fault: str = "", bad: tuple[str, ...] = tuple(GZ)) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.fault, server.bad, server.asked = fault, bad, []
        server.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:  # or a failing test would wait for the thread for ever
            server.shutdown()
            thread.join()


def closed_port() -> str:
    """A mirror that nobody runs: as good as no network."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/base/"
