"""The two roots of Cloudflare Origin CA and the origin-pull CA, as facts about their keys.

No certificate is shipped: a root is a name, a key, a key identifier and a validity, which is all a
verifier needs of it. The roots have been signed again with the same keys before, so they are
recognised by key; once their validity has passed, these facts are what is out of date.

Source: the PEM files at developers.cloudflare.com/ssl/static/ (origin_ca_rsa_root.pem,
origin_ca_ecc_root.pem, authenticated_origin_pull_ca.pem).
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from cf525.pki import der, dn, extensions, keys
from cf525.pki.certificate import Algorithm, Certificate

RSA_ROOT_SPKI: Final = "b6e8c8ca4c7ca5e6934efea031364927bbfedf086229499a60d83b5d587222b7"
ECC_ROOT_SPKI: Final = "9114b3916b6457dbf19b6fc04ea6b61aa33a98668e71a01ba60c08f8a5167d5e"
ORIGIN_PULL_SPKI: Final = "e2ef9fe85ac39f522dc773505f399875aa75ac10c49766ca899f8f99b07da34c"

NOT_BEFORE: Final = der.time(der.UTC_TIME, b"190823210800Z")
NOT_AFTER: Final = der.time(der.UTC_TIME, b"290815170000Z")

_MODULUS: Final = (
    "c0489567f5284291e616c1ef9398ac07145e86e90ff031bd26115ebf7599b46e"
    "fa5a84ed86f2c91512850875e657a679ffae99e12d3d9a0b14b85c2f27332713"
    "a123eb222c60d09bf6bf503916bc05d86b90d9fa91d4e5cb799d9f291b3a89a7"
    "c1b51f2e513156035d94fd17a11a1e3306d0e39f7c7e88876e53b607f2cab8d7"
    "c9cc031f4bba197b7e1bfaf2c1cab3ffd5b80248b75cd40c50735002d04b1042"
    "181cc9324d8271b8bdad5cee880f9702b285b0f26787b9f4de656d83c94a65c8"
    "fdc01ede35e3d4504b2599309e80ca7b4bf5df1785fa7177dac9921f4a81eda2"
    "57dad04c5b84d6b453e6cece48970ac54b249601dc18760c70d7cd32294d1dbf"
)
_POINT: Final = (
    "04"
    "91fac1802ee686b219d46dcc4aaf2fb42c45d9e0d63a25402d49e03a83cecade"
    "3680c69220f46e743e89297d69216daacb7e9719bb4500a18cb6b2ed0484def0"
)

_COUNTRY: Final = (b"\x55\x04\x06", b"US")
_ORGANIZATION: Final = (b"\x55\x04\x0a", b"CloudFlare, Inc.")
_CITY: Final = (b"\x55\x04\x07", b"San Francisco")
_STATE: Final = (b"\x55\x04\x08", b"California")
_UNIT: Final = b"\x55\x04\x0b"

_RSA_SUBJECT: Final = (
    _COUNTRY,
    _ORGANIZATION,
    (_UNIT, b"CloudFlare Origin SSL Certificate Authority"),
    _CITY,
    _STATE,
)
_ECC_SUBJECT: Final = (
    _COUNTRY,
    _STATE,
    _CITY,
    _ORGANIZATION,
    (_UNIT, b"CloudFlare Origin SSL ECC Certificate Authority"),
)
_PULL_SUBJECT: Final = (
    _COUNTRY,
    _ORGANIZATION,
    (_UNIT, b"Origin Pull"),
    _CITY,
    _STATE,
    (dn.COMMON_NAME, b"origin-pull.cloudflare.net"),
)


def _name(parts: Iterable[tuple[bytes, bytes]]) -> dn.Name:
    relative = (
        dn.header(
            der.SET,
            dn.header(
                der.SEQUENCE,
                dn.header(der.OID, oid) + dn.header(der.PRINTABLE_STRING, value),
            ),
        )
        for oid, value in parts
    )
    return dn.parse(dn.header(der.SEQUENCE, b"".join(relative)))


def _algorithm(oid: bytes, parameters: bytes) -> bytes:
    return dn.header(der.SEQUENCE, dn.header(der.OID, oid) + parameters)


def _bits(content: bytes) -> bytes:
    return dn.header(der.BIT_STRING, b"\0" + content)


def _rsa_spki() -> bytes:
    modulus = dn.header(der.INTEGER, b"\0" + bytes.fromhex(_MODULUS))
    exponent = dn.header(der.INTEGER, b"\x01\x00\x01")
    key = dn.header(der.SEQUENCE, modulus + exponent)
    return dn.header(der.SEQUENCE, _algorithm(keys.RSA, b"\x05\x00") + _bits(key))


def _ecc_spki() -> bytes:
    curve = dn.header(der.OID, bytes.fromhex("2a8648ce3d030107"))
    return dn.header(der.SEQUENCE, _algorithm(keys.EC, curve) + _bits(bytes.fromhex(_POINT)))


def _root(subject: dn.Name, serial: str, spki: bytes, key_id: str, signature: str) -> Certificate:
    value = dn.header(der.OCTET_STRING, bytes.fromhex(key_id))
    listed = (
        extensions.Extension(extensions.BASIC_CONSTRAINTS, True, bytes.fromhex("30060101ff020102")),
        extensions.Extension(extensions.KEY_USAGE, True, bytes.fromhex("03020106")),
        extensions.Extension(extensions.SUBJECT_KEY_ID, False, value),
    )
    algorithm = Algorithm(bytes.fromhex(signature), None)
    return Certificate(
        encoded=b"",
        signed=b"",
        version=3,
        serial=bytes.fromhex(serial),
        algorithm=algorithm,
        outer_algorithm=algorithm,
        issuer=subject,
        subject=subject,
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
        spki=spki,
        extension_list=listed,
        signature=b"",
        unused_bits=0,
    )


@cache
def roots() -> tuple[Certificate, Certificate]:
    """The RSA and the ECC root as anchors. They have no encoding of their own."""
    return (
        _root(
            _name(_RSA_SUBJECT),
            "0feace49d4c67c67",
            _rsa_spki(),
            "24e853575d7c344087a9eb94dbbae11678fc29a4",
            "2a864886f70d01010b",
        ),
        _root(
            _name(_ECC_SUBJECT),
            "5d93f73166fc30ac0113541b6b0b29d6c7c0fd8e",
            _ecc_spki(),
            "85305d3b2a70d4edd5926707fdeb39b41a0e38a7",
            "2a8648ce3d040302",
        ),
    )


def is_root(certificate: Certificate) -> bool:
    """Whether this is an Origin CA root, in whatever certificate its key is wrapped."""
    return certificate.spki_sha256 in (RSA_ROOT_SPKI, ECC_ROOT_SPKI)


def is_origin_pull_ca(certificate: Certificate) -> bool:
    return certificate.spki_sha256 == ORIGIN_PULL_SPKI


def names_origin_pull_ca(authorities: Iterable[bytes]) -> bool:
    """Whether the CA names of a CertificateRequest hold the one of Authenticated Origin Pulls."""
    return _name(_PULL_SUBJECT).canonical in _canonical(authorities)


def shown(authorities: Iterable[bytes], most: int = 3) -> tuple[str, ...]:
    """The first CA names of a CertificateRequest in words; what cannot be read is left out."""
    found: list[str] = []
    for encoded in authorities:
        try:
            found.append(dn.parse(encoded).short)
        except der.DerError:
            continue
        if len(found) == most:
            break
    return tuple(found)


def _canonical(authorities: Iterable[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for encoded in authorities:
        try:
            found.add(dn.parse(encoded).canonical)
        except der.DerError:
            continue
    return found


def client_ca_mistake(authorities: Iterable[bytes]) -> str:
    """What is wrong with the CA names of a CertificateRequest, empty if nothing is recognised.

    ``authorities`` are encoded names. The Origin CA signs servers; an origin that asks for client
    certificates of the Origin CA will refuse the edge's.
    """
    found = _canonical(authorities)
    if _name(_PULL_SUBJECT).canonical in found:
        return ""
    if any(root.subject.canonical in found for root in roots()):
        return (
            "The origin asks for client certificates issued by Cloudflare Origin CA, which signs "
            "servers only. Authenticated Origin Pulls come from origin-pull.cloudflare.net: "
            "install authenticated_origin_pull_ca.pem as the client CA."
        )
    return ""
