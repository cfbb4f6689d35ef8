"""ML-DSA certificates of an authority that a zone trusts itself, on a real server.

The same origin is fine for a zone whose trust store holds the authority, and a 525 for any other.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cf525.account.readings import ALWAYS_HTTPS, READINGS, ReadResult
from cf525.account.settings import handshake
from cf525.edge.profile import ML_DSA, cloudflare
from cf525.model import Confidence
from cf525.pki import TrustStore
from tests.account.labs import routes, world
from tests.causes.scenarios import HOST, OK, diagnosed, route, scripted, serving
from tests.servers.inprocess import OpenSSLPeer, openssl_context

NOW = datetime.now(UTC)
KINDS: dict[str, Any] = {
    "44": mldsa.MLDSA44PrivateKey,
    "65": mldsa.MLDSA65PrivateKey,
    "87": mldsa.MLDSA87PrivateKey,
}


def certificate(name: str, key: Any, issuer: x509.Certificate | None, signer: Any) -> Any:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=80))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(
        signer, SHA256() if isinstance(signer, ec.EllipticCurvePrivateKey) else None
    )


def pem(one: x509.Certificate) -> bytes:
    return one.public_bytes(Encoding.PEM)


class Chain:
    """An authority and a leaf of it, both of one kind of key."""

    def __init__(self, kind: str, folder: Path) -> None:
        root_key, self.key = KINDS[kind].generate(), KINDS[kind].generate()
        self.root = certificate("Lab ML-DSA Root", root_key, None, root_key)
        self.leaf = certificate(HOST, self.key, self.root, root_key)
        self.file = folder / f"{kind}.pem"
        content = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.file.write_bytes(content + pem(self.leaf))

    def peer(self) -> OpenSSLPeer:
        context = openssl_context(None)
        context.use_certificate_file(str(self.file))
        context.use_privatekey_file(str(self.file))
        return OpenSSLPeer(context, answer=OK)


@pytest.mark.parametrize(("kind", "sure"), [("44", Confidence.HIGH), ("65", Confidence.LOW)])
def test_an_authority_of_the_zones_own_makes_the_edge_take_its_certificates(
    kind: str, sure: Confidence, tmp_path: Path
) -> None:
    chain = Chain(kind, tmp_path)
    store = TrustStore.load_default(zone=[pem(chain.root)])
    with scripted(serving(chain.peer)) as place:
        cases, found = diagnosed(route(place, trust="custom", ml_dsa=True), store=store)
    assert cases[0].verdict is not None
    assert cases[0].verdict.accepted is True, cases[0].verdict.defects
    assert (cases[0].status.status, cases[0].status.confidence) == ("ok", sure)
    assert [each.id for each in found if not each.contributing] == []


def test_any_other_zone_cannot_shake_hands_with_it(tmp_path: Path) -> None:
    chain = Chain("44", tmp_path)
    with scripted(serving(chain.peer)) as place:
        cases, found = diagnosed(route(place))
    assert cases[0].status.status == "525"
    assert found[0].id in ("unusable-key-type", "handshake-refused", "no-common-signature")


def test_a_leaf_of_another_authority_is_refused_by_its_signature(tmp_path: Path) -> None:
    other, chain = Chain("44", tmp_path), Chain("44", tmp_path)
    store = TrustStore.load_default(zone=[pem(other.root)])
    with scripted(serving(chain.peer)) as place:
        cases, _ = diagnosed(route(place, trust="custom", ml_dsa=True), store=store)
    assert cases[0].status.status == "526"


def classical_root() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return pem(certificate("Lab Root", key, None, key))


@pytest.mark.parametrize("post_quantum", [True, False])
def test_the_kind_of_authority_in_the_store_decides_the_offer(
    post_quantum: bool, tmp_path: Path
) -> None:
    anchor = (pem(Chain("44", tmp_path).root) if post_quantum else classical_root()).decode()
    (one,) = routes(world(trust_store=({"certificate": anchor},)))
    assert (one.trust, one.ml_dsa) == ("custom", post_quantum)
    offered = cloudflare(ml_dsa=one.ml_dsa).signature_algorithms
    assert (set(offered) >= {fact.code for fact in ML_DSA}) is post_quantum


def test_an_authority_that_has_ended_is_named_with_the_store() -> None:
    rows = (
        {"certificate": "", "status": "active"},
        {"certificate": "", "status": "expired", "issuer": "CN=Old", "expires_on": "2026-10-01T0"},
    )
    read = {each.id: ReadResult() for each in (*READINGS, ALWAYS_HTTPS)}
    ended = handshake({**read, "trust_store": ReadResult(rows)}).trust.why.detail
    assert "2 certificates, in place of all public authorities" in ended
    assert "1 of them ended (CN=Old on 2026-10-01)" in ended
    live = handshake({**read, "trust_store": ReadResult(rows[:1])}).trust.why.detail
    assert "ended" not in live
