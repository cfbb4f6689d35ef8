"""A place where Prometheus scrapes: the official client library's pages, on a server of few.

Whoever can reach the port may hold connections open and say nothing. There are never more than a
few; the oldest makes room for the next, so that a scrape always gets through.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from cf525.errors import UsageError

MOST_CLIENTS: Final = 8


@dataclass(frozen=True)
class Listening:
    """A server that is up: its URL, and what ends it."""

    url: str
    stop: Callable[[], None]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, *given: Any) -> None:
        self.address_family = socket.AF_INET6 if ":" in given[0][0] else socket.AF_INET
        self._open: deque[socket.socket] = deque()
        self._turn = threading.Lock()
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one more, at the cost of the oldest where there are too many."""
        with self._turn:
            self._open.append(request)
            oldest = self._open.popleft() if len(self._open) > MOST_CLIENTS else None
        if oldest is not None:
            with suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._turn, suppress(ValueError):
            self._open.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no matter of ours."""


class _Silent(WSGIRequestHandler):
    timeout = 30.0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """A scrape is no news."""


def parse_address(text: str) -> tuple[str, int]:
    """Where to listen, from ``:9525`` or ``127.0.0.1:9525``. Raises UsageError."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise UsageError(f"{text!r} is no place to listen", hint="write :9525")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  an exporter is there to be scraped


def listen(address: str, registry: CollectorRegistry) -> Listening:
    """Serve ``registry`` at ``address``. Raises UsageError when the port cannot be had."""
    host, port = parse_address(address)
    try:
        server = make_server(host, port, make_wsgi_app(registry), _Server, _Silent)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {address}: {error.strerror}", hint="choose another port"
        ) from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return Listening(f"http://{host}:{server.server_port}/metrics", stop)
