"""The lab's API on a loopback port, with the latency and the broken wires a test asks for.

The three settings against delayed acknowledgements and a short listen backlog matter: without
them one call costs 44 ms and parallel ones many seconds.
"""

import gzip
import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from cf525.lab.api import BASE, Reply, State, handle
from cf525.values import dataclass

_BOMB: Final = b" " * (16 << 20)
_HUGE: Final = b'{"success": true, "result": "' + b"x" * 65536


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as it was served, with the moments it came and was answered."""

    path: str
    query: str
    began: float
    ended: float


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "_Server"

    def do_GET(self) -> None:
        """Answer, after the injected latency, and note when."""
        began = time.monotonic()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, 1 << 20))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = unquote(url.path)
        if not path.startswith(BASE):
            reply = Reply(404, b"not found", {"Content-Type": "text/plain"})
        else:
            with self.server.lock:
                reply = handle(
                    self.server.state,
                    self.command,
                    path.removeprefix(BASE),
                    parse_qsl(url.query, keep_blank_values=True),
                    headers,
                    body,
                )
        if self.server.latency:
            time.sleep(self.server.latency)
        with self.server.lock:
            self.server.log.append(
                Logged(path.removeprefix(BASE), url.query, began, time.monotonic())
            )
        self._send(reply)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the base class

    def _send(self, reply: Reply) -> None:
        if reply.wire == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        raw = isinstance(reply.body, bytes)
        payload: bytes = reply.body if raw else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.wire in ("drip", "huge"):
            self._endless(slowly=reply.wire == "drip")
            return
        if reply.wire == "garbled":
            self.send_header("Content-Encoding", "br")
        elif reply.wire == "bomb" or "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send_header("Content-Encoding", "gzip")
            payload = gzip.compress(_BOMB if reply.wire else payload, compresslevel=1)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _endless(self, *, slowly: bool) -> None:
        """A body without end, until the client gives up or the server stops."""
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while not self.server.stopped.wait(0.05 if slowly else 0):
                self.wfile.write(b" " if slowly else _HUGE)
                self.wfile.flush()
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing on stderr."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, state: State, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.latency = latency
        self.log: list[Logged] = []
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hangs up: that is part of the game."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class ApiServer:
    """Serves ``state`` on ``http://127.0.0.1:PORT/client/v4`` while the context is open."""

    def __init__(self, state: State, *, latency: float = 0.0) -> None:
        self.state = state
        self._server = _Server(state, latency)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"

    @property
    def log(self) -> tuple[Logged, ...]:
        """The requests answered so far, in the order of their answers."""
        with self._server.lock:
            return tuple(self._server.log)

    def __enter__(self) -> "ApiServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
