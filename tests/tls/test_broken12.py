"""Servers of TLS 1.2 and older whose messages are broken, early or late in the handshake."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cf525.lab.ca import Issued
from cf525.model import Ending, KeyProof, Stage
from cf525.tls import TlsClient, profiles, wire
from tests.servers import raw
from tests.servers.scripts import Script12
from tests.tls.der import odd_certificate
from tests.tls.script12 import Act, codes, play, started, to_certificate


def _point(group: int, point: bytes) -> Act:
    return to_certificate(lambda s: s.key_exchange(group=group, point=point), Script12.done)


def _message(kind: int, body: bytes) -> Act:
    return to_certificate(lambda s: s.message(kind, body))


BROKEN: list[tuple[str, int, Act]] = [
    ("compressed_point", 47, _point(0x17, b"\x02" + bytes(32))),
    ("bad_key_share", 47, _point(0x17, b"\x04" + bytes(64))),
    ("bad_key_share", 47, _point(0x1D, bytes(32))),
    ("bad_key_share", 47, _point(0x1E, bytes(56))),
    ("explicit_curve", 47, to_certificate(lambda s: s.key_exchange(curve_type=1))),
    ("missing_server_key_exchange", 10, to_certificate(Script12.done)),
    ("bad_server_key_exchange", 50, _message(wire.SERVER_KEY_EXCHANGE, b"\x03")),
    ("bad_certificate_request", 50, _message(wire.CERTIFICATE_REQUEST, b"\x05")),
    ("unexpected_message", 10, to_certificate(Script12.certificate)),
    ("unexpected_message", 10, _message(wire.FINISHED, bytes(12))),
    ("unexpected_message", 10, _message(99, b"odd")),
    ("unexpected_message", 10, to_certificate(lambda s: s.raw(raw.record(20, b"\x01")))),
    (
        "bad_server_hello_done",
        50,
        to_certificate(Script12.key_exchange, lambda s: s.message(wire.SERVER_HELLO_DONE, b"x")),
    ),
]


@pytest.mark.parametrize(("code", "alert", "act"), BROKEN)
def test_a_broken_flight_ends_the_handshake_and_the_chain_is_kept(
    code: str, alert: int, act: Act, rsa_leaf: Issued
) -> None:
    seen = play(rsa_leaf, act)
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, code)
    assert seen.certificates == rsa_leaf.chain_der
    sent = seen.alerts[-1]
    assert (sent.direction, sent.level, sent.description) == ("sent", 2, alert)


def test_server_key_exchange_has_no_place_in_static_rsa(rsa_leaf: Issued) -> None:
    seen = play(rsa_leaf, to_certificate(Script12.key_exchange), suite_code=0x009C)
    assert seen.detail == "unexpected_message"


def test_static_rsa_cannot_go_on_without_an_rsa_key(ecdsa_leaf: Issued) -> None:
    seen = play(ecdsa_leaf, to_certificate(Script12.done), suite_code=0x009C)
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "no_rsa_key")


def test_group_that_cannot_be_done_is_not_completed(rsa_leaf: Issued) -> None:
    act = to_certificate(lambda s: s.key_exchange(group=0x001A), Script12.done)
    seen = play(rsa_leaf, act)
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "group")
    assert codes(seen) == ["unoffered_group"]
    assert seen.key_proof is KeyProof.PROVED


def test_signature_over_other_parameters_is_a_key_mismatch(rsa_leaf: Issued) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        server.server_random = bytes(32)
        server.key_exchange()

    seen = play(rsa_leaf, act)
    assert (seen.detail, seen.key_proof) == ("key_mismatch", KeyProof.FAILED)


def test_stapled_response_is_kept(rsa_leaf: Issued) -> None:
    def act(server: Script12) -> None:
        server.server_hello(extensions=[(5, b"")])
        server.certificate()
        server.message(wire.CERTIFICATE_STATUS, b"\x01" + wire.vector(b"ocsp", 3))

    assert play(rsa_leaf, act).stapled_ocsp == b"ocsp"


def test_stapled_response_that_was_not_announced_is_noted_and_kept(rsa_leaf: Issued) -> None:
    body = b"\x01" + wire.vector(b"ocsp", 3)
    seen = play(rsa_leaf, to_certificate(lambda s: s.message(wire.CERTIFICATE_STATUS, body)))
    assert codes(seen) == ["unannounced_message"]
    assert seen.stapled_ocsp == b"ocsp"


def test_undecodable_leaf_leaves_the_proof_open(rsa_leaf: Issued) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate([b"not DER"])
        server.key_exchange()
        server.done()

    client, server = started(rsa_leaf, suite_code=0xC02F)
    act(server)
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert codes(seen) == ["undecodable_certificate"]
    assert seen.key_proof is KeyProof.UNKNOWN
    assert seen.stage is Stage.FINISHED_SENT


def test_certificate_request_is_kept_with_its_authorities(rsa_leaf: Issued) -> None:
    names = wire.vector(b"one", 2) + wire.vector(b"two", 2)
    body = b"\x02\x01\x40" + b"\x00\x02\x04\x01" + wire.vector(names, 2)
    act = to_certificate(
        Script12.key_exchange, lambda s: s.message(wire.CERTIFICATE_REQUEST, body), Script12.done
    )
    client, server = started(rsa_leaf)
    act(server)
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert seen.certificate_request is not None
    assert seen.certificate_request.authorities == (b"one", b"two")
    assert seen.certificate_request.certificate_types == (1, 64)
    assert seen.certificate_request.signature_schemes == (0x0401,)
    flight = server.client_flight(client.data_to_send())
    assert flight[0] == (22, b"\x0b\x00\x00\x03\x00\x00\x00")


def test_hello_request_within_the_handshake_is_noted_and_passed_over(rsa_leaf: Issued) -> None:
    request = raw.handshake_record(wire.HELLO_REQUEST, b"")

    def act(server: Script12) -> None:
        server.raw(request)
        server.server_hello()
        server.raw(request * 3)
        server.certificate()
        server.key_exchange()
        server.done()

    seen = play(rsa_leaf, act)
    assert seen.stage is Stage.FINISHED_SENT
    assert [(note.code, note.rejects) for note in seen.notes] == [
        ("hello_request", True),
    ]


def finished(leaf: Issued, **options: object) -> tuple[TlsClient, Script12]:
    """A client that has sent its Finished, and a server that has the keys."""
    client, server = started(leaf, **options)  # type: ignore[arg-type]
    server.flight()
    client.receive(server.output(), 1.0)
    server.client_flight(client.data_to_send())
    return client, server


@pytest.mark.parametrize("description", [40, 42, 50])
def test_alert_behind_our_flight_is_placed_there(description: int, rsa_leaf: Issued) -> None:
    client, server = finished(rsa_leaf)
    server.raw(raw.alert(2, description))
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.ending is Ending.ALERT
    assert seen.alerts[0].stage is Stage.FINISHED_SENT
    assert seen.key_proof is KeyProof.PROVED


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("bad_finished", lambda s: (s.change_cipher_spec(), s.finished(body=bytes(12)))),
        ("unexpected_message", lambda s: s.finished()),
        ("unexpected_message", lambda s: s.message(wire.SERVER_HELLO_DONE, b"")),
        (
            "unexpected_message",
            lambda s: (s.message(4, bytes(6)), s.message(wire.SERVER_HELLO_DONE, b"")),
        ),
        ("bad_change_cipher_spec", lambda s: s.raw(raw.record(20, b"\x02"))),
        ("bad_record_mac", lambda s: (s.change_cipher_spec(), s.raw(raw.record(22, bytes(40))))),
        ("bad_record_mac", lambda s: (s.change_cipher_spec(), s.raw(raw.record(22, bytes(9))))),
    ],
)
def test_broken_end_of_the_handshake_is_named(code: str, act: Act, rsa_leaf: Issued) -> None:
    client, server = finished(rsa_leaf)
    act(server)
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, code)


@pytest.mark.parametrize("suite_code", [0xC013, 0xC028, 0xC012])
@pytest.mark.parametrize("fragment", [b"", bytes(7), bytes(16), bytes(96), b"\xff" * 64])
def test_forged_cbc_record_is_refused(suite_code: int, fragment: bytes, rsa_leaf: Issued) -> None:
    client, server = finished(rsa_leaf, profile=profiles.legacy(), suite_code=suite_code)
    server.change_cipher_spec()
    server.raw(raw.record(22, fragment))
    client.receive(server.output(), 2.0)
    assert client.handshake().detail == "bad_record_mac"


def test_session_ticket_and_excess_data_before_the_change_of_keys(rsa_leaf: Issued) -> None:
    client, server = finished(rsa_leaf)
    server.message(wire.NEW_SESSION_TICKET, bytes(6), extra=b"\x14\x00")
    server.change_cipher_spec()
    server.finished()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.session_ticket
    assert codes(seen) == ["unannounced_message", "excess_data"]
    assert seen.stage is Stage.ESTABLISHED


def test_handshake_message_after_the_handshake_is_an_error(rsa_leaf: Issued) -> None:
    client, server = finished(rsa_leaf)
    server.change_cipher_spec()
    server.finished()
    server.message(wire.HELLO_REQUEST, b"")
    server.message(wire.SERVER_HELLO_DONE, b"")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.stage is Stage.ESTABLISHED
    assert seen.detail == "unexpected_message"


# --- Keys that real servers never have ----------------------------------------------------


def _leaf_with_rsa(n: int, e: int) -> bytes:
    spki = (
        rsa.RSAPublicNumbers(e, n)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return odd_certificate(spki)


@pytest.mark.parametrize(
    ("bits", "exponent", "code"),
    [
        (2048, (1 << 2000) + 1, "rsa_exponent"),
        (400, 65537, "rsa_key_size"),
        (20_000, 65537, "no_rsa_key"),
    ],
)
def test_static_rsa_with_an_odd_key_is_not_done(
    bits: int, exponent: int, code: str, rsa_leaf: Issued
) -> None:
    leaf = _leaf_with_rsa((1 << (bits - 1)) + 1, exponent)

    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate([leaf])
        server.done()

    seen = play(rsa_leaf, act, suite_code=0x009C)
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, code)
    assert seen.certificates == (leaf,)
