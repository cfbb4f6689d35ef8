"""Servers that are made to mislead, and what is found at them."""

import itertools
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cf525.causes.waves import MAX_CONNECTIONS
from cf525.lab.origins import server_name
from cf525.model import Finding
from tests.causes.scenarios import (
    Talk,
    diagnosed,
    hello_of,
    route,
)
from tests.causes.test_scenarios import (
    ROOT,
)
from tests.servers.inprocess import OpenSSLPeer
from tests.servers.raw import alert

APEX = "example.com"
PLATFORM = "shop.herokuapp.com"


def found_at(place: tuple[str, int], folder: Path, **values: object) -> tuple[Finding, ...]:
    (case,), found = diagnosed(route(place, **values), trust=ROOT, folder=folder)
    assert len(case.probes) < MAX_CONNECTIONS
    return found


def answering(connection: socket.socket, hello: bytes, context: object) -> None:
    """Serve TLS to a hello that was already read."""
    peer = OpenSSLPeer(context, answer=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")  # type: ignore[arg-type]
    connection.sendall(peer.exchange(hello))
    while not peer.closed and (data := connection.recv(65536)):
        connection.sendall(peer.exchange(data))


def by_chance(outcomes: Sequence[Talk]) -> Talk:
    """A balancer without health checks: one connection to each backend in turn."""
    turn = itertools.cycle(outcomes)
    lock = threading.Lock()

    def talk(connection: socket.socket) -> None:
        with lock:
            backend = next(turn)
        backend(connection)

    return talk


def by_names(known: Mapping[str, object], otherwise: Callable[[socket.socket], None]) -> Talk:
    """Serves each known name with its own context; an empty one stands for no name."""

    def talk(connection: socket.socket) -> None:
        hello = hello_of(connection)
        context = known.get(server_name(hello) or "")
        if context is None:
            otherwise(connection)
            return
        answering(connection, hello, context)

    return talk


def drops(connection: socket.socket) -> None:
    connection.close()


def alerts(number: int) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(alert(2, number))
