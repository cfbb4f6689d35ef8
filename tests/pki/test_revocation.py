"""Revocation: what a stapled response or a list says, and that it never decides alone."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from cf525.lab.ca import Authority
from cf525.model import Confidence
from cf525.pki import TrustStore, judge, revocation
from cf525.pki.certificate import parse
from cf525.pki.path import Node, Path, build
from cf525.pki.revocation import State
from tests.pki.forge import AT, HOST
from tests.pki.test_completion import Table

URL = "http://crl.example/1.crl"
CA = Authority("Revoking CA", now=AT)
POINT = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier(URL)], None, None, None)]
)
LEAF = CA.issue(HOST, extra=[(POINT, False)])
PLAIN = CA.issue(HOST)
SERIAL = LEAF.certificate.serial_number
TRUST = TrustStore.of(CA.der)


def path_of(*sent: bytes) -> Path:
    return build([Node(parse(each), place) for place, each in enumerate(sent)], TRUST.edge)


def crl(
    *serials: int,
    key: ec.EllipticCurvePrivateKey | None = None,
    issuer: x509.Name | None = None,
    begin: datetime = AT - timedelta(hours=1),
    end: datetime | None = AT + timedelta(days=1),
    extension: tuple[x509.ExtensionType, bool] | None = None,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer or CA.name)
        .last_update(begin)
        .next_update(end or AT)
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begin)
        builder = builder.add_revoked_certificate(entry.build())
    if extension is not None:
        builder = builder.add_extension(*extension)
    signer = key or CA.key
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER)


def scope(**changes: bool) -> tuple[x509.ExtensionType, bool]:
    usual: dict[str, bool] = {
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    full = [x509.UniformResourceIdentifier(URL)]
    return (
        x509.IssuingDistributionPoint(
            full_name=full, relative_name=None, only_some_reasons=None, **(usual | changes)
        ),
        True,
    )


LISTS: dict[str, tuple[bytes, State, str]] = {
    "the certificate is on it": (crl(SERIAL), State.REVOKED, ""),
    "it is not": (crl(SERIAL + 1), State.GOOD, ""),
    "scoped to this point": (crl(SERIAL, extension=scope()), State.REVOKED, ""),
    "out of date": (crl(SERIAL, end=AT - timedelta(minutes=1)), State.UNKNOWN, "out of date"),
    "of tomorrow": (
        crl(SERIAL, begin=AT + timedelta(days=1), end=AT + timedelta(days=2)),
        State.UNKNOWN,
        "out of date",
    ),
    "of another issuer": (
        crl(SERIAL, issuer=Authority("Stranger", now=AT).name),
        State.UNKNOWN,
        "scope",
    ),
    "by another key": (
        crl(SERIAL, key=ec.generate_private_key(ec.SECP256R1())),
        State.UNKNOWN,
        "signature",
    ),
    "indirect": (crl(SERIAL, extension=scope(indirect_crl=True)), State.UNKNOWN, "scope"),
    "a delta": (
        crl(SERIAL, extension=(x509.DeltaCRLIndicator(1), True)),
        State.UNKNOWN,
        "scope",
    ),
    "with something critical": (
        crl(
            SERIAL,
            extension=(
                x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
                True,
            ),
        ),
        State.UNKNOWN,
        "scope",
    ),
    "no list at all": (b"<html>", State.UNKNOWN, "invalid"),
}


@pytest.mark.parametrize("title", LISTS)
def test_a_list_is_believed_only_if_it_is_the_issuers_whole_and_current(title: str) -> None:
    content, state, reason = LISTS[title]
    table = Table({URL: content})
    (found,) = asyncio.run(revocation.check(path_of(LEAF.der), fetch=table, at=AT))
    assert (found.state, found.reason) == (state, reason)
    assert (URL in table.kept) is (state is not State.UNKNOWN)


def checked(answers: Mapping[str, bytes], *sent: bytes) -> tuple[revocation.Revocation, ...]:
    return asyncio.run(revocation.check(path_of(*sent), fetch=Table(answers), at=AT))


def test_what_cannot_be_asked_is_unknown() -> None:
    (unreachable,) = checked({}, LEAF.der)
    (silent,) = checked({}, PLAIN.der)
    assert (unreachable.state, unreachable.reason) == (State.UNKNOWN, "not fetched")
    assert (silent.state, silent.reason) == (State.UNKNOWN, "no address")


def test_intermediates_are_checked_and_anchors_are_not() -> None:
    inner = CA.intermediate("Inner")
    found = checked({}, *inner.issue(HOST).chain_der)
    assert [each.node.index for each in found] == [0, 1]


def test_a_revoked_certificate_is_a_likely_cause_and_no_verdict() -> None:
    before = judge((LEAF.der,), names=(HOST,), at=AT, trust=TRUST)
    found = checked({URL: crl(SERIAL)}, LEAF.der)
    after = revocation.apply(before, found)
    assert before.accepted is True
    assert after.accepted is True
    assert after.confidence is Confidence.MEDIUM
    assert after.has("revoked")
    assert "2026-06-01" in after.defects[-1].text


def test_unknown_changes_nothing() -> None:
    before = judge((LEAF.der,), names=(HOST,), at=AT, trust=TRUST)
    assert revocation.apply(before, checked({}, LEAF.der)) is before


def test_a_refused_chain_stays_as_sure_as_it_was() -> None:
    before = judge((LEAF.der,), names=("other.example",), at=AT, trust=TRUST)
    after = revocation.apply(before, checked({URL: crl(SERIAL)}, LEAF.der))
    assert (after.accepted, after.confidence) == (False, before.confidence)


# -- stapled OCSP ------------------------------------------------------------------------------

RSA_RESPONDER = rsa.generate_private_key(65537, 2048)


def responder(key: object, usage: bool = True, by: Authority = CA) -> x509.Certificate:
    extra: list[tuple[x509.ExtensionType, bool]] = []
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(by.name)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(7)
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
    )
    if usage:
        extra.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    assert isinstance(by.key, ec.EllipticCurvePrivateKey)
    return builder.sign(by.key, hashes.SHA256())


def stapled(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    *,
    key: object = None,
    delegate: x509.Certificate | None = None,
    certificate: x509.Certificate | None = None,
    end: datetime | None = AT + timedelta(days=1),
    by_hash: bool = False,
) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate or LEAF.certificate,
        issuer=CA.certificate,
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=AT - timedelta(hours=1),
        next_update=end,
        revocation_time=AT - timedelta(hours=2) if revoked else None,
        revocation_reason=None,
    )
    encoding = ocsp.OCSPResponderEncoding.HASH if by_hash else ocsp.OCSPResponderEncoding.NAME
    builder = builder.responder_id(encoding, delegate or CA.certificate)
    if delegate is not None:
        builder = builder.certificates([delegate])
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key or CA.key, digest).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def state_of(response: bytes) -> tuple[State, str]:
    found = revocation.from_ocsp(Node(parse(LEAF.der), 0), parse(CA.der), response, AT)
    return found.state, found.reason


def damaged(response: bytes) -> bytes:
    """The last byte, which is the signature's, with every bit turned."""
    return response[:-1] + bytes([response[-1] ^ 0xFF])


EC_RESPONDER = ec.generate_private_key(ec.SECP256R1())
ED_RESPONDER = ed25519.Ed25519PrivateKey.generate()
REVOKED = ocsp.OCSPCertStatus.REVOKED

RESPONSES: dict[str, tuple[bytes, State, str]] = {
    "good": (stapled(), State.GOOD, ""),
    "revoked": (stapled(REVOKED), State.REVOKED, ""),
    "unknown there": (stapled(ocsp.OCSPCertStatus.UNKNOWN), State.UNKNOWN, ""),
    "by the key's hash": (stapled(by_hash=True), State.GOOD, ""),
    "by a delegate": (
        stapled(REVOKED, key=EC_RESPONDER, delegate=responder(EC_RESPONDER)), State.REVOKED, ""
    ),
    "by an RSA delegate": (
        stapled(key=RSA_RESPONDER, delegate=responder(RSA_RESPONDER)), State.GOOD, ""
    ),
    "by a delegate without the purpose": (
        stapled(key=EC_RESPONDER, delegate=responder(EC_RESPONDER, usage=False)),
        State.UNKNOWN,
        "signer",
    ),
    "by a delegate of another CA": (
        stapled(
            key=EC_RESPONDER, delegate=responder(EC_RESPONDER, by=Authority("Other", now=AT))
        ),
        State.UNKNOWN,
        "signer",
    ),
    "by a key that cannot be used": (
        stapled(key=ED_RESPONDER, delegate=responder(ED_RESPONDER)), State.UNKNOWN, "invalid"
    ),
    "damaged": (damaged(stapled()), State.UNKNOWN, "invalid"),
    "for another certificate": (
        stapled(certificate=PLAIN.certificate), State.UNKNOWN, "other certificate"
    ),
    "out of date": (stapled(end=AT - timedelta(minutes=1)), State.UNKNOWN, "out of date"),
    "without an end": (stapled(end=None), State.UNKNOWN, "out of date"),
    "try later": (
        ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(Encoding.DER),
        State.UNKNOWN,
        "unsuccessful",
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", RESPONSES)
def test_a_stapled_response_is_believed_only_if_it_is_valid(title: str) -> None:
    response, state, reason = RESPONSES[title]
    assert state_of(response) == (state, reason)


@given(st.binary(max_size=100))
def test_no_stapled_bytes_raise(response: bytes) -> None:
    assert state_of(response)[0] is State.UNKNOWN


def test_a_stapled_response_saves_the_list() -> None:
    table = Table({URL: crl(SERIAL)})
    path = path_of(LEAF.der)
    (good,) = asyncio.run(revocation.check(path, fetch=table, at=AT, stapled=stapled()))
    assert (good.state, good.source, table.asked) == (State.GOOD, "OCSP", [])
    (listed,) = asyncio.run(revocation.check(path, fetch=table, at=AT, stapled=b"junk"))
    assert (listed.state, listed.source) == (State.REVOKED, "CRL")
