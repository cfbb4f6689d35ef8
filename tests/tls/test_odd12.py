"""Servers of TLS 1.2 and older that do odd things which are noted."""

import pytest
from cryptography import x509

from cf525.edge.profile import cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending, Stage
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12
from cf525.tls import profiles, wire
from tests.servers.scripts import Script12
from tests.tls.conftest import NAME
from tests.tls.script12 import Act, codes, play, started, to_certificate


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
    seen = play(ecdsa_leaf, to_certificate())
    assert codes(seen) == ["wrong_certificate_type"]


@pytest.mark.parametrize(
    ("kind", "codes_seen"), [("p256", []), ("secp256k1", ["certificate_curve"])]
)
def test_leaf_on_a_curve_that_was_not_offered_is_noted(
    kind: str, codes_seen: list[str], issuing_ca: Authority
) -> None:
    leaf = issuing_ca.issue(NAME, kind=kind)
    seen = play(leaf, to_certificate(), suite_code=0xC02B)
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


def test_excess_data_behind_server_hello_done_is_noted(rsa_leaf: Issued) -> None:
    def act(server: Script12) -> None:
        server.server_hello()
        server.certificate()
        server.key_exchange()
        server.message(wire.SERVER_HELLO_DONE, b"", extra=b"\x0e\x00\x00\x00")

    seen = play(rsa_leaf, act)
    assert codes(seen) == ["excess_data"]
    assert seen.stage is Stage.FINISHED_SENT
