"""The scripted servers of ``tests/tls/test_to_the_letter.py``, shown to BoringSSL itself.

What the tests there say of the edge is what an independent client does here.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cf525.lab.ca import Authority, Issued
from cf525.tls import wire
from tests.oracle.asking import oracle
from tests.oracle.comparison import PAGE
from tests.oracle.origins import HOST
from tests.servers.inprocess import listening
from tests.servers.scripts import Script12, Script13
from tests.tls import test_to_the_letter as letter

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def rsa_leaf() -> Issued:
    return Authority().intermediate().issue(HOST, kind="rsa2048")


class _Peer:
    """A script on a port: the flight, the end, and a page for whatever is asked behind them."""

    def __init__(self, leaf: Issued) -> None:
        self.leaf = leaf
        self.closed = False
        self._data = b""

    def records(self, data: bytes) -> list[bytes]:
        """The whole records that have come."""
        self._data += data
        found = []
        while len(self._data) >= wire.RECORD_HEADER:
            end = wire.RECORD_HEADER + int.from_bytes(self._data[3:5])
            if len(self._data) < end:
                break
            found.append(self._data[:end])
            self._data = self._data[end:]
        return found


class Peer12(_Peer):
    def __init__(self, leaf: Issued, flight: letter.Act12, end: letter.Act12 | None) -> None:
        super().__init__(leaf)
        self.flight, self.end = flight, end
        self.script: Script12 | None = None
        self.flown: list[bytes] = []
        self.done = False

    def exchange(self, data: bytes) -> bytes:
        for each in self.records(data):
            self._one(each)
        return self.script.output() if self.script is not None else b""

    def _one(self, data: bytes) -> None:
        if self.script is None:
            self.script = Script12(data, self.leaf)
            self.flight(self.script)
        elif data[0] == wire.ALERT and not self.done:
            self.closed = True
        elif not self.done:
            self.flown.append(data)
            if len(self.flown) > 1 and self.flown[-2][0] == wire.CHANGE_CIPHER_SPEC:
                self._finish(self.script)
        elif data[0] == wire.APPLICATION_DATA:
            self.script.send(wire.APPLICATION_DATA, PAGE)

    def _finish(self, script: Script12) -> None:
        self.done = True
        script.client_flight(b"".join(self.flown))
        if self.end is not None:
            self.end(script)
        else:
            script.change_cipher_spec()
            script.finished()


class Peer13(_Peer):
    def __init__(self, leaf: Issued, flight: letter.Act13, after: letter.Act13 | None) -> None:
        super().__init__(leaf)
        self.flight, self.after = flight, after
        self.script: Script13 | None = None
        self.done = False

    def exchange(self, data: bytes) -> bytes:
        for each in self.records(data):
            self._one(each)
        return self.script.output() if self.script is not None else b""

    def _one(self, data: bytes) -> None:
        if self.script is None:
            self.script = Script13(data, self.leaf)
            self.flight(self.script)
        elif data[0] == wire.APPLICATION_DATA:
            for kind, payload in self.script.opened(data):
                self._opened(self.script, kind, payload)

    def _opened(self, script: Script13, kind: int, payload: bytes) -> None:
        if kind == wire.ALERT:
            self.closed = True
        elif kind == wire.HANDSHAKE and payload[0] == wire.FINISHED and not self.done:
            self.done = True
            script.read_application_keys()
            if self.after is not None:
                self.after(script)
        elif kind == wire.APPLICATION_DATA:
            script.send(wire.APPLICATION_DATA, PAGE)


def asked(make: Callable[[], Any], folder: Path) -> str:
    root = folder / "root.pem"
    root.write_bytes(Authority().pem)
    with listening(make) as (_, port):
        answer = oracle(port, "full", root, curves="X25519")
    return answer.status


def test_scripts_by_the_book_are_served(rsa_leaf: Issued, tmp_path: Path) -> None:
    assert asked(lambda: Peer12(rsa_leaf, Script12.flight, None), tmp_path) == "ok"
    assert asked(lambda: Peer13(rsa_leaf, Script13.flight, None), tmp_path) == "ok"


@pytest.mark.parametrize(("code", "flight", "end"), letter.ENDED12)
def test_boringssl_ends_the_handshake_up_to_tls12(
    code: str,
    flight: letter.Act12,
    end: letter.Act12 | None,
    rsa_leaf: Issued,
    tmp_path: Path,
) -> None:
    assert asked(lambda: Peer12(rsa_leaf, flight, end), tmp_path) == "525"


@pytest.mark.parametrize(("code", "flight"), letter.ENDED13)
def test_boringssl_ends_the_handshake_in_tls13(
    code: str, flight: letter.Act13, rsa_leaf: Issued, tmp_path: Path
) -> None:
    assert asked(lambda: Peer13(rsa_leaf, flight, None), tmp_path) == "525"


@pytest.mark.parametrize(("code", "after"), letter.ENDED_AFTER)
def test_boringssl_ends_the_connection_behind_the_handshake(
    code: str, after: letter.Act13, rsa_leaf: Issued, tmp_path: Path
) -> None:
    assert asked(lambda: Peer13(rsa_leaf, Script13.flight, after), tmp_path) == "520"


@pytest.mark.parametrize("after", letter.ALLOWED_AFTER)
def test_boringssl_goes_on_behind_the_handshake(
    after: letter.Act13, rsa_leaf: Issued, tmp_path: Path
) -> None:
    assert asked(lambda: Peer13(rsa_leaf, Script13.flight, after), tmp_path) == "ok"


@pytest.mark.parametrize(("count", "expected"), [(32, "ok"), (33, "525")])
def test_boringssl_counts_change_cipher_specs(
    count: int, expected: str, rsa_leaf: Issued, tmp_path: Path
) -> None:
    flight = letter._flight13(before=lambda s: s.raw(letter.CCS * count))
    assert asked(lambda: Peer13(rsa_leaf, flight, None), tmp_path) == expected


@pytest.mark.parametrize(("padding", "expected"), [(1 << 14, "ok"), ((1 << 14) + 1, "525")])
def test_boringssl_counts_padding(
    padding: int, expected: str, rsa_leaf: Issued, tmp_path: Path
) -> None:
    flight = letter._padded(padding)
    assert asked(lambda: Peer13(rsa_leaf, flight, None), tmp_path) == expected


@pytest.mark.parametrize(("body", "fine"), letter.TICKETS12)
def test_boringssl_reads_the_ticket_that_was_announced(
    body: bytes, fine: bool, rsa_leaf: Issued, tmp_path: Path
) -> None:
    flight = letter._flight12(extensions=letter.TICKET)
    end = letter._ticket_then_the_end(body)
    answer = asked(lambda: Peer12(rsa_leaf, flight, end), tmp_path)
    assert answer == ("ok" if fine else "525")


@pytest.mark.parametrize("late", letter.LATE12)
def test_boringssl_takes_only_a_hello_request_behind_tls12(
    late: bytes, rsa_leaf: Issued, tmp_path: Path
) -> None:
    end = letter._end_with((wire.HANDSHAKE, late))
    assert asked(lambda: Peer12(rsa_leaf, Script12.flight, end), tmp_path) == "520"


@pytest.mark.parametrize(("count", "expected"), [(4, "ok"), (5, "520")])
def test_boringssl_counts_warnings_behind_tls12(
    count: int, expected: str, rsa_leaf: Issued, tmp_path: Path
) -> None:
    end = letter._end_with(*[(wire.ALERT, b"\x01\x70")] * count)
    assert asked(lambda: Peer12(rsa_leaf, Script12.flight, end), tmp_path) == expected
