"""The two things a handshake needs from a leaf certificate: its public key and its keyUsage.

A small DER walk cuts them out. It does not validate: real origins have certificates that strict
parsers refuse (serial zero, odd strings), and the handshake with them can still be finished.
Everything else about certificates is judged elsewhere, from the raw bytes.

Sources: RFC 5280 section 4.1 and 4.2.1.3, ITU-T X.690 section 8.
"""

from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

MlDsaKey: TypeAlias = mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
PublicKey: TypeAlias = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | ed448.Ed448PublicKey
    | MlDsaKey
)

DIGITAL_SIGNATURE: Final = 0
KEY_ENCIPHERMENT: Final = 2

_BOOLEAN: Final = 0x01
_BIT_STRING: Final = 0x03
_OCTET_STRING: Final = 0x04
_OID: Final = 0x06
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_KEY_USAGE: Final = bytes.fromhex("551d0f")

_FIELDS_BEFORE_KEY: Final = 5  # serialNumber, signature, issuer, validity, subject
_SPKI_BYTES: Final = 16_384  # far above any key of ``Limits.key_bits``


class _Malformed(Exception):
    """The DER does not have the shape of a certificate."""


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at ``at``."""
    if at + 2 > len(data):
        raise _Malformed
    tag, length = data[at], data[at + 1]
    start = at + 2
    if length & 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4 or start + width > len(data):
            raise _Malformed
        length = int.from_bytes(data[start : start + width])
        start += width
    if start + length > len(data):
        raise _Malformed
    return tag, start, start + length


def _content(data: bytes, at: int, expected: int) -> tuple[int, int]:
    tag, start, end = _element(data, at)
    if tag != expected:
        raise _Malformed
    return start, end


def _to_spki(der: bytes) -> tuple[int, int, int]:
    """Where SubjectPublicKeyInfo starts and ends, and where the TBSCertificate ends."""
    start, _ = _content(der, 0, _SEQUENCE)
    at, tbs_end = _content(der, start, _SEQUENCE)
    tag, _, end = _element(der, at)
    if tag == _VERSION:
        at = end
    for _ in range(_FIELDS_BEFORE_KEY):
        at = _element(der, at)[2]
    _, end = _content(der, at, _SEQUENCE)
    return at, end, tbs_end


def public_key(der: bytes, max_bits: int) -> PublicKey | None:
    """The certificate's key; None when it cannot be read, is of no use, or is too large."""
    try:
        start, end, _ = _to_spki(der)
    except _Malformed:
        return None
    if end - start > _SPKI_BYTES:
        return None
    try:
        key = load_der_public_key(der[start:end])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return key if key.key_size <= max_bits else None
    if isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key
    if isinstance(key, MlDsaKey):
        return key
    return None


def is_certificate(der: bytes) -> bool:
    """Whether the bytes have the outer shape of a certificate."""
    try:
        _to_spki(der)
    except _Malformed:
        return False
    return True


def has_uncompressed_point(der: bytes) -> bool:
    """Whether the elliptic key of a certificate stands there in its long form."""
    start, _, _ = _to_spki(der)
    at, _ = _content(der, start, _SEQUENCE)
    _, _, after_algorithm = _element(der, at)
    point, _ = _content(der, after_algorithm, _BIT_STRING)
    return der[point + 1 : point + 2] == b"\x04"


def is_name(der: bytes) -> bool:
    """Whether the bytes are one distinguished name (a SEQUENCE of SETs of type and value)."""
    try:
        at, end = _content(der, 0, _SEQUENCE)
        if end != len(der):
            return False
        while at < end:
            entry, at = _content(der, at, _SET)
            while entry < at:
                inner, entry = _content(der, entry, _SEQUENCE)
                _, value = _content(der, inner, _OID)
                if _element(der, value)[2] != entry:
                    return False
    except _Malformed:
        return False
    return True


def key_usage(der: bytes) -> frozenset[int] | None:
    """The bit numbers set in keyUsage; None when the extension is absent or unreadable."""
    try:
        return _key_usage(der)
    except _Malformed:
        return None


def _key_usage(der: bytes) -> frozenset[int] | None:
    _, at, tbs_end = _to_spki(der)
    while at < tbs_end:  # issuerUniqueID and subjectUniqueID may come first
        tag, start, at = _element(der, at)
        if tag != _EXTENSIONS:
            continue
        position, end = _content(der, start, _SEQUENCE)
        while position < end:
            extension, position = _content(der, position, _SEQUENCE)
            oid_start, oid_end = _content(der, extension, _OID)
            if der[oid_start:oid_end] == _KEY_USAGE:
                return _bits(der, oid_end)
    return None


def _bits(der: bytes, at: int) -> frozenset[int]:
    tag, start, end = _element(der, at)
    if tag == _BOOLEAN:  # the critical flag
        tag, start, end = _element(der, end)
    if tag != _OCTET_STRING:
        raise _Malformed
    start, end = _content(der, start, _BIT_STRING)
    octets = der[start + 1 : end][:2]  # nine bits are defined; the first octet counts unused ones
    return frozenset(
        number for number in range(len(octets) * 8) if octets[number // 8] & (0x80 >> number % 8)
    )
