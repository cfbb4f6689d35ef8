"""Runs one route through probes, waves and causes, without an account."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cf525.causes.case import Case, Context
from cf525.causes.matching import findings
from cf525.conclusion.certainty import bounded, bounded_case
from cf525.diagnosis.investigate import Investigation
from cf525.diagnosis.judge import Judge
from cf525.lab.ca import Authority
from cf525.model import Finding, PostQuantum, Route, Target
from cf525.pki import TrustStore
from cf525.probe.plan import Runner
from tests.servers.heard import Heard, attentive_probe
from tests.servers.inprocess import Peer

HOST = "www.example.com"
TARGET = Target(scheme="https", host=HOST, port=443)

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
Talk = Callable[[socket.socket], None]


@contextmanager
def scripted(talk: Talk) -> Iterator[tuple[str, int]]:
    """A listener that gives each connection to ``talk`` and then closes it."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=(listener, talk), daemon=True)
    thread.start()
    try:
        address, port = listener.getsockname()
        yield address, port
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


def _accept(listener: socket.socket, talk: Talk) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=(connection, talk), daemon=True).start()


def _talk(connection: socket.socket, talk: Talk) -> None:
    connection.settimeout(60)
    with contextlib.suppress(OSError), Heard(connection) as heard:
        talk(heard)


def route(place: tuple[str, int], **values: object) -> Route:
    base = Route(
        id="r1",
        mode="strict",
        scheme="https",
        address=place[0],
        port=place[1],
        sni=HOST,
        host_header=HOST,
        accepted_names=(HOST,),
        client_certificate="none",
    )
    return replace(base, **values)  # type: ignore[arg-type]


def deeply_diagnosed(
    *routes: Route, trust: Authority, folder: Path
) -> tuple[tuple[Case, ...], tuple[Finding, ...]]:
    """The same with ``--deep``."""
    return diagnosed(*routes, trust=trust, folder=folder, deep=True)


def diagnosed(
    *routes: Route,
    trust: Authority | None = None,
    folder: Path | None = None,
    deep: bool = False,
    store: TrustStore | None = None,
    at: datetime | None = None,
    runner: Runner = attentive_probe,
) -> tuple[tuple[Case, ...], tuple[Finding, ...]]:
    """The cases of these routes and the findings, the headline first.

    What is trusted is ``store``, or the default with ``trust`` besides.
    """
    files: Sequence[Path] = ()
    if trust is not None and folder is not None:
        file = folder / "trust.pem"
        file.write_bytes(trust.pem)
        files = (file,)
    judge = Judge(trust=store or TrustStore.load_default(files), at=at)
    context = Context(target=TARGET, deep=deep)
    investigation = Investigation(context, judge=judge, runner=runner)

    async def everything() -> None:
        await investigation.first_look(routes)
        await investigation.look_closer()

    asyncio.run(everything())
    cases = tuple(investigation.cases.values())
    cases = tuple(map(bounded_case, cases))
    return cases, findings(cases, bounded)


def in_context(case: Case, **changes: Any) -> Case:
    """The case where more, or something else, is known of its target."""
    return replace(case, context=replace(case.context, **changes))


PREFERRED = PostQuantum.PREFERRED
OFF = PostQuantum.OFF


def serving(make_peer: Callable[[], Peer]) -> Talk:
    """A talk that gives each connection a fresh TLS peer."""

    def talk(connection: socket.socket) -> None:
        peer = make_peer()
        connection.sendall(peer.exchange(b""))
        while not peer.closed and (data := connection.recv(65536)):
            connection.sendall(peer.exchange(data))

    return talk


def hello_of(connection: socket.socket) -> bytes:
    """The whole ClientHello record, in however many pieces it comes.

    OSError when the client closes before: a loop over nothing would spin for ever.
    """
    head = _exactly(connection, 5)
    return head + _exactly(connection, int.from_bytes(head[3:5]))


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("closed before the hello was whole")
        data += more
    return data
