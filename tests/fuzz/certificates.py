"""Certificates, chains and the files that hold them: DER, PEM, PKCS#7 and PKCS#12, changed."""

from functools import cache
from random import Random
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs7,
    pkcs12,
)

from cf525.errors import Cf525Error
from cf525.pki import TrustStore, files, judge
from tests.fuzz.mutations import der_mutated, mutated, text_mutated
from tests.pki import forge
from tests.pki.forge import AT, HOST, INTERMEDIATE_DER, LEAF_DER, ROOT_DER

TRUST: Final = TrustStore.of(ROOT_DER)
_WORDS: Final = (
    *("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "-----BEGIN PKCS7-----", "MII="),
    *("-----BEGIN RSA PRIVATE KEY-----", "Bag Attributes", "====", "-----BEGIN", "\x00", "é"),
)


def _pem(*ders: bytes) -> str:
    certificates = map(x509.load_der_x509_certificate, ders)
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


@cache
def _bags(kind: str) -> bytes:
    leaf, ca = x509.load_der_x509_certificate(LEAF_DER), x509.load_der_x509_certificate(ROOT_DER)
    if kind == "pkcs7":
        return pkcs7.serialize_certificates([leaf, ca], Encoding.DER)
    hiding = BestAvailableEncryption(b"x") if kind == "secret" else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", forge.key("x"), None, [leaf, ca], hiding)


def chains(dice: Random) -> str:
    """Up to five certificates, some changed by their structure, for the judge."""
    sent = [LEAF_DER, INTERMEDIATE_DER, ROOT_DER][: dice.randint(1, 3)]
    for _ in range(dice.randint(1, 2)):
        at = dice.randrange(len(sent))
        sent[at] = der_mutated(sent[at], dice)
    if dice.random() < 0.2:
        sent.insert(0, dice.choice(sent))
    verdict = judge(tuple(sent), names=(HOST,), at=AT, trust=TRUST)
    if verdict.accepted:
        assert not verdict.decisive
    return "accepted" if verdict.accepted else verdict.decisive[0].code if verdict.decisive else "-"


def attack(dice: Random) -> str:
    """A file: it is read, or refused in a sentence."""
    kind = dice.choice(("pem", "der", "pkcs7", "pkcs12", "secret", "chain"))
    if kind == "chain":
        return chains(dice)
    if kind == "pem":
        text = text_mutated(_pem(LEAF_DER, INTERMEDIATE_DER), dice, _WORDS)
        content = text.encode("utf-8", "replace")
        content = mutated(content, dice) if dice.random() < 0.3 else content
    elif kind == "der":
        content = der_mutated(LEAF_DER, dice)
    else:
        whole = _bags(kind)
        content = der_mutated(whole, dice) if dice.random() < 0.8 else mutated(whole, dice)
    try:
        found = files.bundle_of(content, "the-file", dice.choice((None, b"x", b"y")))
    except Cf525Error:
        return "refused"
    judge(found.certificates[:8], names=(HOST,), at=AT, trust=TRUST)
    return "read"
