"""TLS 1.3 servers whose messages leave nothing to go on with."""

import pytest

from cf525.lab.ca import Issued
from cf525.model import Ending
from cf525.tls import wire
from tests.servers import raw
from tests.servers.scripts import Script13
from tests.tls.script13 import Act, play, started

ENDINGS: list[tuple[str, int, Act]] = [
    ("bad_key_share", 47, lambda s: _hello_with_share(s, bytes(32))),
    ("bad_key_share", 47, lambda s: _hello_with_share(s, b"short")),
    ("missing_key_share", 109, lambda s: _hello(s, [(43, b"\x03\x04")])),
    ("group_not_shared", 47, lambda s: _hello(s, [(43, b"\x03\x04"), (51, b"\x00\x17\x00\x01x")])),
    ("bad_key_share", 50, lambda s: _hello(s, [(43, b"\x03\x04"), (51, b"\x00")])),
    ("bad_supported_versions", 50, lambda s: _hello(s, [(43, b"\x03")])),
    ("unknown_version", 70, lambda s: _hello(s, [(43, b"\x7f\x1c")])),
    ("duplicate_extension", 47, lambda s: _hello(s, [(43, b"\x03\x04"), (43, b"\x03\x04")])),
    ("bad_server_hello", 50, lambda s: s.message(wire.SERVER_HELLO, b"\x03\x03")),
    ("unexpected_message", 10, lambda s: s.message(wire.CERTIFICATE, b"")),
    ("retry_for_group_already_shared", 47, lambda s: s.retry(group=0x1D)),
    ("bad_cookie", 50, lambda s: s.retry(extra=[(44, b"\x00")])),
]


def _hello(server: Script13, items: list[tuple[int, bytes]]) -> None:
    body = raw.server_hello_body(0x1301, items, session_id=server.hello.session_id)
    server.message(wire.SERVER_HELLO, body)


def _hello_with_share(server: Script13, share: bytes) -> None:
    _hello(server, [(43, b"\x03\x04"), (51, b"\x00\x1d" + wire.vector(share, 2))])


@pytest.mark.parametrize(("code", "alert", "act"), ENDINGS)
def test_a_server_hello_nothing_can_follow_ends_the_handshake(
    code: str, alert: int, act: Act, rsa_leaf: Issued
) -> None:
    seen = play(rsa_leaf, act)
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, code)
    assert [(each.direction, each.level, each.description) for each in seen.alerts] == [
        ("sent", 2, alert)
    ]


def _after_hello(*steps: Act) -> Act:
    def act(server: Script13) -> None:
        server.server_hello()
        for step in steps:
            step(server)

    return act


EE: Act = Script13.encrypted_extensions
CERTIFICATE: Act = Script13.certificate
VERIFY: Act = Script13.certificate_verify

BROKEN_FLIGHTS: list[tuple[str, int, Act]] = [
    ("empty_certificate", 50, _after_hello(EE, lambda s: s.certificate([]))),
    (
        "bad_certificate",
        50,
        _after_hello(EE, lambda s: s.message(wire.CERTIFICATE, b"\x00\x00\x00\x05abc")),
    ),
    (
        "bad_certificate",
        50,
        _after_hello(EE, lambda s: s.message(wire.CERTIFICATE, b"\x01x\x00\x00\x00")),
    ),
    ("unexpected_message", 10, _after_hello(CERTIFICATE)),
    ("unexpected_message", 10, _after_hello(EE, VERIFY)),
    ("unexpected_message", 10, _after_hello(EE, CERTIFICATE, Script13.finished)),
    (
        "bad_finished",
        51,
        _after_hello(EE, CERTIFICATE, VERIFY, lambda s: s.finished(body=bytes(32))),
    ),
    (
        "bad_alpn",
        50,
        _after_hello(lambda s: s.encrypted_extensions([(16, b"\x00\x04\x01a\x01b")])),
    ),
    ("bad_alpn", 50, _after_hello(lambda s: s.encrypted_extensions([(16, b"\x00\x01\x00")]))),
    (
        "bad_encrypted_extensions",
        50,
        _after_hello(lambda s: s.message(wire.ENCRYPTED_EXTENSIONS, b"\x00\x05x")),
    ),
    (
        "certificate_request_without_signature_algorithms",
        50,
        _after_hello(EE, lambda s: s.certificate_request([])),
    ),
    ("bad_record_mac", 20, _after_hello(lambda s: s.raw(raw.record(23, bytes(64))))),
    ("bad_record_mac", 20, _after_hello(lambda s: s.raw(raw.record(23, b"tiny")))),
    ("unprotected_record", 10, _after_hello(lambda s: s.raw(raw.record(22, b"\x08\x00\x00\x00")))),
    ("empty_inner_plaintext", 10, _after_hello(lambda s: s.send(0, bytes(8)))),
    ("unexpected_record", 10, _after_hello(lambda s: s.send(23, b"early"))),
    ("unexpected_record", 10, _after_hello(lambda s: s.send(99, b"odd"))),
    ("record_overflow", 22, _after_hello(lambda s: s.send(22, bytes((1 << 14) + 1)))),
]


@pytest.mark.parametrize(("code", "alert", "act"), BROKEN_FLIGHTS)
def test_a_broken_flight_ends_the_handshake_with_an_encrypted_alert(
    code: str, alert: int, act: Act, rsa_leaf: Issued
) -> None:
    client, server = started(rsa_leaf)
    act(server)
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, code)
    assert server.opened(client.data_to_send())[-1] == (wire.ALERT, bytes([2, alert]))
    assert seen.alerts[-1].encrypted


@pytest.mark.parametrize(
    ("suite_code", "ending", "code"),
    [
        (0x1304, Ending.NOT_COMPLETED, "suite"),
        (0xC02F, Ending.NOT_COMPLETED, "suite"),
        (0xFEED, Ending.NOT_COMPLETED, "suite"),
    ],
)
def test_suite_that_cannot_be_finished_is_kept(
    suite_code: int, ending: Ending, code: str, rsa_leaf: Issued
) -> None:
    body_items = [(43, b"\x03\x04"), (51, b"\x00\x1d" + wire.vector(bytes(32), 2))]

    def act(server: Script13) -> None:
        body = raw.server_hello_body(suite_code, body_items, session_id=server.hello.session_id)
        server.message(wire.SERVER_HELLO, body)

    seen = play(rsa_leaf, act)
    assert (seen.ending, seen.detail) == (ending, code)
    assert seen.server_hello is not None
    assert seen.server_hello.suite == suite_code
    assert seen.alerts[-1].description == 0  # close_notify: it is us who will not
