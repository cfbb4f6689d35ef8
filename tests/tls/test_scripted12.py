"""Servers of TLS 1.2 and older that do odd things, one at a time."""

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending, KeyProof, Stage
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12
from cf525.tls import Handshake, TlsClient, profiles, wire
from tests.servers import raw
from tests.servers.raw import Script12
from tests.tls.conftest import NAME, make_client
from tests.tls.test_certificate import odd_certificate

Act = Callable[[Script12], None]


def started(
    leaf: Issued, profile: ClientProfile | None = None, **options: object
) -> tuple[TlsClient, Script12]:
    client = make_client(profile)
    client.start(0.0)
    return client, Script12(client.data_to_send(), leaf, **options)  # type: ignore[arg-type]


def play(
    leaf: Issued, act: Act, profile: ClientProfile | None = None, **options: object
) -> Handshake:
    client, server = started(leaf, profile, **options)
    act(server)
    client.receive(server.output(), 1.0)
    return client.handshake()


def codes(seen: Handshake) -> list[str]:
    return [note.code for note in seen.notes if note.rejects]


def _to_certificate(*steps: Act) -> Act:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        for step in steps:
            step(server)

    return act


def test_a_handshake_by_the_book_is_established_without_a_note(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.flight()
    client.receive(server.output(), 1.0)
    server.client_flight(client.data_to_send())
    server.change_cipher_spec()
    server.finished()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.stage, seen.notes) == (Stage.ESTABLISHED, ())
    assert seen.server_hello is not None
    assert not seen.server_hello.extended_master_secret


KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

SENTINELS = [b"DOWNGRD\x01", b"DOWNGRD\x00", bytes.fromhex("edbfb4a8c24710ff")]


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_downgrade_sentinel_is_noted_when_tls13_was_offered(
    sentinel: bytes, rsa_leaf: Issued
) -> None:
    def act(server: Script12) -> None:
        server.server_hello(random=bytes(24) + sentinel)

    assert codes(play(rsa_leaf, act)) == ["downgrade_sentinel"]
    only12 = profiles.only_version(cloudflare(), TLS12)
    assert codes(play(rsa_leaf, act, only12)) == []


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("unsolicited_extension", lambda s: s.server_hello(extensions=[(22, b"")])),
        ("misplaced_extension", lambda s: s.server_hello(extensions=[(45, b"\x01\x01")])),
        ("compression", lambda s: s.server_hello(compression=1)),
        ("session_id_echoed", lambda s: s.server_hello(session_id=s.hello.session_id)),
        ("extension_body", lambda s: s.server_hello(extensions=[(0xFF01, b"\x04wxyz")])),
        ("extension_body", lambda s: s.server_hello(extensions=[(0, b"name")])),
        ("extension_body", lambda s: s.server_hello(extensions=[(11, b"\x01\x02")])),
        ("unoffered_alpn", lambda s: s.server_hello(extensions=[(16, b"\x00\x03\x02h3")])),
    ],
)
def test_odd_server_hello_is_noted_and_the_chain_still_read(
    code: str, act: Act, rsa_leaf: Issued
) -> None:
    def whole(server: Script12) -> None:
        act(server)
        server.certificate()

    seen = play(rsa_leaf, whole)
    assert codes(seen) == [code]
    assert seen.certificates == rsa_leaf.chain_der


@pytest.mark.parametrize("extensions", [None, ()])
def test_server_without_secure_renegotiation_is_fine(
    extensions: tuple[()] | None, rsa_leaf: Issued
) -> None:
    seen = play(rsa_leaf, lambda s: s.server_hello(extensions=extensions))
    assert (seen.notes, seen.ending) == ((), None)
    assert seen.stage is Stage.SERVER_HELLO


@pytest.mark.parametrize("suite_code", [0x0005, 0xFEED, 0xC009])
def test_unoffered_suite_is_noted_and_the_chain_still_read(
    suite_code: int, rsa_leaf: Issued
) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()

    seen = play(rsa_leaf, act, suite_code=suite_code)
    assert "unoffered_suite" in codes(seen)
    assert seen.server_hello is not None
    assert seen.server_hello.suite == suite_code
    assert seen.certificates == rsa_leaf.chain_der


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS11])
def test_unoffered_version_is_noted_and_the_chain_still_read(
    version: int, rsa_leaf: Issued
) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        server.done()

    only12 = profiles.only_version(cloudflare(), TLS12)
    seen = play(rsa_leaf, act, only12, version=version, suite_code=0x002F)
    assert codes(seen)[0] == "unoffered_version"
    assert seen.server_hello is not None
    assert seen.server_hello.version == version
    assert seen.certificates == rsa_leaf.chain_der
    assert (seen.ending is Ending.NOT_COMPLETED) is (version == SSL3)


@pytest.mark.parametrize("version", [0x0002, 0x0305, 0xFEFD])
def test_version_nobody_knows_ends_the_handshake_and_is_kept(
    version: int, rsa_leaf: Issued
) -> None:
    seen = play(rsa_leaf, Script12.server_hello, version=version)
    assert seen.ending is Ending.PROTOCOL_ERROR
    assert seen.server_hello is not None
    assert seen.server_hello.version == version


def test_tls13_in_the_legacy_field_is_noted(rsa_leaf: Issued) -> None:
    seen = play(rsa_leaf, Script12.server_hello, version=0x0304, suite_code=0x1301)
    assert "legacy_version" in codes(seen)
    assert seen.detail == "missing_key_share"


def test_older_version_in_supported_versions_is_noted(rsa_leaf: Issued) -> None:
    seen = play(rsa_leaf, lambda s: s.server_hello(extensions=[(43, b"\x03\x03")]))
    assert [(note.code, note.detail) for note in seen.notes] == [
        ("misplaced_extension", "supported_versions")
    ]
    assert seen.ending is None


def test_suite_of_another_version_is_noted(rsa_leaf: Issued) -> None:
    seen = play(rsa_leaf, lambda s: s.server_hello(), version=TLS10, suite_code=0xC02F)
    assert codes(seen) == ["suite_version"]


def test_leaf_of_the_wrong_type_is_noted(ecdsa_leaf: Issued) -> None:
    seen = play(ecdsa_leaf, _to_certificate())
    assert codes(seen) == ["wrong_certificate_type"]


@pytest.mark.parametrize(
    ("kind", "codes_seen"), [("p256", []), ("secp256k1", ["certificate_curve"])]
)
def test_leaf_on_a_curve_that_was_not_offered_is_noted(
    kind: str, codes_seen: list[str], issuing_ca: Authority
) -> None:
    leaf = issuing_ca.issue(NAME, kind=kind)
    seen = play(leaf, _to_certificate(), suite_code=0xC02B)
    assert codes(seen) == codes_seen


@pytest.mark.parametrize(
    ("suite_code", "usage", "missing"),
    [
        (0xC02F, "key_encipherment", "digitalSignature is missing"),
        (0x009C, "digital_signature", "keyEncipherment is missing"),
    ],
)
def test_key_usage_that_forbids_the_key_exchange_is_noted(
    suite_code: int, usage: str, missing: str, ca: Authority
) -> None:
    extension = x509.KeyUsage(**{name: name == usage for name in KEY_USAGES})
    leaf = ca.issue(NAME, kind="rsa2048", key_usage=False, extra=[(extension, True)])
    client, server = started(leaf, suite_code=suite_code)
    server.flight()
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert [(note.code, note.detail) for note in seen.notes] == [("key_usage", missing)]
    assert seen.stage is Stage.FINISHED_SENT


@pytest.mark.parametrize("exchange", [0xC02F, 0x009C])
def test_leaf_without_key_usage_is_fine(exchange: int, ca: Authority) -> None:
    leaf = ca.issue(NAME, kind="rsa2048", key_usage=False)
    seen = play(leaf, Script12.flight, suite_code=exchange)
    assert seen.notes == ()


def _point(group: int, point: bytes) -> Act:
    return _to_certificate(lambda s: s.key_exchange(group=group, point=point), Script12.done)


def _message(kind: int, body: bytes) -> Act:
    return _to_certificate(lambda s: s.message(kind, body))


BROKEN: list[tuple[str, int, Act]] = [
    ("compressed_point", 47, _point(0x17, b"\x02" + bytes(32))),
    ("bad_key_share", 47, _point(0x17, b"\x04" + bytes(64))),
    ("bad_key_share", 47, _point(0x1D, bytes(32))),
    ("bad_key_share", 47, _point(0x1E, bytes(56))),
    ("explicit_curve", 47, _to_certificate(lambda s: s.key_exchange(curve_type=1))),
    ("missing_server_key_exchange", 10, _to_certificate(Script12.done)),
    ("bad_server_key_exchange", 50, _message(wire.SERVER_KEY_EXCHANGE, b"\x03")),
    ("bad_certificate_request", 50, _message(wire.CERTIFICATE_REQUEST, b"\x05")),
    ("unexpected_message", 10, _to_certificate(Script12.certificate)),
    ("unexpected_message", 10, _message(wire.FINISHED, bytes(12))),
    ("unexpected_message", 10, _message(99, b"odd")),
    ("unexpected_message", 10, _to_certificate(lambda s: s.raw(raw.record(20, b"\x01")))),
    (
        "bad_server_hello_done",
        50,
        _to_certificate(Script12.key_exchange, lambda s: s.message(wire.SERVER_HELLO_DONE, b"x")),
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
    seen = play(rsa_leaf, _to_certificate(Script12.key_exchange), suite_code=0x009C)
    assert seen.detail == "unexpected_message"


def test_static_rsa_cannot_go_on_without_an_rsa_key(ecdsa_leaf: Issued) -> None:
    seen = play(ecdsa_leaf, _to_certificate(Script12.done), suite_code=0x009C)
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "no_rsa_key")


def test_group_that_cannot_be_done_is_not_completed(rsa_leaf: Issued) -> None:
    act = _to_certificate(lambda s: s.key_exchange(group=0x001A), Script12.done)
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
    seen = play(rsa_leaf, _to_certificate(lambda s: s.message(wire.CERTIFICATE_STATUS, body)))
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
    act = _to_certificate(
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


def test_hello_request_is_ignored_wherever_it_comes(rsa_leaf: Issued) -> None:
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
        ("hello_request", False),
        ("hello_request", False),
    ][: len(seen.notes)]


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
