"""Makes certificates octet by octet, so that tests can break any field of them.

``Plan`` holds every field in encoded form with a sound default; ``world()`` makes a root, an
intermediate and a leaf from three plans. Keys are P-256 and made once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cf525.lab.ca import LOGGED

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOST = "www.example.com"

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
RSA_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")
RSA_MD5 = bytes.fromhex("300d06092a864886f70d0101040500")


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return tlv(0x06, out)


def integer(value: int) -> bytes:
    size = max(1, (value.bit_length() + 8) // 8)
    return tlv(0x02, value.to_bytes(size, "big", signed=True))


def bits(content: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes((unused,)) + content)


def rdn(kind: str, value: str | bytes, tag: int = 0x0C) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return tlv(0x31, seq(oid(kind), tlv(tag, data)))


def name(common_name: str = "", *more: bytes) -> bytes:
    return seq(*more, *([rdn("2.5.4.3", common_name)] if common_name else []))


def utc(moment: datetime) -> bytes:
    if moment.year >= 2050 or moment.year < 1950:
        return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode().rjust(15, b"0"))
    return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


@cache
def key(slot: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits_: int, slot: str = "") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits_)


def spki(private: Any) -> bytes:
    encoded: bytes = private.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def key_id(private: Any) -> bytes:
    return hashlib.sha1(spki(private)).digest()


def ext(kind: str, value: bytes, critical: bool = False) -> bytes:
    flag = tlv(0x01, b"\xff") if critical else b""
    return seq(oid(kind), flag, tlv(0x04, value))


def basic(ca: bool = True, length: int | None = None, critical: bool = True) -> bytes:
    flag = tlv(0x01, b"\xff") if ca else b""
    limit = integer(length) if length is not None else b""
    return ext("2.5.29.19", seq(flag, limit), critical)


def usage(*names: str) -> bytes:
    places = {"digital": 0, "encipher": 2, "agree": 4, "cert": 5, "crl": 6}
    octet = sum(0x80 >> places[each] for each in names)
    unused = (octet & -octet).bit_length() - 1 if octet else 0
    return ext("2.5.29.15", bits(bytes((octet,)) if octet else b"", unused), True)


def purposes(*dotted: str, critical: bool = False) -> bytes:
    return ext("2.5.29.37", seq(*(oid(each) for each in dotted)), critical)


SERVER = "1.3.6.1.5.5.7.3.1"
CLIENT = "1.3.6.1.5.5.7.3.2"
ANY_PURPOSE = "2.5.29.37.0"


def ski(value: bytes) -> bytes:
    return ext("2.5.29.14", tlv(0x04, value))


def aki(value: bytes | None, more: bytes = b"", critical: bool = False) -> bytes:
    return ext("2.5.29.35", seq(tlv(0x80, value) if value is not None else b"", more), critical)


def dns(value: str | bytes) -> bytes:
    return tlv(0x82, value.encode() if isinstance(value, str) else value)


def ip(value: bytes) -> bytes:
    return tlv(0x87, value)


def email(value: str) -> bytes:
    return tlv(0x81, value.encode())


def uri(value: str) -> bytes:
    return tlv(0x86, value.encode())


def san(*general_names: bytes | str, critical: bool = False) -> bytes:
    encoded = (dns(each) if isinstance(each, str) else each for each in general_names)
    return ext("2.5.29.17", seq(*encoded), critical)


def constraints(permitted: Sequence[bytes] = (), excluded: Sequence[bytes] = ()) -> bytes:
    parts = [
        tlv(tag, *(seq(each) for each in names))
        for tag, names in ((0xA0, permitted), (0xA1, excluded))
        if names
    ]
    return ext("2.5.29.30", seq(*parts), True)


def policies(*dotted: str) -> bytes:
    return ext("2.5.29.32", seq(*(seq(oid(each)) for each in dotted)))


def aia(*urls: str) -> bytes:
    access = (seq(oid("1.3.6.1.5.5.7.48.2"), uri(each)) for each in urls)
    return ext("1.3.6.1.5.5.7.1.1", seq(*access))


def logged() -> bytes:
    return ext("1.3.6.1.4.1.11129.2.4.2", LOGGED.value)


def crl_point(url: str) -> bytes:
    return ext("2.5.29.31", seq(seq(tlv(0xA0, tlv(0xA0, uri(url))))))


def sign(private: Any, data: bytes, algorithm: bytes) -> bytes:
    weak = hashes.SHA1() if algorithm in (RSA_SHA1, ECDSA_SHA1) else hashes.SHA256()
    if isinstance(private, rsa.RSAPrivateKey):
        chosen = hashes.MD5() if algorithm == RSA_MD5 else weak
        return private.sign(data, padding.PKCS1v15(), chosen)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(data)
    signed: bytes = private.sign(data, ec.ECDSA(weak))
    return signed


@dataclass(kw_only=True)
class Plan:
    """One certificate. Fields are encoded; ``None`` leaves an optional one out."""

    subject: bytes
    issuer: bytes
    private: Any
    signer: Any
    extensions: list[bytes] | None
    version: bytes | None = field(default_factory=lambda: tlv(0xA0, integer(2)))
    serial: bytes = field(default_factory=lambda: integer(0x1234))
    not_before: bytes = field(default_factory=lambda: utc(AT - timedelta(days=30)))
    not_after: bytes = field(default_factory=lambda: utc(AT + timedelta(days=60)))
    spki: bytes = b""
    algorithm: bytes = ECDSA_SHA256
    outer_algorithm: bytes = b""
    damage: bool = False
    trailer: bytes = b""

    def build(self) -> bytes:
        wrapped = [] if self.extensions is None else [tlv(0xA3, seq(*self.extensions))]
        signed = seq(
            self.version or b"",
            self.serial,
            self.algorithm,
            self.issuer,
            seq(self.not_before, self.not_after),
            self.subject,
            self.spki or spki(self.private),
            *wrapped,
        )
        signature = bytearray(sign(self.signer, signed, self.algorithm))
        if self.damage:
            signature[-1] ^= 1
        return (
            seq(signed, self.outer_algorithm or self.algorithm, bits(bytes(signature)))
            + self.trailer
        )


ROOT, INTERMEDIATE = name("Test Root"), name("Test Intermediate")


def root_plan(**changes: Any) -> Plan:
    private = changes.pop("private", key("root"))
    defaults: dict[str, Any] = {
        "subject": ROOT,
        "issuer": ROOT,
        "signer": private,
        "extensions": [basic(), usage("cert", "crl"), ski(key_id(private))],
        "not_before": utc(AT - timedelta(days=1000)),
        "not_after": utc(AT + timedelta(days=3000)),
    }
    return Plan(private=private, **(defaults | changes))


def intermediate_plan(**changes: Any) -> Plan:
    private = changes.pop("private", key("intermediate"))
    defaults: dict[str, Any] = {
        "subject": INTERMEDIATE,
        "issuer": ROOT,
        "signer": key("root"),
        "extensions": [
            basic(),
            usage("cert", "crl"),
            ski(key_id(private)),
            aki(key_id(key("root"))),
        ],
        "not_before": utc(AT - timedelta(days=500)),
        "not_after": utc(AT + timedelta(days=1500)),
    }
    return Plan(private=private, **(defaults | changes))


def leaf_extensions(**changes: bytes | None) -> list[bytes]:
    """A leaf's usual extensions; name one to replace it, with None to leave it out."""
    usual: dict[str, bytes | None] = {
        "basic": basic(ca=False),
        "usage": usage("digital"),
        "purposes": purposes(SERVER),
        "san": san(HOST),
        "aki": aki(key_id(key("intermediate"))),
    }
    return [each for each in (usual | changes).values() if each is not None]


def leaf_plan(**changes: Any) -> Plan:
    defaults: dict[str, Any] = {
        "subject": name(HOST),
        "issuer": INTERMEDIATE,
        "private": key("leaf"),
        "signer": key("intermediate"),
        "extensions": leaf_extensions(),
    }
    return Plan(**(defaults | changes))


ROOT_DER = root_plan().build()
INTERMEDIATE_DER = intermediate_plan().build()
LEAF_DER = leaf_plan().build()


def leaf(**changes: Any) -> bytes:
    return leaf_plan(**changes).build()


def intermediate(**changes: Any) -> bytes:
    return intermediate_plan(**changes).build()


def root(**changes: Any) -> bytes:
    return root_plan(**changes).build()
