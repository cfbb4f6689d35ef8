"""TLS 1.3 servers that do odd things, one at a time: what is noted, what ends the handshake."""

from collections.abc import Callable

import pytest
from cryptography import x509

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending, KeyProof, Stage
from cf525.tls import Handshake, TlsClient, profiles, wire
from cf525.tls.messages import HELLO_RETRY_REQUEST_RANDOM
from cf525.tls.record import Aead13
from cf525.tls.schedule import next_traffic_secret
from cf525.tls.suites import suite
from tests.servers import raw
from tests.servers.raw import Script13
from tests.tls.conftest import NAME, make_client

Act = Callable[[Script13], None]


def started(leaf: Issued, **options: object) -> tuple[TlsClient, Script13]:
    client = make_client(profiles.without_post_quantum(cloudflare()))
    client.start(0.0)
    return client, Script13(client.data_to_send(), leaf, **options)  # type: ignore[arg-type]


def play(leaf: Issued, act: Act, **options: object) -> Handshake:
    client, server = started(leaf, **options)
    act(server)
    client.receive(server.output(), 1.0)
    return client.handshake()


def codes(seen: Handshake) -> list[str]:
    return [note.code for note in seen.notes if note.rejects]


def rest(server: Script13) -> None:
    """Everything behind ServerHello, by the book."""
    server.encrypted_extensions()
    server.certificate()
    server.certificate_verify()
    server.finished()


def test_a_flight_by_the_book_is_established_without_a_note(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.flight()
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert seen.stage is Stage.ESTABLISHED
    assert seen.notes == ()
    records = server.opened(client.data_to_send())
    assert [kind for kind, _ in records] == [wire.CHANGE_CIPHER_SPEC, wire.HANDSHAKE]


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("unsolicited_extension", lambda s: s.server_hello(extra=[(13172, b"")])),
        ("misplaced_extension", lambda s: s.server_hello(extra=[(16, b"\x00\x03\x02h2")])),
        ("session_id_not_echoed", lambda s: s.server_hello(session_id=b"x" * 32)),
        ("session_id_not_echoed", lambda s: s.server_hello(session_id=b"")),
        ("compression", lambda s: s.server_hello(compression=1)),
        ("excess_data", lambda s: s.server_hello(excess=b"\x08\x00\x00")),
    ],
)
def test_odd_server_hello_is_noted_and_the_handshake_goes_on(
    code: str, act: Act, rsa_leaf: Issued
) -> None:
    def whole(server: Script13) -> None:
        act(server)
        rest(server)

    seen = play(rsa_leaf, whole)
    assert codes(seen) == [code]
    assert seen.notes[0].stage in (Stage.SERVER_HELLO, Stage.HELLO_SENT)
    assert seen.stage is Stage.ESTABLISHED


@pytest.mark.parametrize(
    ("code", "items"),
    [
        ("unsolicited_extension", [(15, b"\x01")]),
        ("misplaced_extension", [(5, b"")]),
        ("extension_body", [(0, b"name")]),
        ("unoffered_alpn", [(16, b"\x00\x05\x04imap")]),
    ],
)
def test_odd_encrypted_extensions_are_noted(
    code: str, items: list[tuple[int, bytes]], rsa_leaf: Issued
) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions(items)
        server.certificate()
        server.certificate_verify()
        server.finished()

    seen = play(rsa_leaf, whole)
    assert codes(seen) == [code]
    assert seen.stage is Stage.ESTABLISHED


def test_stapled_response_of_the_leaf_is_kept(rsa_leaf: Issued) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate(extensions=[(5, b"\x01" + wire.vector(b"ocsp", 3)), (18, b"\x00\x00")])

    seen = play(rsa_leaf, whole)
    assert seen.stapled_ocsp == b"ocsp"
    assert codes(seen) == []


def test_stapled_response_that_cannot_be_read_is_noted(rsa_leaf: Issued) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate(extensions=[(5, b"\x02abc")])

    seen = play(rsa_leaf, whole)
    assert seen.stapled_ocsp is None
    assert codes(seen) == ["bad_certificate_status"]
    assert seen.certificates == rsa_leaf.chain_der


@pytest.mark.parametrize(
    ("code", "kind", "scheme", "claim", "proof"),
    [
        ("signature_scheme_not_tls13", "rsa2048", 0x0401, None, KeyProof.PROVED),
        ("ecdsa_curve", "p256", 0x0503, None, KeyProof.PROVED),
        ("wrong_signature_type", "p256", None, 0x0804, KeyProof.UNKNOWN),
        ("unoffered_signature_scheme", "p256", None, 0x0904, KeyProof.UNKNOWN),
    ],
)
def test_odd_signature_scheme_is_noted(
    code: str,
    kind: str,
    scheme: int | None,
    claim: int | None,
    proof: KeyProof,
    issuing_ca: Authority,
) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate()
        server.certificate_verify(scheme=scheme, claim=claim)
        server.finished()

    seen = play(issuing_ca.issue(NAME, kind=kind), whole)
    assert codes(seen) == [code]
    assert seen.key_proof is proof
    assert seen.stage is Stage.ESTABLISHED


def test_leaf_that_may_not_sign_is_noted(ca: Authority) -> None:
    leaf = ca.issue(NAME, kind="p256", key_usage=False, extra=[(_usage(signature=False), True)])
    seen = play(leaf, Script13.flight)
    assert [(note.code, note.detail) for note in seen.notes] == [
        ("key_usage", "digitalSignature is missing")
    ]
    assert seen.stage is Stage.ESTABLISHED


def _usage(*, signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=False,
        key_encipherment=not signature,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def test_certificate_message_above_boringssls_limit_is_noted_and_kept(rsa_leaf: Issued) -> None:
    chain = [rsa_leaf.der, *([bytes(20_000)] * 6)]

    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        body = b"".join(wire.vector(der, 3) + b"\x00\x00" for der in chain)
        message = wire.message(wire.CERTIFICATE, b"\x00" + wire.vector(body, 3))
        for start in range(0, len(message), 16_000):
            server.send(wire.HANDSHAKE, message[start : start + 16_000])

    seen = play(rsa_leaf, whole)
    assert codes(seen) == ["certificate_too_large"]
    assert seen.certificates == tuple(chain)


def test_undecodable_leaf_is_kept_and_the_handshake_finished_unproved(rsa_leaf: Issued) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate([b"\x30\x03abc"])
        server.certificate_verify()
        server.finished()

    seen = play(rsa_leaf, whole)
    assert codes(seen) == ["undecodable_certificate"]
    assert seen.certificates == (b"\x30\x03abc",)
    assert seen.key_proof is KeyProof.UNKNOWN
    assert seen.stage is Stage.ESTABLISHED


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


def test_cookie_is_echoed_and_the_handshake_finished(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"biscuit")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    assert server.hello.extensions[44] == b"\x00\x07biscuit"
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.stage is Stage.ESTABLISHED
    assert codes(seen) == []
    assert seen.server_hello is not None
    assert seen.server_hello.hello_retry_request


def test_empty_retry_is_noted_and_the_hello_repeated(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry()
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert codes(seen) == ["empty_hello_retry_request"]
    assert seen.stage is Stage.ESTABLISHED


def test_suite_that_changes_after_the_retry_is_noted(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"biscuit")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.suite = suite(0x1303)
    server.flight()
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert codes(seen) == ["retry_suite_changed"]
    assert seen.stage is Stage.ESTABLISHED


def test_retry_random_in_tls12_is_an_ordinary_server_hello(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        body = raw.server_hello_body(0xC02F, [], random=HELLO_RETRY_REQUEST_RANDOM)
        server.message(wire.SERVER_HELLO, body)

    seen = play(rsa_leaf, act)
    assert seen.stage is Stage.SERVER_HELLO
    assert seen.server_hello is not None
    assert (seen.server_hello.version, seen.ending) == (0x0303, None)


def test_second_retry_ends_the_handshake(rsa_leaf: Issued) -> None:
    client, server = started(rsa_leaf)
    server.retry(cookie=b"one")
    client.receive(server.output(), 1.0)
    server.second_hello(client.data_to_send())
    server.retry(cookie=b"two")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.PROTOCOL_ERROR, "second_hello_retry_request")


@pytest.mark.parametrize(("group", "followed"), [(0x1E, True), (0x11EC, True), (0x0101, False)])
def test_retry_for_an_unoffered_group_is_followed_where_possible(
    group: int, followed: bool, rsa_leaf: Issued
) -> None:
    client, server = started(rsa_leaf)
    server.retry(group=group)
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert codes(seen) == ["unoffered_group"]
    assert seen.ending is (None if followed else Ending.NOT_COMPLETED)
    if followed:
        server.second_hello(client.data_to_send())
        assert list(server.hello.shares) == [group]


# --- After the handshake ------------------------------------------------------------------


def established(leaf: Issued) -> tuple[TlsClient, Script13]:
    client, server = started(leaf)
    server.flight()
    client.receive(server.output(), 1.0)
    server.opened(client.data_to_send())
    server.read_application_keys()
    assert client.established
    return client, server


def test_key_update_is_followed_and_answered(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x01")
    secret = next_traffic_secret(server.suite.prf, server.server_application_secret)
    server.write = Aead13(server.suite, secret)
    server.send(23, b"after")
    client.receive(server.output(), 2.0)
    assert client.application_data() == b"after"
    assert server.opened(client.data_to_send()) == [(22, b"\x18\x00\x00\x01\x00")]
    ours = next_traffic_secret(server.suite.prf, server.client_application_secret)
    server.read = Aead13(server.suite, ours)
    client.send(b"answer", 3.0)
    assert server.opened(client.data_to_send()) == [(23, b"answer")]


def test_key_update_that_asks_for_nothing_is_not_answered(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x00")
    client.receive(server.output(), 2.0)
    assert client.data_to_send() == b""
    assert client.ended is None


def test_key_update_of_an_unknown_kind_is_an_error(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.message(wire.KEY_UPDATE, b"\x02")
    client.receive(server.output(), 2.0)
    assert client.handshake().detail == "bad_key_update"


@pytest.mark.parametrize("description", [116, 42, 46, 48])
def test_alert_after_our_finished_is_read_and_placed(description: int, rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(wire.ALERT, bytes([2, description]))
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert seen.ending is Ending.ALERT
    received = seen.alerts[0]
    assert (received.description, received.encrypted) == (description, True)
    assert received.stage is Stage.ESTABLISHED


def test_close_notify_ends_as_end_of_file(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(23, b"bye")
    server.send(wire.ALERT, b"\x01\x00")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert (seen.ending, seen.detail) == (Ending.EOF, "close_notify")
    assert seen.stage is Stage.APPLICATION_DATA
    assert client.application_data() == b"bye"


def test_warning_alert_in_tls13_is_noted_but_for_user_canceled(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.send(wire.ALERT, b"\x01\x5a")
    server.send(wire.ALERT, b"\x01\x70")
    client.receive(server.output(), 2.0)
    seen = client.handshake()
    assert [(note.code, note.detail) for note in seen.notes] == [
        ("warning_alert_tls13", "unrecognized_name")
    ]
    assert seen.ending is None


def test_alert_in_the_clear_is_understood_behind_server_hello(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        server.server_hello()
        server.raw(raw.alert(2, 80))

    seen = play(rsa_leaf, act)
    assert seen.ending is Ending.ALERT
    assert (seen.alerts[0].description, seen.alerts[0].encrypted) == (80, False)


def test_certificate_request_after_the_handshake_is_an_error(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    server.certificate_request([(13, b"\x00\x02\x04\x03")], b"x")
    client.receive(server.output(), 2.0)
    assert client.handshake().detail == "unexpected_message"


def test_excess_data_behind_the_finished_message_is_noted(rsa_leaf: Issued) -> None:
    def act(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate()
        server.certificate_verify()
        server.finished(excess=b"\x04\x00")

    seen = play(rsa_leaf, act)
    assert codes(seen) == ["excess_data"]
    assert seen.stage is Stage.ESTABLISHED


def test_close_queues_close_notify_under_the_keys(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    client.close(5.0)
    assert server.opened(client.data_to_send()) == [(wire.ALERT, b"\x01\x00")]


def test_large_application_data_is_cut_into_records(rsa_leaf: Issued) -> None:
    client, server = established(rsa_leaf)
    client.send(bytes(40_000), 2.0)
    sizes = [len(payload) for _, payload in server.opened(client.data_to_send())]
    assert sizes == [16_384, 16_384, 7_232]


def test_change_cipher_spec_is_dropped_wherever_it_comes(rsa_leaf: Issued) -> None:
    ccs = raw.record(wire.CHANGE_CIPHER_SPEC, b"\x01")

    def act(server: Script13) -> None:
        server.raw(ccs)
        server.server_hello()
        server.raw(ccs)
        server.encrypted_extensions()
        server.raw(ccs)
        server.certificate()
        server.certificate_verify()
        server.finished()

    seen = play(rsa_leaf, act)
    assert seen.stage is Stage.ESTABLISHED
    assert codes(seen) == []
