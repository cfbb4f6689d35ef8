"""Reads the files people have: certificates in any common form, and private keys to match.

Where a file holds no certificate, one sentence says what it is instead and what to give. Keys are
read only to compare their public half; they are not kept.
"""

import shlex
import sys
import warnings
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import InvalidVersion

from cf525.errors import UsageError
from cf525.inputs import open_given
from cf525.model import KeyProof
from cf525.pki import bundles, der, keys
from cf525.pki.certificate import Malformed, parse
from cf525.values import dataclass

_MAX_BYTES: Final = 4 << 20
_GIVE_CHAIN: Final = "Give the certificate and its intermediates, as in certbot's fullchain.pem."

_TAKEN_OUT: Final = "openssl pkcs12 -in {} -nokeys -out chain.pem"

_LABELS: Final = {
    "ENCRYPTED PRIVATE KEY": "an encrypted private key",
    "OPENSSH PRIVATE KEY": "an OpenSSH private key",
    "CERTIFICATE REQUEST": "a certificate signing request (CSR), which a CA has yet to sign,",
    "NEW CERTIFICATE REQUEST": "a certificate signing request (CSR), which a CA has yet to sign,",
    "X509 CRL": "a certificate revocation list",
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "DH PARAMETERS": "Diffie-Hellman parameters",
    "EC PARAMETERS": "elliptic curve parameters",
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """The certificates of a file (DER, in the file's order) and the encoded public keys of the
    private keys beside them."""

    certificates: tuple[bytes, ...]
    public_keys: tuple[bytes, ...] = ()


def read_file(path: Path) -> bytes:
    """The bounded content of a file the user named, of standard input for ``-``."""
    if str(path) == "-":
        content = sys.stdin.buffer.read(_MAX_BYTES + 1)
        return content if len(content) <= _MAX_BYTES else b""
    try:
        with open_given(path) as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.",
            hint="give a certificate file; what a live host serves: cf525 diagnose HOST, or "
            "cf525 verify ADDRESS --host NAME",
        ) from error
    if len(content) > _MAX_BYTES:
        raise UsageError(
            f"{path} has more than {_MAX_BYTES:,} bytes: no certificate file is that large."
        )
    return content


def read_bundle(path: Path, password: bytes | None = None) -> Bundle:
    """The certificates in ``path``; UsageError says what the file is if there are none."""
    return bundle_of(read_file(path), str(path), password)


def bundle_of(content: bytes, name: str, password: bytes | None = None) -> Bundle:
    """As ``read_bundle``, for content that was read already; ``name`` is for the messages."""
    if _is_pkcs12(content):
        return _pkcs12(content, name, password)
    certificates = bundles.certificates_in(content)
    text = bundles.plain(content)
    if text.count(b"-----BEGIN CERTIFICATE-----") > text.count(b"-----END CERTIFICATE-----"):
        raise UsageError(
            f"{name} is truncated: a certificate begins in it and does not end.",
            hint="Copy the file again from where it was issued.",
        )
    if not certificates:
        raise UsageError(f"{name} {_what_it_is(text)}.", hint=_GIVE_CHAIN)
    return Bundle(certificates, tuple(_public_keys(text)))


def form_of(content: bytes) -> str:
    """``PKCS#12``, ``PKCS#7`` or ``DER``; empty for what holds a certificate in PEM."""
    if _is_pkcs12(content):
        return "PKCS#12"
    labels = {each.label for each in bundles.blocks(bundles.plain(content))}
    if any(each.endswith("CERTIFICATE") for each in labels):
        return ""
    if labels.intersection(bundles.PKCS7_LABELS):
        return "PKCS#7"
    return "" if labels else "DER"


def _is_pkcs12(content: bytes) -> bool:
    """PFX ::= SEQUENCE { version INTEGER (3), ... } (RFC 7292 section 4)."""
    try:
        reader = der.Reader(content).enter(der.SEQUENCE)
        return reader.read(der.INTEGER) == b"\x03"
    except der.DerError:
        return False


MOST_ROUNDS: Final = 5_000_000
"""Of a password's derivation: tools make 2,048 to 600,000; a billion would take minutes."""
_MOST_DEPTH: Final = 24


def _rounds(content: bytes, depth: int = 0) -> int:
    """The most that any derivation of a key in the file asks for, as far as it is not encrypted:
    the INTEGER that follows a salt. What is no DER asks for none."""
    most, at, salted = 0, 0, False
    while depth < _MOST_DEPTH and at + 2 <= len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(content[at : at + size])
            at += size
        inner = content[at : at + length]
        if tag == 0x02 and salted and length <= 8:
            most = max(most, int.from_bytes(inner))
        elif tag & 0x20 or tag == 0x04:
            most = max(most, _rounds(inner, depth + 1))
        salted = tag == 0x04
        at += length
    return most


def _pkcs12(content: bytes, name: str, password: bytes | None) -> Bundle:
    if _rounds(content) > MOST_ROUNDS:
        raise UsageError(
            f"{name} is a PKCS#12 file whose password takes more rounds than any tool makes.",
            hint=f"Take the certificates out: {_TAKEN_OUT.format(shlex.quote(name))}",
        )
    for attempt in (password,) if password is not None else (None, b""):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loaded = pkcs12.load_pkcs12(content, attempt)
        except (ValueError, UnsupportedAlgorithm, InvalidVersion):
            continue
        found = [loaded.cert, *loaded.additional_certs]
        certificates = tuple(
            each.certificate.public_bytes(Encoding.DER) for each in found if each is not None
        )
        if not certificates:
            raise UsageError(f"{name} is a PKCS#12 file without a certificate.", hint=_GIVE_CHAIN)
        key = loaded.key
        spki = () if key is None else (_spki(key.public_key()),)
        return Bundle(certificates, spki)
    raise UsageError(
        f"{name} is a PKCS#12 file that "
        + ("this password does not open." if password is not None else "is encrypted."),
        hint=f"Take the certificates out: {_TAKEN_OUT.format(shlex.quote(name))}",
    )


def _what_it_is(text: bytes) -> str:
    found = bundles.blocks(text)
    labels = [block.label for block in found]
    private = next((each for each in labels if each.endswith("PRIVATE KEY")), None)
    if any(label in ("CERTIFICATE", "X509 CERTIFICATE") for label in labels):
        return "holds a certificate whose base64 is damaged"
    if private in _LABELS:
        return f"holds {_LABELS[private]} and no certificate"
    if private is not None:
        return "holds a private key and no certificate"
    if labels:
        return f"holds {_LABELS.get(labels[0], f'a PEM block {labels[0]!r}')} and no certificate"
    return _unframed(text)


def _unframed(text: bytes) -> str:
    head = text[:512].lstrip().lower()
    if not head:
        return "is empty"
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a web page, not a certificate (a download that failed?)"
    if text.startswith(b"\xfe\xed\xfe\xed"):
        return "is a Java keystore (JKS); export the chain with keytool -exportcert -rfc"
    if head.startswith((b"ssh-", b"ecdsa-sha2-")):
        return "is an SSH public key"
    if b"-----begin" in head:
        return "is truncated: a PEM block begins in it and does not end"
    if text[:1] == b"\x30":
        return f"is {_der_kind(text)}"
    return "holds no certificate in PEM, DER, PKCS#7 or PKCS#12"


def _der_kind(content: bytes) -> str:
    if bundles.first_element(content) is None:
        return "truncated or damaged DER"
    try:
        load_der_private_key(content, None)
    except TypeError:
        return "an encrypted private key in DER"
    except (ValueError, UnsupportedAlgorithm):
        return "DER, but no certificate"
    return "a private key in DER"


def _public_keys(text: bytes) -> list[bytes]:
    """The public halves of the unencrypted private keys in a PEM text."""
    found: list[bytes] = []
    for part in text.split(b"-----BEGIN ")[1:]:
        label, _, rest = part.partition(b"-----")
        end = b"-----END " + label + b"-----"
        if not label.endswith(b"PRIVATE KEY") or end not in rest:
            continue
        block = b"-----BEGIN " + label + b"-----" + rest.partition(end)[0] + end + b"\n"
        try:
            found.append(_spki(load_pem_private_key(block, None).public_key()))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return found


def public_keys_in(content: bytes) -> tuple[bytes, ...]:
    """The encoded public keys of the unencrypted private keys in a PEM text."""
    return tuple(_public_keys(bundles.plain(content)))


def read_public_key(path: Path) -> bytes:
    """The encoded public key of the private key in ``path``."""
    content = read_file(path)
    text = bundles.plain(content)
    found = _public_keys(text)
    if found:
        return found[0]
    labels = [block.label for block in bundles.blocks(text)]
    if any(b"ENCRYPTED" in text for label in labels if label.endswith("PRIVATE KEY")):
        raise UsageError(
            f"{path} is an encrypted private key.",
            hint="Compare by hand: openssl pkey -in FILE -pubout",
        )
    try:
        return _spki(load_der_private_key(content, None).public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no private key in PEM or DER.") from None


def _spki(key: object) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return encoded


def proves(public_key: bytes, leaf: bytes) -> KeyProof:
    """Whether a private key's public half is the key in the certificate ``leaf``."""
    try:
        spki = parse(leaf).spki
    except Malformed:
        return KeyProof.UNKNOWN
    own, given = keys.decode(spki).usable, keys.decode(public_key).usable
    same = spki == public_key or (own is not None and own == given)
    return KeyProof.PROVED if same else KeyProof.FAILED


def of_another_kind(public_key: bytes, leaf: bytes) -> bool:
    """Whether a key is of another kind (RSA, EC …) than a certificate's, which OpenSSL then does
    not compare: it takes the one beside the other."""
    try:
        own = keys.decode(parse(leaf).spki).usable
    except Malformed:
        return False
    given = keys.decode(public_key).usable
    if own is None or given is None:
        return False
    kinds = (RSAPublicKey, EllipticCurvePublicKey, Ed25519PublicKey)
    return [isinstance(own, kind) for kind in kinds] != [isinstance(given, kind) for kind in kinds]
