"""Handshakes with OpenSSL servers, and the same handshakes by an OpenSSL client as oracle."""

import socket
from dataclasses import dataclass, replace

import pytest

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.lab.ca import Authority, Issued
from cf525.model import Ending, KeyProof, PostQuantum, Stage
from cf525.model.registry import SSL3, TLS10, TLS11, TLS12, TLS13, suite_name
from cf525.tls import Handshake, TlsClient, profiles
from cf525.tls.suites import known_suites, suite
from tests.servers.inprocess import (
    EVERYTHING,
    OpenSSLClient,
    OpenSSLPeer,
    converse,
    listening,
    openssl_context,
)
from tests.tls.conftest import NAME, make_client

COMPLETED = [
    code
    for version in (TLS12, TLS13)
    for code in known_suites(version)
    if suite(code).cipher is not None and "DES" not in suite_name(code)
]
OLD_SUITES = [
    code
    for code in known_suites(TLS10)
    if suite(code).cipher is not None and "DES" not in suite_name(code)
]


def _leaf_for(code: int, rsa_leaf: Issued, ecdsa_leaf: Issued) -> Issued:
    return ecdsa_leaf if suite(code).authentication == "ecdsa" else rsa_leaf


def _talk(client: TlsClient, peer: OpenSSLPeer) -> Handshake:
    converse(client, peer)
    return client.handshake()


def _established(seen: Handshake) -> bool:
    return seen.stage.reached(Stage.ESTABLISHED) and seen.ending is None


@pytest.mark.parametrize("code", COMPLETED, ids=suite_name)
def test_every_suite_of_tls12_and_tls13_is_finished(
    code: int, rsa_leaf: Issued, ecdsa_leaf: Issued
) -> None:
    leaf = _leaf_for(code, rsa_leaf, ecdsa_leaf)
    version = TLS13 if TLS13 in suite(code).versions else TLS12
    base = profiles.permissive13() if version == TLS13 else profiles.legacy()
    profile = profiles.only_version(profiles.with_suites(base, [code]), version)
    client = make_client(profile)
    peer = OpenSSLPeer(openssl_context(leaf), answer=b"there")
    client.start(0.0)
    _exchange(client, peer)
    client.send(b"hello", 9.0)
    client.receive(peer.exchange(client.data_to_send()), 10.0)
    seen = client.handshake()
    assert _established(seen)
    assert seen.server_hello is not None
    assert (seen.server_hello.version, seen.server_hello.suite) == (version, code)
    assert seen.key_proof is KeyProof.PROVED
    assert seen.certificates == leaf.chain_der
    assert (peer.received, client.application_data()) == (b"hello", b"there")
    assert seen.notes == ()


def _exchange(client: TlsClient, peer: OpenSSLPeer) -> None:
    for _ in range(4):
        answer = peer.exchange(client.data_to_send())
        if answer:
            client.receive(answer, 1.0)


@pytest.mark.parametrize("version", [TLS10, TLS11])
@pytest.mark.parametrize("code", OLD_SUITES, ids=suite_name)
def test_every_suite_of_tls10_and_tls11_is_finished(
    version: int, code: int, rsa_leaf: Issued, ecdsa_leaf: Issued
) -> None:
    leaf = _leaf_for(code, rsa_leaf, ecdsa_leaf)
    profile = profiles.only_version(profiles.with_suites(profiles.legacy(), [code]), version)
    seen = _talk(make_client(profile), OpenSSLPeer(openssl_context(leaf)))
    assert _established(seen)
    assert seen.server_hello is not None
    assert (seen.server_hello.version, seen.server_hello.suite) == (version, code)
    assert seen.server_hello.extended_master_secret
    assert seen.key_proof is KeyProof.PROVED


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("X25519", 0x1D),
        ("P-256", 0x17),
        ("P-384", 0x18),
        ("P-521", 0x19),
        ("X448", 0x1E),
        ("X25519MLKEM768", 0x11EC),
        ("SecP256r1MLKEM768", 0x11EB),
        ("SecP384r1MLKEM1024", 0x11ED),
    ],
)
@pytest.mark.parametrize("direct", [True, False], ids=["shared", "retried"])
def test_every_group_is_agreed_on_directly_and_after_a_retry(
    name: str, code: int, direct: bool, ecdsa_leaf: Issued
) -> None:
    other = 0x17 if code == 0x1D else 0x1D
    shares = (code,) if direct else (other,)
    profile = replace(
        cloudflare(), groups=tuple(sorted({code, other}, reverse=True)), key_shares=shares
    )
    seen = _talk(make_client(profile), OpenSSLPeer(openssl_context(ecdsa_leaf, groups=name)))
    assert _established(seen)
    assert seen.server_hello is not None
    assert seen.server_hello.group == code
    assert seen.server_hello.hello_retry_request is not direct


@pytest.mark.parametrize("group", ["X25519", "P-256", "P-384", "P-521", "X448"])
def test_every_group_is_agreed_on_in_tls12(group: str, ecdsa_leaf: Issued) -> None:
    peer = OpenSSLPeer(openssl_context(ecdsa_leaf, groups=group, versions=(TLS12, TLS12)))
    assert _established(_talk(make_client(profiles.legacy()), peer))


@pytest.mark.parametrize("kind", ["rsa2048", "rsa4096", "p256", "p384", "p521"])
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_every_key_type_the_edge_accepts_is_proved(
    kind: str, version: int, issuing_ca: Authority
) -> None:
    leaf = issuing_ca.issue(NAME, kind=kind)
    peer = OpenSSLPeer(openssl_context(leaf, versions=(version, version)))
    seen = _talk(make_client(), peer)
    assert _established(seen)
    assert seen.key_proof is KeyProof.PROVED
    assert seen.notes == ()


@pytest.mark.parametrize("kind", ["ed25519", "ed448"])
@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_edwards_certificate_is_refused_to_the_edge_and_shown_to_the_permissive(
    kind: str, version: int, issuing_ca: Authority
) -> None:
    leaf = issuing_ca.issue(NAME, kind=kind)
    context = openssl_context(leaf, versions=(version, version))
    refused = _talk(make_client(), OpenSSLPeer(context))
    assert refused.ending is Ending.ALERT
    assert [(each.description, each.stage) for each in refused.alerts] == [(40, Stage.HELLO_SENT)]
    permissive = profiles.permissive13() if version == TLS13 else profiles.legacy()
    shown = _talk(make_client(permissive), OpenSSLPeer(context))
    assert _established(shown)
    assert shown.certificates[0] == leaf.der
    assert shown.key_proof is KeyProof.PROVED
    assert shown.notes == ()


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12])
def test_handshake_without_extended_master_secret_is_finished(
    version: int, rsa_leaf: Issued
) -> None:
    profile = replace(
        cloudflare(), extensions=tuple(each for each in cloudflare().extensions if each != 23)
    )
    peer = OpenSSLPeer(openssl_context(rsa_leaf, versions=(version, version)))
    seen = _talk(make_client(profile), peer)
    assert _established(seen)
    assert seen.server_hello is not None
    assert not seen.server_hello.extended_master_secret


@pytest.mark.parametrize("code", [0x9E, 0x33, 0x39, 0xCCAA], ids=suite_name)
def test_dhe_is_followed_as_far_as_the_chain(code: int, rsa_leaf: Issued) -> None:
    names = f"{suite_name(code)}:@SECLEVEL=0"
    context = openssl_context(rsa_leaf, versions=(TLS12, TLS12), ciphers=names)
    seen = _talk(make_client(profiles.legacy()), OpenSSLPeer(context))
    assert (seen.ending, seen.detail) == (Ending.NOT_COMPLETED, "suite")
    assert seen.stage is Stage.SERVER_FLIGHT
    assert seen.certificates == rsa_leaf.chain_der
    assert seen.server_hello is not None
    assert seen.server_hello.suite == code


def test_static_rsa_proves_the_key_by_the_servers_finished(rsa_leaf: Issued) -> None:
    context = openssl_context(rsa_leaf, versions=(TLS12, TLS12), ciphers="AES128-SHA:@SECLEVEL=0")
    seen = _talk(make_client(), OpenSSLPeer(context))
    assert _established(seen)
    assert seen.key_proof is KeyProof.PROVED
    assert seen.server_hello is not None
    assert seen.server_hello.group is None


@pytest.mark.parametrize("version", [TLS12, TLS13])
def test_selected_protocol_is_kept(version: int, rsa_leaf: Issued) -> None:
    context = openssl_context(rsa_leaf, versions=(version, version), alpn=[b"http/1.1"])
    seen = _talk(make_client(), OpenSSLPeer(context))
    assert seen.server_hello is not None
    assert seen.server_hello.alpn == "http/1.1"


def test_session_tickets_are_recognised(rsa_leaf: Issued) -> None:
    for version in (TLS12, TLS13):
        peer = OpenSSLPeer(openssl_context(rsa_leaf, versions=(version, version)))
        assert _talk(make_client(), peer).session_ticket


def test_same_randomness_and_bytes_give_the_same_bytes(rsa_leaf: Issued) -> None:
    for ciphers in (EVERYTHING, "AES128-SHA:@SECLEVEL=0"):
        context = openssl_context(rsa_leaf, ciphers=ciphers, versions=(TLS10, TLS12))
        peer = OpenSSLPeer(context)
        client = make_client()
        client.start(0.0)
        hello = client.data_to_send()
        flight = peer.exchange(hello)
        client.receive(flight, 1.0)
        again = make_client()
        again.start(5.0)
        assert again.data_to_send() == hello
        again.receive(flight, 6.0)
        assert again.data_to_send() == client.data_to_send()


def test_server_on_a_port_is_talked_to_over_a_socket(rsa_leaf: Issued) -> None:
    context = openssl_context(rsa_leaf)
    client = make_client()
    with (
        listening(lambda: OpenSSLPeer(context, answer=b"there")) as address,
        socket.create_connection(address, 5) as connection,
    ):
        client.start(0.0)
        connection.sendall(client.data_to_send())
        while not client.established:
            client.receive(connection.recv(65536), 1.0)
            connection.sendall(client.data_to_send())
        client.send(b"hello", 2.0)
        connection.sendall(client.data_to_send())
        while not (answer := client.application_data()):
            client.receive(connection.recv(65536), 3.0)
    assert answer == b"there"


@dataclass(frozen=True)
class Origin:
    """A server the oracle and our client both talk to."""

    name: str
    kind: str = "rsa2048"
    versions: tuple[int, int] = (TLS10, TLS13)
    ciphers: str = EVERYTHING
    groups: str = ""
    alpn: tuple[bytes, ...] = ()
    mutual: bool = False
    certificate: bool = True


ORIGINS = [
    Origin("default"),
    Origin("ecdsa", kind="p256"),
    Origin("p384", kind="p384"),
    Origin("p521 key", kind="p521"),
    Origin("ed25519 only", kind="ed25519"),
    Origin("tls10 only", versions=(TLS10, TLS10)),
    Origin("tls11 only", versions=(TLS11, TLS11)),
    Origin("tls12 only", versions=(TLS12, TLS12)),
    Origin("tls13 only", versions=(TLS13, TLS13)),
    Origin("ecdsa at tls10", kind="p256", versions=(TLS10, TLS10)),
    Origin("static rsa", versions=(TLS12, TLS12), ciphers="kRSA:@SECLEVEL=0"),
    Origin("dhe only", versions=(TLS12, TLS12), ciphers="kDHE:@SECLEVEL=0"),
    Origin("chacha only", versions=(TLS12, TLS12), ciphers="CHACHA20:@SECLEVEL=0"),
    Origin("camellia only", versions=(TLS12, TLS12), ciphers="CAMELLIA:@SECLEVEL=0"),
    Origin("cbc sha384", versions=(TLS12, TLS12), ciphers="ECDHE-RSA-AES256-SHA384:@SECLEVEL=0"),
    Origin("p521 group", groups="P-521"),
    Origin("x448 group", groups="X448"),
    Origin("post-quantum only", groups="X25519MLKEM768"),
    Origin("p384 group", groups="P-384"),
    Origin("odd hybrid only", groups="SecP256r1MLKEM768", versions=(TLS13, TLS13)),
    Origin("h2", alpn=(b"h2",)),
    Origin("other alpn", alpn=(b"imap",)),
    Origin("mutual tls12", versions=(TLS12, TLS12), mutual=True),
    Origin("mutual tls13", versions=(TLS13, TLS13), mutual=True),
    Origin("no certificate", certificate=False),
]


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin.name)
def test_openssl_with_the_same_offer_sees_the_same(
    origin: Origin, ca: Authority, issuing_ca: Authority
) -> None:
    leaf = issuing_ca.issue(NAME, kind=origin.kind) if origin.certificate else None
    context = openssl_context(
        leaf,
        versions=origin.versions,
        ciphers=origin.ciphers,
        groups=origin.groups,
        alpn=origin.alpn,
        client_ca=ca.certificate if origin.mutual else None,
    )
    profile = profiles.without_post_quantum(cloudflare())
    if "MLKEM" in origin.groups:
        profile = cloudflare(PostQuantum.SUPPORTED)
    ours = _talk(make_client(profile), OpenSSLPeer(context))
    theirs = _oracle(profile)
    theirs.converse(OpenSSLPeer(context))
    received = [
        each.description for each in ours.alerts if each.direction == "received" and each.fatal
    ]
    assert received == theirs.alerts_received
    assert ours.stage.reached(Stage.ESTABLISHED) is theirs.done
    assert ours.certificates == theirs.chain
    if theirs.done and ours.server_hello is not None:
        assert theirs.connection.get_protocol_version() == ours.server_hello.version
        assert theirs.connection.get_cipher_name() == suite_name(ours.server_hello.suite)
        chosen = (theirs.connection.get_alpn_proto_negotiated() or b"").decode()
        assert chosen == (ours.server_hello.alpn or "")


def _oracle(profile: ClientProfile) -> OpenSSLClient:
    """An OpenSSL client with the profile's offer."""
    names = {0x11EC: "X25519MLKEM768", 0x1D: "*X25519", 0x17: "P-256", 0x18: "P-384", 0x19: "P-521"}
    sigalgs = (
        "ECDSA+SHA256:rsa_pss_rsae_sha256:RSA+SHA256:ECDSA+SHA384:rsa_pss_rsae_sha384:"
        "RSA+SHA384:rsa_pss_rsae_sha512:RSA+SHA512:RSA+SHA1:ECDSA+SHA512"
    )
    old = [suite_name(code) for code in profile.suites if code >> 8 != 0x13 and code != 0x0A]
    return OpenSSLClient(
        versions=(min(profile.versions), max(profile.versions)),
        ciphers=":".join(old) + ":@SECLEVEL=0",
        tls13_suites=":".join(suite_name(code) for code in profile.suites if code >> 8 == 0x13),
        groups=":".join(names[group] for group in profile.groups),
        signature_algorithms=sigalgs,
        server_name=NAME,
        alpn=[each.encode() for each in profile.alpn],
    )


def test_ssl3_is_not_something_openssl_serves(rsa_leaf: Issued) -> None:
    seen = _talk(make_client(profiles.ssl3()), OpenSSLPeer(openssl_context(rsa_leaf)))
    assert seen.ending is Ending.ALERT
    assert seen.alerts[0].description in (40, 70)
    assert profiles.ssl3().versions == (SSL3,)
