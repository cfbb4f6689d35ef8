"""Answering a CertificateRequest: with nothing, and with a certificate."""

from typing import Any

import pytest

from cf525.lab.ca import Authority, Issued
from cf525.model import CertificateRequest, Ending, Stage
from cf525.model.registry import TLS10, TLS11, TLS12, TLS13
from cf525.tls import ClientCertificate, Handshake, wire
from cf525.tls.certificate import public_key
from cf525.tls.messages import parse_certificate_verify
from cf525.tls.signature import SCHEMES, sign, signing_scheme, verify
from tests.servers.inprocess import OpenSSLPeer, converse, openssl_context
from tests.servers.scripts import Script12, Script13
from tests.tls.conftest import make_client


def offer(ca: Authority, kind: str) -> ClientCertificate:
    issued = ca.issue("client", kind=kind, key_usage=True)
    return ClientCertificate(chain=(issued.der,), key=issued.key)  # type: ignore[arg-type]


def _talk(
    leaf: Issued, ca: Authority, version: int, certificate: ClientCertificate | None, **options: Any
) -> tuple[Handshake, OpenSSLPeer]:
    context = openssl_context(
        leaf, versions=(version, version), client_ca=ca.certificate, **options
    )
    peer = OpenSSLPeer(context)
    client = make_client(client_certificate=certificate)
    converse(client, peer)
    return client.handshake(), peer


@pytest.fixture(scope="module")
def client_ca() -> Authority:
    return Authority("Client CA")


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12, TLS13])
def test_request_is_kept_and_the_refusal_placed(
    version: int, rsa_leaf: Issued, client_ca: Authority
) -> None:
    seen, _ = _talk(rsa_leaf, client_ca, version, None)
    assert seen.certificate_request is not None
    assert seen.certificate_request.authorities == (client_ca.certificate.subject.public_bytes(),)
    assert bool(seen.certificate_request.signature_schemes) is (version >= TLS12)
    assert seen.ending is Ending.ALERT
    received = next(each for each in seen.alerts if each.direction == "received")
    assert received.description == (116 if version == TLS13 else 40)
    stage = Stage.ESTABLISHED if version == TLS13 else Stage.FINISHED_SENT
    assert received.stage is stage


@pytest.mark.parametrize("version", [TLS10, TLS12, TLS13])
def test_optional_request_is_answered_with_nothing(
    version: int, rsa_leaf: Issued, client_ca: Authority
) -> None:
    seen, peer = _talk(rsa_leaf, client_ca, version, None, client_certificate_required=False)
    assert peer.done
    assert seen.certificate_request is not None
    assert seen.stage is Stage.ESTABLISHED


@pytest.mark.parametrize("version", [TLS10, TLS11, TLS12, TLS13])
@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384", "p521"])
def test_certificate_is_sent_and_accepted(
    version: int, kind: str, rsa_leaf: Issued, client_ca: Authority
) -> None:
    certificate = offer(client_ca, kind)
    context = openssl_context(
        rsa_leaf, versions=(version, version), client_ca=client_ca.certificate
    )
    context.set_verify(3, lambda *_: True)  # the lab's leaves are for servers
    peer = OpenSSLPeer(context)
    client = make_client(client_certificate=certificate)
    converse(client, peer)
    assert peer.done, peer.error
    assert client.established
    assert client.handshake().notes == ()


def test_certificate_stays_home_when_nobody_asks(rsa_leaf: Issued, client_ca: Authority) -> None:
    client = make_client(client_certificate=offer(client_ca, "p256"))
    client.start(0.0)
    server = Script12(client.data_to_send(), rsa_leaf)
    server.flight()
    client.receive(server.output(), 1.0)
    kinds = [payload[0] for kind, payload in server.client_flight(client.data_to_send())]
    assert 11 not in kinds


def test_key_without_a_common_scheme_is_noted_and_nothing_sent(
    rsa_leaf: Issued, client_ca: Authority
) -> None:
    client = make_client(client_certificate=offer(client_ca, "p256"))
    client.start(0.0)
    server = Script13(client.data_to_send(), rsa_leaf)
    server.server_hello()
    server.encrypted_extensions()
    name = client_ca.certificate.subject.public_bytes()
    names = wire.vector(wire.vector(name, 2), 2)
    server.certificate_request([(13, b"\x00\x02\x08\x04"), (47, names)])
    server.certificate()
    server.certificate_verify()
    server.finished()
    client.receive(server.output(), 1.0)
    seen = client.handshake()
    assert [(note.code, note.rejects) for note in seen.notes] == [
        ("client_certificate_unusable", True)
    ]
    assert seen.certificate_request is not None
    assert seen.certificate_request.authorities == (name,)
    records = server.opened(client.data_to_send())
    assert records[1] == (22, b"\x0b\x00\x00\x04\x00\x00\x00\x00")


def _asked(*schemes: int, types: tuple[int, ...] = (1, 64)) -> CertificateRequest:
    return CertificateRequest(signature_schemes=schemes, certificate_types=types)


def test_scheme_follows_boringssls_order_and_the_keys_curve(client_ca: Authority) -> None:
    p384 = offer(client_ca, "p384").key
    assert signing_scheme(p384, _asked(0x0503, 0x0403), TLS13) == 0x0503
    assert signing_scheme(p384, _asked(0x0503, 0x0403), TLS12) == 0x0403
    rsa = offer(client_ca, "rsa2048").key
    assert signing_scheme(rsa, _asked(0x0809, 0x0805, 0x0401), TLS13) == 0x0805
    assert signing_scheme(rsa, _asked(0x0809, 0x0805, 0x0401), TLS12) == 0x0401
    assert signing_scheme(rsa, _asked(), TLS11) == 0xFF01
    assert signing_scheme(p384, _asked(), TLS11) == 0x0203
    assert signing_scheme(rsa, _asked(0xFEED), TLS12) is None


@pytest.mark.parametrize("version", [TLS10, TLS12])
def test_a_type_of_certificate_that_is_not_asked_for_is_of_no_use(
    version: int, client_ca: Authority
) -> None:
    rsa, ecdsa = offer(client_ca, "rsa2048").key, offer(client_ca, "p256").key
    everything = (0x0401, 0x0403)
    assert signing_scheme(rsa, _asked(*everything, types=(64,)), version) is None
    assert signing_scheme(ecdsa, _asked(*everything, types=(1,)), version) is None
    assert signing_scheme(rsa, _asked(*everything, types=()), version) is None


@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_what_we_sign_verifies(kind: str, client_ca: Authority) -> None:
    certificate = offer(client_ca, kind)
    key = public_key(certificate.chain[0], 16_384)
    assert key is not None
    for code, scheme in SCHEMES.items():
        if scheme.kind == ("rsa" if kind == "rsa2048" else "ecdsa"):
            signature = sign(code, certificate.key, b"data")
            assert verify(code, key, signature, b"data") == "proved"
            assert verify(code, key, signature, b"other") == "failed"


def test_ecdsa_signatures_are_reproducible(client_ca: Authority) -> None:
    key = offer(client_ca, "p256").key
    assert sign(0x0403, key, b"data") == sign(0x0403, key, b"data")


def test_certificate_verify_is_read_to_its_end() -> None:
    message = parse_certificate_verify(b"\x04\x03\x00\x02ab")
    assert (message.scheme, message.signature) == (0x0403, b"ab")
