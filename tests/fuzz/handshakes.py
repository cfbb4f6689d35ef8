"""Rogue servers: recorded bytes and messages of servers with real keys, changed on their way.

What must hold is that no exception leaves the engine, none of its own ends a handshake, and every
handshake ends when its connection does.
"""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending
from cf525.tls import TlsClient, profiles
from tests.fuzz.mutations import mutated
from tests.servers.scripts import Script, Script12, Script13
from tests.tls.conftest import NAME, make_client
from tests.tls.transcripts import DIRECTORY, Transcript

PATHS: Final = sorted(DIRECTORY.glob("*.json"))
CLOSES: Final = (Ending.EOF, Ending.RESET, Ending.TIMEOUT)
SUITES: Final = (0xC02F, 0x009C, 0xC013, 0xC030, 0xCCA8)


@cache
def _leaf(kind: str) -> Issued:
    return Authority().intermediate().issue(NAME, kind=kind)


@cache
def _recorded(number: int) -> Transcript:
    return Transcript.load(PATHS[number])


def _sound(client: TlsClient, dice: Random) -> str:
    client.peer_closed(dice.choice(CLOSES), 2.0)
    client.close(3.0)
    seen = client.handshake()
    assert seen.ending is not Ending.INTERNAL_ERROR, seen.detail
    assert client.ended is not None
    return str(seen.ending)


def on_the_wire(dice: Random) -> str:
    """A recorded connection with one of its flights changed, cut into other pieces."""
    transcript = _recorded(dice.randrange(len(PATHS)))
    incoming = [bytes.fromhex(value) for kind, value in transcript.events if kind == "<"]
    client = transcript.client()
    client.start(0.0)
    target = dice.randrange(max(len(incoming), 1))
    for index, data in enumerate(incoming):
        data = mutated(data, dice) if index == target else data
        cut = dice.randrange(len(data) + 1)
        client.receive(data[:cut], 1.0)
        client.data_to_send()
        client.receive(data[cut:], 1.0)
        client.data_to_send()
    return _sound(client, dice)


def records(dice: Random) -> str:
    """Records of any kind, or bytes that are none."""
    client = make_client()
    client.start(0.0)
    for _ in range(dice.randint(1, 12)):
        payload = dice.randbytes(dice.choice((0, 1, 2, 4, 40, 300, 16_384, 18_000)))
        kind = dice.choice((20, 21, 22, 22, 22, 23, 24, 0, 255))
        if kind == 22 and dice.random() < 0.7:
            body = bytes([dice.choice((0, 1, 2, 4, 8, 11, 12, 13, 14, 16, 20, 24, 25))])
            payload = body + len(payload).to_bytes(3) + payload
        length = dice.choice((len(payload),) * 6 + (0, 65_535, len(payload) + 1))
        head = bytes([kind, 3, dice.choice((0, 1, 3, 3, 3, 4, 9))]) + min(length, 65_535).to_bytes(
            2
        )
        client.receive(head + payload if dice.random() < 0.95 else payload, 1.0)
        client.data_to_send()
    return _sound(client, dice)


class _Rogue:
    """Wraps a script's ``message`` so that one of the messages goes out changed, twice, or not."""

    def __init__(self, script: Script, target: int, dice: Random) -> None:
        self._message = script.message
        self._left = target
        self._dice = dice
        script.message = self.message  # type: ignore[method-assign]

    def message(self, kind: int, body: bytes, *, extra: bytes = b"") -> None:
        self._left -= 1
        if self._left != -1:
            self._message(kind, body, extra=extra)
            return
        how = self._dice.randrange(8)
        if how == 0:
            return
        kind = self._dice.choice((0, 1, 2, 4, 11, 13, 15, 20, 24)) if how == 1 else kind
        for _ in range(2 if how == 2 else 1):
            self._message(kind, body if how < 3 else mutated(body, self._dice), extra=extra)


def _server13(hello: bytes, dice: Random) -> Script:
    server = Script13(hello, _leaf("p256"))
    _Rogue(server, dice.randrange(7), dice)
    server.server_hello()
    server.encrypted_extensions([(16, b"\x00\x03\x02h2"), (0, b"")])
    if dice.random() < 0.5:
        server.certificate_request([(13, b"\x00\x04\x04\x03\x08\x04"), (47, b"\x00\x04\x00\x02ab")])
    server.certificate(extensions=[(5, b"\x01\x00\x00\x02ok")])
    server.certificate_verify()
    server.finished()
    server.message(4, bytes(13))
    server.message(24, b"\x00")
    return server


def _server12(hello: bytes, dice: Random) -> Script:
    suite = dice.choice(SUITES)
    server = Script12(hello, _leaf("rsa2048"), suite_code=suite)
    _Rogue(server, dice.randrange(5), dice)
    server.server_hello()
    server.certificate()
    if suite != 0x009C:
        server.key_exchange()
    if dice.random() < 0.5:
        server.message(13, b"\x01\x01\x00\x02\x04\x01\x00\x04\x00\x02ab")
    server.done()
    return server


_SERVERS: Final[tuple[Callable[[bytes, Random], Any], ...]] = (_server13, _server12)


def attack(dice: Random) -> str:
    """A server with real keys, of which one message is not what it should be."""
    client = make_client(profiles.without_post_quantum(cloudflare()))
    client.start(0.0)
    server = dice.choice(_SERVERS)(client.data_to_send(), dice)
    client.receive(server.output(), 1.0)
    client.data_to_send()
    return _sound(client, dice)
