"""TLS 1.3 servers that do odd things which are noted while the handshake goes on."""

import pytest
from cryptography import x509

from cf525.lab.ca import Authority, Issued
from cf525.model import KeyProof, Stage
from cf525.tls import wire
from tests.servers.scripts import Script13
from tests.tls.conftest import NAME
from tests.tls.script13 import Act, codes, play, started


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


SCTS = wire.vector(wire.vector(b"timestamp", 2), 2)


def test_stapled_response_of_the_leaf_is_kept(rsa_leaf: Issued) -> None:
    def whole(server: Script13) -> None:
        server.server_hello()
        server.encrypted_extensions()
        server.certificate(extensions=[(5, b"\x01" + wire.vector(b"ocsp", 3)), (18, SCTS)])

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
        ("unoffered_signature_scheme", "p256", None, 0xFE00, KeyProof.UNKNOWN),
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
