"""What a server may do in TLS, and the status that follows.

Each behaviour was shown to a BoringSSL client (a0689af2): where it ends the handshake the edge
answers 525, where it ends the connection once the handshake is complete 520, elsewhere it goes on.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.edge.status import edge_status
from cf525.lab.ca import Authority, Issued
from cf525.model import (
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
    Ending,
    HttpAnswer,
    Observation,
    Route,
    Stage,
)
from cf525.tls import ClientCertificate, Handshake, TlsClient, profiles, wire
from cf525.tls.record import Aead13
from cf525.tls.schedule import next_traffic_secret
from tests.servers import raw
from tests.servers.scripts import Script12, Script13
from tests.tls.conftest import NAME, make_client
from tests.tls.der import odd_certificate

ROUTE = Route(
    id="r1", mode="full", scheme="https", address="203.0.113.7", port=443, sni=NAME,
    host_header=NAME, accepted_names=(NAME,), client_certificate="none",
)  # fmt: skip
REJECTED = ChainVerdict(
    observation="o1",
    accepted=False,
    confidence=Confidence.HIGH,
    at=datetime(2026, 11, 28, tzinfo=UTC),
    names=(NAME,),
    defects=(Defect(code="expired", kind=DefectClass.REJECTED, index=0, text="It has expired."),),
)
SHARED = {each.name for each in fields(Handshake)} & {each.name for each in fields(Observation)}


def judged(seen: Handshake, *, mode: str = "full", verdict: ChainVerdict | None = None,
           route: Route = ROUTE) -> EdgeStatus:  # fmt: skip
    """The status; where the connection is still good, HTTP 200 follows."""
    observation = Observation(
        id="o1", route="r1", profile="cloudflare/supported", variation=None, sni=NAME,
        address="203.0.113.7", port=443, started_at=datetime(2026, 11, 28, tzinfo=UTC),
        **{name: getattr(seen, name) for name in SHARED - {"ending"}},
        ending=seen.ending or Ending.DONE,
    )  # fmt: skip
    if seen.ending is None and observation.established:
        observation = replace(observation, http=HttpAnswer(status=200))
    elif seen.ending is None:
        observation = replace(observation, ending=Ending.EOF)
    return edge_status(replace(route, mode=mode), observation, verdict)


def status(seen: Handshake, **options: object) -> str:
    return judged(seen, **options).status  # type: ignore[arg-type]


Act12 = Callable[[Script12], None]
Act13 = Callable[[Script13], None]
CLASSICAL = profiles.without_post_quantum(cloudflare())


def _pump(client: TlsClient, server: Script12 | Script13) -> None:
    client.receive(server.output(), 1.0)


def begun12(
    leaf: Issued,
    *,
    suite_code: int = 0xC02F,
    profile: ClientProfile = CLASSICAL,
    certificate: ClientCertificate | None = None,
) -> tuple[TlsClient, Script12]:
    client = make_client(profile, client_certificate=certificate)
    client.start(0.0)
    return client, Script12(client.data_to_send(), leaf, suite_code=suite_code)


def whole12(
    leaf: Issued,
    flight: Act12 = Script12.flight,
    end: Act12 | None = None,
    certificate: ClientCertificate | None = None,
) -> Handshake:
    """A handshake of TLS 1.2 with a flight of its own, and an end of its own."""
    client, server = begun12(leaf, certificate=certificate)
    flight(server)
    _pump(client, server)
    if client.ended is None:
        server.client_flight(client.data_to_send())
        if end is not None:
            end(server)
        else:
            server.change_cipher_spec()
            server.finished()
        _pump(client, server)
    return client.handshake()


def begun13(leaf: Issued, **options: object) -> tuple[TlsClient, Script13]:
    client = make_client(CLASSICAL, **options)  # type: ignore[arg-type]
    client.start(0.0)
    return client, Script13(client.data_to_send(), leaf)


def whole13(leaf: Issued, flight: Act13 = Script13.flight, after: Act13 | None = None) -> Handshake:
    client, server = begun13(leaf)
    flight(server)
    _pump(client, server)
    if after is not None:
        assert client.established
        server.opened(client.data_to_send())
        after(server)
        _pump(client, server)
    return client.handshake()


def test_handshakes_by_the_book_are_healthy(rsa_leaf: Issued) -> None:
    for seen in (whole12(rsa_leaf), whole13(rsa_leaf)):
        assert (seen.notes, judged(seen).status, judged(seen).confidence) == ((), "ok", "high")


# --- Where the edge goes on ---------------------------------------------------------------


def _with_usage(ca: Authority, **allowed: bool) -> Issued:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
             "decipher_only")  # fmt: skip
    usage = x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
    return ca.issue(NAME, kind="rsa2048", key_usage=False, extra=[(usage, True)])


@pytest.mark.parametrize(
    ("suite_code", "allowed", "expected"),
    [
        (0x009C, "key_encipherment", []),
        (0x009C, "digital_signature", ["key_usage"]),
        (0xC02F, "digital_signature", []),
        (0xC02F, "key_encipherment", ["key_usage"]),
    ],
)
def test_key_usage_is_asked_for_as_the_exchange_needs_it(
    suite_code: int, allowed: str, expected: list[str], ca: Authority
) -> None:
    client, server = begun12(_with_usage(ca, **{allowed: True}), suite_code=suite_code)
    server.flight()
    _pump(client, server)
    seen = client.handshake()
    assert [note.code for note in seen.notes] == expected
    assert all(note.stage is Stage.SERVER_FLIGHT for note in seen.notes)


def test_hello_request_after_the_handshake_is_followed_as_far_as_is_known(
    rsa_leaf: Issued,
) -> None:
    def end(server: Script12) -> None:
        server.change_cipher_spec()
        server.finished()
        server.message(wire.HELLO_REQUEST, b"")

    seen = whole12(rsa_leaf, end=end)
    assert (judged(seen).status, judged(seen).confidence) == ("ok", "medium")
    for ending in (Ending.TIMEOUT, Ending.EOF):
        assert judged(replace(seen, ending=ending)).status == "ok"


@pytest.mark.parametrize("count", [2_500, 10_000])
def test_thousands_of_records_of_one_byte_are_harmless(count: int, rsa_leaf: Issued) -> None:
    chain = [*rsa_leaf.chain_der, *([rsa_leaf.chain_der[-1]] * (count // 1_000))]

    def flight(server: Script12) -> None:
        server.server_hello()
        server.certificate(chain)
        whole = server.output()
        reader = wire.Reader(whole, "records")
        pieces = []
        for _ in reader.until_end():
            reader.take(3)
            pieces += [raw.record(22, bytes([byte])) for byte in reader.vector(2)]
        server.raw(b"".join(pieces))
        server.key_exchange()
        server.done()

    seen = whole12(rsa_leaf, flight)
    assert len(seen.certificates) == len(chain)
    assert status(seen) == "ok"


def test_what_only_this_probe_limits_says_nothing_about_the_edge(rsa_leaf: Issued) -> None:
    client, server = begun12(rsa_leaf)
    server.server_hello()
    _pump(client, server)
    seen = client.handshake()
    met = replace(seen, ending=Ending.LIMIT, detail="records")
    assert status(met) == "unknown"
    assert status(replace(met, detail="message_bytes")) == "525"


def test_other_version_in_the_headers_of_plain_records_is_harmless(rsa_leaf: Issued) -> None:
    def flight(server: Script12) -> None:
        server.server_hello()
        first = server.output()
        server.raw(first)
        server.certificate()
        server.key_exchange()
        server.done()
        rest = bytearray(server.output()[len(first) :])
        rest[1:3] = b"\x03\x01"
        server.raw(first + bytes(rest))

    assert status(whole12(rsa_leaf, flight)) == "ok"


# --- Where it ends the handshake: TLS 1.2 -------------------------------------------------


def _flight12(
    *before_done: Act12,
    extensions: tuple[tuple[int, bytes], ...] = ((0xFF01, b"\x00"),),
    after_certificate: Act12 | None = None,
    session_id: bytes = b"",
) -> Act12:
    def act(server: Script12) -> None:
        server.server_hello(extensions=extensions, session_id=session_id)
        server.certificate()
        if after_certificate is not None:
            after_certificate(server)
        server.key_exchange()
        for step in before_done:
            step(server)
        server.done()

    return act


def _request12(types: bytes, schemes: bytes, names: bytes = b"") -> Act12:
    body = wire.vector(types, 1) + wire.vector(schemes, 2) + wire.vector(names, 2)
    return lambda server: server.message(wire.CERTIFICATE_REQUEST, body)


def _then12(*acts: Act12) -> Act12:
    def act(server: Script12) -> None:
        for each in acts:
            each(server)

    return act


def _hello_request(server: Script12) -> None:
    server.raw(raw.handshake_record(wire.HELLO_REQUEST, b""))


def _excess_at_the_end(server: Script12) -> None:
    server.change_cipher_spec()
    mac = server.schedule.finished(server.master, "server", bytes(server.transcript))
    server.message(wire.FINISHED, mac, extra=b"\x00\x00\x00\x00")


def _ticket_then_the_end(body: bytes) -> Act12:
    def act(server: Script12) -> None:
        server.message(wire.NEW_SESSION_TICKET, body)
        server.change_cipher_spec()
        server.finished()

    return act


TICKET = ((0xFF01, b"\x00"), (35, b""))
ENDED12: list[tuple[str, Act12, Act12 | None]] = [
    ("missing_message", _flight12(extensions=TICKET), None),
    ("hello_request", _flight12(after_certificate=_hello_request), None),
    ("hello_request", _then12(_hello_request, Script12.flight), None),
    ("excess_data", Script12.flight, _excess_at_the_end),
    ("session_id_length", _flight12(session_id=bytes(33)), None),
    ("certificate_request", _flight12(_request12(b"\x01\x40", b"")), None),
    ("certificate_request", _flight12(_request12(b"\x01", b"\x04\x01", b"\x00\x03abc")), None),
    ("bad_certificate_status", _flight12(extensions=((5, b""),), after_certificate=lambda s:
        s.message(wire.CERTIFICATE_STATUS, b"\x01\x00\x00\x00")), None),
    ("extension_body", _flight12(extensions=((18, b"\x00\x00"),)), None),
    ("extension_body", _flight12(extensions=((18, b"\x00\x02\x00\x00"),)), None),
    ("extension_body", _flight12(extensions=((11, b"\x02\x00"),)), None),
    ("unannounced_message", Script12.flight, _ticket_then_the_end(bytes(4) + b"\x00\x01t")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "flight", "end"), ENDED12)
def test_rule_that_ends_the_handshake_up_to_tls12(
    code: str, flight: Act12, end: Act12 | None, rsa_leaf: Issued
) -> None:
    seen = whole12(rsa_leaf, flight, end)
    assert [note.code for note in seen.notes if note.rejects] == [code]
    assert status(seen) == "525"


TICKETS12 = [
    (bytes(4) + b"\x00\x00", True),
    (bytes(4) + b"\x00\x01t", True),
    (bytes(5), False),
    (bytes(4) + b"\x00\x01tt", False),
]


@pytest.mark.parametrize(("body", "fine"), TICKETS12)
def test_announced_ticket_must_be_one_and_may_be_empty(
    body: bytes, fine: bool, rsa_leaf: Issued
) -> None:
    seen = whole12(rsa_leaf, _flight12(extensions=TICKET), _ticket_then_the_end(body))
    assert status(seen) == ("ok" if fine else "525")


def test_certificate_that_is_left_out_or_empty_ends_the_handshake(rsa_leaf: Issued) -> None:
    def without(server: Script12) -> None:
        server.server_hello()
        server.key_exchange()
        server.done()

    seen = whole12(rsa_leaf, without)
    assert [note.code for note in seen.notes] == ["missing_certificate"]
    assert status(seen) == "525"

    def half(server: Script12) -> None:
        server.server_hello()
        server.certificate([rsa_leaf.der, b""])

    assert status(whole12(rsa_leaf, half)) == "525"


@pytest.mark.parametrize("suite_code", [0xCCA8, 0x0005, 0x009E, 0xFEED])
def test_unoffered_suite_ends_the_handshake_though_it_is_not_finished_here(
    suite_code: int, rsa_leaf: Issued
) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        server.done()

    client, server = begun12(rsa_leaf, suite_code=suite_code)
    act(server)
    _pump(client, server)
    assert status(client.handshake()) == "525"


@pytest.mark.parametrize("group", [0x001A, 0x001E, 0x11EC])
def test_unoffered_group_ends_the_handshake(group: int, rsa_leaf: Issued) -> None:
    client, server = begun12(rsa_leaf, profile=cloudflare())
    server.server_hello()
    server.certificate()
    server.key_exchange(group=group, point=bytes(56))
    server.done()
    _pump(client, server)
    seen = client.handshake()
    assert "unoffered_group" in [note.code for note in seen.notes]
    assert status(seen) == "525"


def test_elliptic_key_as_a_compressed_point_is_none_up_to_tls12(ecdsa_leaf: Issued) -> None:
    key = ecdsa_leaf.key.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    long = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    short = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    compressed = spki[: -len(long)] + short
    compressed = bytes([0x30, spki[1] - 32]) + compressed[2:]
    place = len(compressed) - len(short) - 2
    compressed = compressed[:place] + bytes([compressed[place] - 32]) + compressed[place + 1 :]
    client, server = begun12(ecdsa_leaf, suite_code=0xC02B)
    server.server_hello()
    server.certificate([odd_certificate(compressed)])
    _pump(client, server)
    assert [note.code for note in client.handshake().notes] == ["certificate_curve"]


@pytest.mark.parametrize(
    ("types", "schemes", "fits"),
    [
        (b"\x40", b"\x04\x03", True),
        (b"\x01", b"\x04\x03\x04\x01", False),
        (b"\x01\x40", b"\x04\x01", False),
    ],
)
def test_own_certificate_that_the_request_excludes_ends_the_handshake(
    types: bytes, schemes: bytes, fits: bool, rsa_leaf: Issued, ca: Authority
) -> None:
    issued = ca.issue("client", kind="p256")
    own = ClientCertificate(chain=(issued.der,), key=issued.key)  # type: ignore[arg-type]
    seen = whole12(rsa_leaf, _flight12(_request12(types, schemes)), certificate=own)
    route = replace(ROUTE, client_certificate="own")
    assert status(seen, route=route) == ("ok" if fits else "525")


# --- Where it ends the handshake: TLS 1.3 -------------------------------------------------


def _flight13(
    *,
    request: Act13 | None = None,
    certificate: Act13 = Script13.certificate,
    before: Act13 | None = None,
) -> Act13:
    def act(server: Script13) -> None:
        server.server_hello()
        if before is not None:
            before(server)
        server.encrypted_extensions()
        if request is not None:
            request(server)
        certificate(server)
        server.certificate_verify()
        server.finished()

    return act


def _request13(items: list[tuple[int, bytes]], context: bytes = b"") -> Act13:
    return lambda server: server.certificate_request(items, context)


def _certificate(extensions: list[tuple[int, bytes]]) -> Act13:
    return lambda server: server.certificate(extensions=extensions)


def _issuer_with(kind: int, body: bytes) -> Act13:
    def act(server: Script13) -> None:
        chain = server.issued.chain_der
        entries = wire.vector(chain[0], 3) + wire.extensions([])
        entries += wire.vector(chain[-1], 3) + wire.extensions([(kind, body)])
        server.message(wire.CERTIFICATE, b"\x00" + wire.vector(entries, 3))

    return act


def _then13(*acts: Act13) -> Act13:
    def act(server: Script13) -> None:
        for each in acts:
            each(server)

    return act


def _raw(data: bytes) -> Act13:
    return lambda server: server.raw(data)


def _sends(count: int, kind: int, payload: bytes) -> Act13:
    def act(server: Script13) -> None:
        for _ in range(count):
            server.send(kind, payload)

    return act


CCS = raw.record(wire.CHANGE_CIPHER_SPEC, b"\x01")
SCHEMES = (13, b"\x00\x02\x04\x03")
ENDED13: list[tuple[str, Act13]] = [
    ("certificate_request", _flight13(request=_request13([SCHEMES], b"context"))),
    ("certificate_request", _flight13(request=_request13([SCHEMES, (47, b"\x00\x00")]))),
    ("certificate_request", _flight13(request=_request13([SCHEMES, (47, b"\x00\x05\x00\x03abc")]))),
    ("certificate_request", _flight13(request=_request13([(13, b"\x00\x00")]))),
    ("bad_certificate_status", _flight13(certificate=_certificate([(5, b"\x01\x00\x00\x00")]))),
    ("extension_body", _flight13(certificate=_certificate([(18, b"\x00\x00")]))),
    ("extension_body", _flight13(certificate=_certificate([(18, b"\x00\x02\x00\x00")]))),
    ("unsolicited_extension", _flight13(certificate=_issuer_with(13172, b""))),
    ("extension_body", _flight13(certificate=_issuer_with(18, b"\x00\x00"))),
    ("too_many_empty_records", _flight13(before=lambda s: s.raw(CCS * 33))),
    ("early_change_cipher_spec", _then13(_raw(CCS), Script13.flight)),
    ("too_many_warnings", _then13(_raw(raw.alert(1, 90) * 5), Script13.flight)),
    (
        "too_many_warnings",
        _then13(_raw((raw.alert(1, 90) + raw.record(22, b"")) * 5), Script13.flight),
    ),
    (
        "too_many_empty_records",
        _then13(_raw((raw.record(22, b"") * 11 + raw.alert(1, 90)) * 3), Script13.flight),
    ),
]


@pytest.mark.parametrize(("code", "flight"), ENDED13)
def test_rule_that_ends_the_handshake_in_tls13(code: str, flight: Act13, rsa_leaf: Issued) -> None:
    seen = whole13(rsa_leaf, flight)
    assert code in [note.code for note in seen.notes if note.rejects]
    assert seen.stage is Stage.ESTABLISHED
    assert status(seen) == "525"


@pytest.mark.parametrize("count", [1, 32])
def test_change_cipher_spec_up_to_the_limit_is_harmless(count: int, rsa_leaf: Issued) -> None:
    assert status(whole13(rsa_leaf, _flight13(before=lambda s: s.raw(CCS * count)))) == "ok"


@pytest.mark.parametrize(
    ("code", "retry", "extra"),
    [
        ("empty_cookie", {"extra": [(44, b"\x00\x00")]}, b""),
        ("excess_data", {"cookie": b"biscuit"}, b"\x02\x00"),
        ("empty_hello_retry_request", {}, b""),
    ],
)
def test_hello_retry_request_that_ends_the_handshake(
    code: str, retry: dict[str, object], extra: bytes, rsa_leaf: Issued
) -> None:
    client, server = begun13(rsa_leaf)
    server.retry(**retry)  # type: ignore[arg-type]
    data = bytearray(server.output())
    data[3:5] = (int.from_bytes(data[3:5]) + len(extra)).to_bytes(2)
    client.receive(bytes(data) + extra, 1.0)
    server.second_hello(client.data_to_send())
    server.flight()
    _pump(client, server)
    seen = client.handshake()
    assert code in [note.code for note in seen.notes]
    assert status(seen) == "525"


@pytest.mark.parametrize("group", [0x0101, 0x001E])
def test_hello_retry_request_for_an_unoffered_group_ends_the_handshake(
    group: int, rsa_leaf: Issued
) -> None:
    client, server = begun13(rsa_leaf)
    server.retry(group=group)
    _pump(client, server)
    assert status(client.handshake()) == "525"


def test_older_version_behind_a_hello_retry_request_ends_the_handshake(rsa_leaf: Issued) -> None:
    client, server = begun13(rsa_leaf)
    server.retry(cookie=b"biscuit")
    _pump(client, server)
    client.data_to_send()
    client.receive(raw.handshake_record(2, raw.server_hello_body(0xC02F, [])), 1.0)
    assert "retry_version_changed" in [note.code for note in client.handshake().notes]
    assert status(client.handshake()) == "525"


def test_half_a_message_before_application_data_ends_what_there_is(rsa_leaf: Issued) -> None:
    def mixed(server: Script13) -> None:
        server.send(wire.HANDSHAKE, b"\x04\x00\x00\x10")
        server.send(wire.APPLICATION_DATA, b"HTTP/1.1 200 OK\r\n")

    within = whole13(rsa_leaf, _then13(Script13.server_hello, mixed))
    assert (within.ending, status(within)) == (Ending.PROTOCOL_ERROR, "525")
    after = whole13(rsa_leaf, after=mixed)
    assert (after.detail, status(after)) == ("interleaved_record", "520")


def _padded(padding: int) -> Act13:
    """A flight whose EncryptedExtensions are padded to so many bytes."""

    def act(server: Script13) -> None:
        server.server_hello()
        extensions = wire.message(wire.ENCRYPTED_EXTENSIONS, wire.extensions([]))
        server.transcript += extensions
        assert server.write is not None
        # The content type stands first in what ``seal`` takes for content, the zeros behind it.
        inner = extensions + bytes([wire.HANDSHAKE]) + bytes(padding - len(extensions))
        kind, fragment = server.write.seal(0, inner[:padding])
        server.raw(raw.record(kind, fragment))
        server.certificate()
        server.certificate_verify()
        server.finished()

    return act


@pytest.mark.parametrize(("padding", "ends"), [(1 << 14, False), ((1 << 14) + 1, True)])
def test_padding_counts_as_plaintext(padding: int, ends: bool, rsa_leaf: Issued) -> None:
    seen = whole13(rsa_leaf, _padded(padding))
    assert status(seen) == ("525" if ends else "ok")
    assert seen.detail == ("record_overflow" if ends else "")


# --- Where it ends the connection behind the handshake ------------------------------------


def _ticket(ticket: bytes = b"ticket", extensions: bytes = b"\x00\x00", rest: bytes = b"") -> Act13:
    body = bytes(8) + b"\x01n" + wire.vector(ticket, 2) + extensions + rest
    return lambda server: server.message(wire.NEW_SESSION_TICKET, body)


def _key_updates(count: int) -> Act13:
    def act(server: Script13) -> None:
        secret = server.server_application_secret
        for _ in range(count):
            server.message(wire.KEY_UPDATE, b"\x00")
            secret = next_traffic_secret(server.suite.prf, secret)
            server.write = Aead13(server.suite, secret)

    return act


TWICE = wire.extensions([(42, bytes(4)), (42, bytes(4))])
ENDED_AFTER: list[tuple[str, Act13]] = [
    ("record_bytes", lambda s: s.raw(b"\x17\x03\x03\xff\xff")),
    ("message_bytes", lambda s: s.send(wire.HANDSHAKE, b"\x04\xff\xff\xff")),
    ("bad_new_session_ticket", _ticket(b"")),
    ("duplicate_extension", _ticket(extensions=TWICE)),
    ("bad_new_session_ticket", _ticket(extensions=wire.extensions([(42, b"\x00")]))),
    ("bad_new_session_ticket", _ticket(rest=b"x")),
    ("late_change_cipher_spec", lambda s: s.raw(CCS)),
    ("too_many_key_updates", _key_updates(33)),
    ("too_many_empty_records", _sends(33, 23, b"")),
    ("too_many_warnings", _sends(5, 21, b"\x01\x5a")),
    ("warning_alert_tls13", lambda s: s.send(21, b"\x01\x70")),
    ("record_overflow", lambda s: s.send(23, bytes((1 << 14) + 1))),
    ("unexpected_message", lambda s: s.certificate_request([SCHEMES])),
    (
        "interleaved_record",
        _then13(_sends(1, 22, b"\x04\x00\x00\x10"), _sends(1, 23, b"HTTP/1.1 200 OK\r\n")),
    ),
]


@pytest.mark.parametrize(("code", "after"), ENDED_AFTER)
def test_what_breaks_tls_behind_the_handshake_is_520(
    code: str, after: Act13, rsa_leaf: Issued
) -> None:
    seen = whole13(rsa_leaf, after=after)
    assert (seen.detail, seen.stage) == (code, Stage.ESTABLISHED)
    assert seen.notes == ()
    assert (judged(seen).status, judged(seen).confidence) == ("520", "medium")


ALLOWED_AFTER: list[Act13] = [
    _ticket(),
    _ticket(extensions=wire.extensions([(42, bytes(4)), (13172, b"")])),
    _key_updates(32),
    _sends(32, 23, b""),
    _sends(4, 21, b"\x01\x5a"),
]


@pytest.mark.parametrize("after", ALLOWED_AFTER)
def test_what_is_allowed_behind_the_handshake_is_healthy(after: Act13, rsa_leaf: Issued) -> None:
    assert status(whole13(rsa_leaf, after=after)) == "ok"


@pytest.mark.parametrize("count", [4, 5])
def test_warnings_behind_a_handshake_of_tls12(count: int, rsa_leaf: Issued) -> None:
    def end(server: Script12) -> None:
        server.change_cipher_spec()
        server.finished()
        for _ in range(count):
            server.send(wire.ALERT, b"\x01\x70")

    assert status(whole12(rsa_leaf, end=end)) == ("ok" if count == 4 else "520")


LATE12 = (b"\x00\x00\x00\x01x", b"\x0e\x00\x00\x00", b"\x04\x00\x00\x06")


def _end_with(*records: tuple[int, bytes]) -> Act12:
    def act(server: Script12) -> None:
        server.change_cipher_spec()
        server.finished()
        for kind, payload in records:
            server.send(kind, payload)

    return act


@pytest.mark.parametrize("late", LATE12)
def test_only_an_empty_hello_request_may_follow_a_handshake_of_tls12(
    late: bytes, rsa_leaf: Issued
) -> None:
    assert status(whole12(rsa_leaf, end=_end_with((wire.HANDSHAKE, late)))) == "520"


# --- Which of two faults the edge meets first ---------------------------------------------


@pytest.mark.parametrize(
    ("seen_first", "flight"),
    [
        ("525", _flight12(session_id=bytes(33))),
        ("525", _flight12(extensions=((18, b"\x00\x00"),))),
        ("526", _flight12(_request12(b"\x01\x40", b""))),
        ("526", _flight12(after_certificate=_hello_request)),
        ("526", _flight12(extensions=TICKET)),
    ],
)
def test_in_strict_the_chain_is_judged_where_boringssl_judges_it(
    seen_first: str, flight: Act12, rsa_leaf: Issued
) -> None:
    seen = whole12(rsa_leaf, flight)
    assert status(seen, mode="strict", verdict=REJECTED) == seen_first
    assert status(seen, verdict=REJECTED) == "525"


@pytest.mark.parametrize(("extensions", "expected"), [(((0xFF01, b"\x00"),), "526"),
                                                      (((5, b""),), "525")])  # fmt: skip
def test_alert_behind_the_certificate_comes_before_or_after_the_judge(
    extensions: tuple[tuple[int, bytes], ...], expected: str, rsa_leaf: Issued
) -> None:
    """Up to TLS 1.2 the chain is judged at once, unless a CertificateStatus was announced."""

    def flight(server: Script12) -> None:
        server.server_hello(extensions=extensions)
        server.certificate()
        server.raw(raw.alert(2, 80))

    seen = whole12(rsa_leaf, flight)
    assert status(seen, mode="strict", verdict=REJECTED) == expected


def test_alert_behind_the_certificate_of_tls13_comes_before_the_judge(rsa_leaf: Issued) -> None:
    def flight(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate()
        server.send(wire.ALERT, b"\x02\x50")

    assert status(whole13(rsa_leaf, flight), mode="strict", verdict=REJECTED) == "525"
