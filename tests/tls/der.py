"""Certificates put together by hand, as strict parsers would not have them."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def odd_certificate(spki: bytes, *, serial: bytes = b"\x00", tail: Sequence[bytes] = ()) -> bytes:
    """A certificate that strict parsers refuse: no version, a serial of zero, empty names."""
    empty = der(0x30)
    tbs = der(0x30, der(0x02, serial), empty, empty, empty, empty, spki, *tail)
    return der(0x30, tbs, empty, der(0x03, b"\x00"))


def spki_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def usage_extension(bits: bytes, *, critical: bool = True) -> bytes:
    parts = [der(0x06, bytes.fromhex("551d0f"))]
    if critical:
        parts.append(der(0x01, b"\xff"))
    parts.append(der(0x04, der(0x03, bits)))
    return der(0xA3, der(0x30, der(0x30, *parts)))
