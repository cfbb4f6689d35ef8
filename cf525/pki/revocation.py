"""Asks whether the certificates of a chain were revoked: a stapled OCSP response, else one CRL.

Whether the edge looks at all is not documented for public CAs, so a revoked certificate is a
likely cause and never the ground of a verdict by itself; what cannot be learned is "unknown".
RFC 6960 section 3.2, RFC 5280 section 6.3, without delta, indirect and partitioned lists.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from cf525.model import ChainVerdict, Confidence
from cf525.pki import der
from cf525.pki.certificate import Certificate
from cf525.pki.checks import title
from cf525.pki.completion import Fetch
from cf525.pki.defects import defect
from cf525.pki.path import Node, Path
from cf525.values import dataclass

_MAX_CHECKED: Final = 4


class State(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is known of one certificate of the path. ``reason`` says why it is unknown."""

    node: Node
    state: State
    source: str = ""  # "OCSP" or "CRL"
    since: datetime | None = None
    reason: str = ""


async def check(
    path: Path, *, fetch: Fetch, at: datetime, stapled: bytes | None = None
) -> tuple[Revocation, ...]:
    """Leaf and intermediates, each against its issuer in ``path``."""
    found: list[Revocation] = []
    for child, issuer in list(zip(path.nodes, path.nodes[1:], strict=False))[:_MAX_CHECKED]:
        if child.anchored:
            break
        answer = None
        if stapled is not None and child is path.nodes[0]:
            answer = from_ocsp(child, issuer.certificate, stapled, at)
        if answer is None or answer.state is State.UNKNOWN:
            answer = await _from_list(child, issuer.certificate, fetch, at)
        found.append(answer)
    return tuple(found)


def apply(verdict: ChainVerdict, found: Sequence[Revocation]) -> ChainVerdict:
    """The verdict with a defect for each revoked certificate. Acceptance stays as it was."""
    defects = [
        defect(
            "revoked",
            each.node.index,
            f"{title(each.node)} was revoked{_since(each.since)} ({each.source}). The edge's "
            "documentation lists revocation as a cause of 526; that it looks is not proved.",
        )
        for each in found
        if each.state is State.REVOKED
    ]
    if not defects:
        return verdict
    weaker = max(verdict.confidence, Confidence.MEDIUM, key=lambda each: each.rank)
    return replace(
        verdict,
        defects=(*verdict.defects, *defects),
        confidence=weaker if verdict.accepted else verdict.confidence,
    )


def _since(moment: datetime | None) -> str:
    return f" on {moment:%Y-%m-%d}" if moment is not None else ""


def from_ocsp(child: Node, issuer: Certificate, encoded: bytes, at: datetime) -> Revocation:
    """The state a stapled OCSP response gives, if it is valid and for this certificate."""
    try:
        response = ocsp.load_der_ocsp_response(encoded)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Revocation(child, State.UNKNOWN, "OCSP", reason="unsuccessful")
        if response.serial_number != der.integer(child.certificate.serial):
            return Revocation(child, State.UNKNOWN, "OCSP", reason="other certificate")
        if not _current(response.this_update_utc, response.next_update_utc, at):
            return Revocation(child, State.UNKNOWN, "OCSP", reason="out of date")
        issuing = _load(issuer)
        signer = _responder(response, issuing)
        if signer is None:
            return Revocation(child, State.UNKNOWN, "OCSP", reason="signer")
        _verify(
            signer,
            response.signature,
            response.tbs_response_bytes,
            response.signature_hash_algorithm,
        )
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return Revocation(child, State.UNKNOWN, "OCSP", reason="invalid")
    status = response.certificate_status
    if status is ocsp.OCSPCertStatus.REVOKED:
        return Revocation(child, State.REVOKED, "OCSP", since=response.revocation_time_utc)
    good = status is ocsp.OCSPCertStatus.GOOD
    return Revocation(child, State.GOOD if good else State.UNKNOWN, "OCSP")


def _responder(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> x509.Certificate | None:
    """Who signed: the issuer, or a responder it delegated to (RFC 6960 section 4.2.2.2)."""
    if response.responder_name == issuer.subject:
        return issuer
    key_hash = response.responder_key_hash
    if key_hash is not None and key_hash == _key_hash(issuer):
        return issuer
    for candidate in response.certificates:
        try:
            usages = candidate.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
            candidate.verify_directly_issued_by(issuer)
        except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
            continue
        if ExtendedKeyUsageOID.OCSP_SIGNING in list(usages.value):  # type: ignore[call-overload]
            return candidate
    return None


def _key_hash(certificate: x509.Certificate) -> bytes:
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


async def _from_list(child: Node, issuer: Certificate, fetch: Fetch, at: datetime) -> Revocation:
    """One revocation list, the first that the certificate names over http."""
    uris = [
        uri for uri in child.certificate.extensions.crl_uris if uri.lower().startswith("http://")
    ]
    if not uris:
        return Revocation(child, State.UNKNOWN, reason="no address")
    content = await fetch.get(uris[0])
    if content is None:
        return Revocation(child, State.UNKNOWN, "CRL", reason="not fetched")
    found = from_list(child, issuer, content, at)
    if found.state is not State.UNKNOWN:
        fetch.keep(uris[0], content)
    return found


def from_list(child: Node, issuer: Certificate, content: bytes, at: datetime) -> Revocation:
    """The state a revocation list gives, if it is the issuer's own, whole and current."""
    try:
        listed = x509.load_der_x509_crl(content)
        if not _current(listed.last_update_utc, listed.next_update_utc, at):
            return Revocation(child, State.UNKNOWN, "CRL", reason="out of date")
        if listed.issuer.public_bytes() != issuer.subject.encoded or _partial(listed):
            return Revocation(child, State.UNKNOWN, "CRL", reason="scope")
        if not listed.is_signature_valid(_load(issuer).public_key()):  # type: ignore[arg-type]
            return Revocation(child, State.UNKNOWN, "CRL", reason="signature")
        entry = listed.get_revoked_certificate_by_serial_number(
            der.integer(child.certificate.serial)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return Revocation(child, State.UNKNOWN, "CRL", reason="invalid")
    if entry is None:
        return Revocation(child, State.GOOD, "CRL")
    return Revocation(child, State.REVOKED, "CRL", since=entry.revocation_date_utc)


def _partial(listed: x509.CertificateRevocationList) -> bool:
    """Delta and indirect lists, lists for some reasons only, and unknown critical extensions."""
    for extension in listed.extensions:
        value = extension.value
        if isinstance(value, x509.DeltaCRLIndicator):
            return True
        if isinstance(value, x509.IssuingDistributionPoint):
            if value.indirect_crl or value.only_some_reasons or value.only_contains_attribute_certs:
                return True
        elif extension.critical:
            return True
    return False


def _current(begin: datetime, end: datetime | None, at: datetime) -> bool:
    return begin <= at and end is not None and at < end


def _load(certificate: Certificate) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(certificate.encoded)


def _verify(signer: x509.Certificate, signature: bytes, signed: bytes, algorithm: object) -> None:
    key = signer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)  # type: ignore[arg-type]
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(algorithm))  # type: ignore[arg-type]
    else:
        raise UnsupportedAlgorithm("responder key")
