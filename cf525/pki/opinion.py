"""What other verifiers say of the same input: OpenSSL, and one that follows browser rules.

OpenSSL's answer only sets how sure the verdict is; its agreement with BoringSSL was measured to
be total wherever this engine agrees with it too. Both libraries are loaded when first asked.
"""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from cf525.pki import extensions, names
from cf525.pki.certificate import Certificate
from cf525.pki.path import Anchors
from cf525.values import dataclass


class Answer(StrEnum):
    ACCEPTS = "accepts"
    REFUSES = "refuses"
    NONE = "none"  # could not be asked


_UNDERSCORE: Final = (
    "its own host check, and that of BoringSSL as published, takes no underscore in what an "
    "asterisk stands for; Cloudflare's connector asks again with a hyphen in its place"
)
"""Their sources (crypto/x509/v3_utl.c, wildcard_match) and pingora's: observed."""


@dataclass(frozen=True, slots=True)
class Opinion:
    answer: Answer
    detail: str = ""


def _anchors_for(certificates: Sequence[Certificate], anchors: Anchors) -> list[Certificate]:
    """The anchors any path could end in: those with a name that some issuer bears."""
    found: dict[int, Certificate] = {}
    wanted = [each.issuer.canonical for each in certificates]
    done: set[bytes] = set()
    while wanted:
        canonical = wanted.pop()
        if canonical in done:
            continue
        done.add(canonical)
        for anchor in anchors.named(canonical):
            found[id(anchor)] = anchor
            wanted.append(anchor.issuer.canonical)
    return list(found.values())


def openssl(
    sent: Sequence[Certificate], anchors: Anchors, wanted: Sequence[str], at: datetime
) -> Opinion:
    """OpenSSL's verdict on the path, with names and server purpose checked here."""
    from OpenSSL import crypto

    roots = _anchors_for(sent, anchors)
    if any(not root.encoded for root in roots):
        return Opinion(Answer.NONE, "not asked: the Origin CA root is known by its key only")
    try:
        loaded = [
            crypto.load_certificate(crypto.FILETYPE_ASN1, each.encoded) for each in (*sent, *roots)
        ]
    except crypto.Error:
        return Opinion(Answer.REFUSES, "cannot read a certificate")
    store = crypto.X509Store()
    store.set_time(at.astimezone(UTC).replace(tzinfo=None))
    for root in loaded[len(sent) :]:
        store.add_cert(root)
    context = crypto.X509StoreContext(store, loaded[0], loaded[1 : len(sent)])
    try:
        context.verify_certificate()
    except crypto.X509StoreContextError as error:
        return Opinion(Answer.REFUSES, str(error))
    usages = sent[0].extensions.extended_key_usage
    if usages is not None and extensions.SERVER_AUTH not in usages:
        return Opinion(Answer.REFUSES, "no server purpose")
    if not wanted:
        return Opinion(Answer.ACCEPTS)
    found = names.find(sent[0], wanted)
    if found is None:
        return Opinion(Answer.REFUSES, "hostname mismatch")
    if found.name not in names.normalised(wanted):
        return Opinion(Answer.ACCEPTS, _UNDERSCORE)
    return Opinion(Answer.ACCEPTS)


def readable(encoded: bytes) -> bool:
    """Whether OpenSSL can read a certificate at all."""
    from OpenSSL import crypto

    try:
        crypto.load_certificate(crypto.FILETYPE_ASN1, encoded)
    except crypto.Error:
        return False
    return True


def browsers(
    sent: Sequence[Certificate], anchors: Anchors, wanted: Sequence[str], at: datetime
) -> str:
    """What a verifier with browser rules says; empty where it cannot be asked."""
    from cryptography import x509
    from cryptography.x509 import verification

    roots = [each for each in _anchors_for(sent, anchors) if each.encoded]
    if not wanted or not sent or "_" in wanted[0]:
        return ""  # this one takes no underscore in any name, which browsers do
    try:
        with warnings.catch_warnings():  # odd serials and parameters are not ours to complain of
            warnings.simplefilter("ignore")
            loaded = [x509.load_der_x509_certificate(each.encoded) for each in sent]
            trusted = [x509.load_der_x509_certificate(each.encoded) for each in roots]
        store = verification.Store(trusted)
        subject = x509.DNSName(names.normalise(wanted[0]))
        verifier = verification.PolicyBuilder().store(store).time(at).build_server_verifier(subject)
        verifier.verify(loaded[0], loaded[1:])
    except (ValueError, verification.VerificationError):
        return "refuse"
    return "accept"
