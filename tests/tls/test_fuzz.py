"""Whatever a server sends, no exception leaves the engine and none of its own ends it.

Mutated are recorded connections as they were on the wire, and the decrypted messages of
scripted TLS 1.2 and 1.3 servers, sealed again so that the mutation reaches the parsers.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Issued
from cf525.model import Ending
from cf525.tls import TlsClient, profiles
from tests.servers.scripts import Script, Script12, Script13
from tests.tls.conftest import make_client
from tests.tls.transcripts import DIRECTORY, Transcript

ROUNDS = 12
PATHS = sorted(DIRECTORY.glob("*.json"))


def mutated(data: bytes, dice: random.Random) -> bytes:
    """One to three small changes: a flip, a cut, a copy, a length that lies."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        if not changed:
            return b""
        at = dice.randrange(len(changed))
        kind = dice.randrange(6)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at] = dice.choice((0, 1, 2, 3, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del changed[at : at + dice.randint(1, 40)]
        elif kind == 3:
            changed[at:at] = changed[max(0, at - 20) : at]
        elif kind == 4:
            changed[at:at] = dice.randbytes(dice.randint(1, 8))
        else:
            del changed[at:]
    return bytes(changed)


def assert_sound(client: TlsClient, note: object) -> None:
    seen = client.handshake()
    assert seen.ending is not Ending.INTERNAL_ERROR, (seen.detail, note)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_mutated_wire_bytes_never_break_the_engine(path: Path) -> None:
    transcript = Transcript.load(path)
    dice = random.Random(path.stem)
    incoming = [bytes.fromhex(value) for kind, value in transcript.events if kind == "<"]
    for turn in range(ROUNDS):
        client = transcript.client()
        client.start(0.0)
        target = dice.randrange(max(len(incoming), 1))
        for index, data in enumerate(incoming):
            client.receive(mutated(data, dice) if index == target else data, 1.0)
            client.data_to_send()
        client.peer_closed(dice.choice((Ending.EOF, Ending.RESET, Ending.TIMEOUT)), 2.0)
        client.close(3.0)
        assert_sound(client, turn)
        assert client.ended is not None


class _Mutator:
    """Wraps a script's ``message`` so that one of the messages goes out changed."""

    def __init__(self, script: Script, target: int, dice: random.Random) -> None:
        self._message = script.message
        self._left = target
        self._dice = dice
        script.message = self.message  # type: ignore[method-assign]

    def message(self, kind: int, body: bytes, *, extra: bytes = b"") -> None:
        self._left -= 1
        self._message(kind, mutated(body, self._dice) if self._left == -1 else body, extra=extra)


def _mutations(
    script: Callable[[bytes], Any], rounds: int, steps: int
) -> Iterator[tuple[TlsClient, Any]]:
    dice = random.Random(steps)
    profile = profiles.without_post_quantum(cloudflare())
    for _ in range(rounds):
        client = make_client(profile)
        client.start(0.0)
        server = script(client.data_to_send())
        _Mutator(server, dice.randrange(steps), dice)
        yield client, server


def test_mutated_messages_of_tls13_never_break_the_engine(ecdsa_leaf: Issued) -> None:
    for client, server in _mutations(lambda hello: Script13(hello, ecdsa_leaf), 400, 6):
        server.server_hello()
        server.encrypted_extensions([(16, b"\x00\x03\x02h2"), (0, b"")])
        server.certificate_request([(13, b"\x00\x04\x04\x03\x08\x04"), (47, b"\x00\x04\x00\x02ab")])
        server.certificate(extensions=[(5, b"\x01\x00\x00\x02ok")])
        server.certificate_verify()
        server.finished()
        server.message(4, bytes(13))
        server.message(24, b"\x00")
        client.receive(server.output(), 1.0)
        assert_sound(client, client.handshake().trace)


def test_mutated_messages_of_tls12_never_break_the_engine(rsa_leaf: Issued) -> None:
    for suite_code in (0xC02F, 0x009C, 0xC013):
        make = lambda hello, code=suite_code: Script12(hello, rsa_leaf, suite_code=code)  # noqa: E731
        for client, server in _mutations(make, 150, 5):
            server.server_hello()
            server.certificate()
            if suite_code != 0x009C:
                server.key_exchange()
            server.message(13, b"\x01\x01\x00\x02\x04\x01\x00\x04\x00\x02ab")
            server.done()
            client.receive(server.output(), 1.0)
            assert_sound(client, client.handshake().trace)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=600), cut=st.integers(0, 600))
def test_arbitrary_bytes_never_break_the_engine(data: bytes, cut: int) -> None:
    client = make_client()
    client.start(0.0)
    client.receive(data[:cut], 1.0)
    client.receive(data[cut:], 2.0)
    client.peer_closed(Ending.EOF, 3.0)
    assert client.ended is not None
    assert_sound(client, data)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    records=st.lists(
        st.tuples(st.sampled_from([20, 21, 22, 23]), st.binary(max_size=80)), max_size=12
    )
)
def test_arbitrary_records_never_break_the_engine(records: list[tuple[int, bytes]]) -> None:
    client = make_client()
    client.start(0.0)
    for kind, payload in records:
        client.receive(bytes([kind, 3, 3]) + len(payload).to_bytes(2) + payload, 1.0)
    client.peer_closed(Ending.RESET, 3.0)
    assert client.ended is not None
    assert_sound(client, records)
