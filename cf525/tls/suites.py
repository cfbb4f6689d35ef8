"""What each cipher suite is made of.

The table holds the suites this engine can finish, and of the others only how they exchange
keys, so that their messages can be read as far as the certificate. A suite that is in neither
has unknown parameters: it is carried as a number and nothing is assumed of it.

Sources: RFC 8446 appendix B.4, RFC 5246 appendix A.5, RFC 5288, 5289, 7905, 8422.
"""

from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes

from cf525.model.registry import SSL3, SUITES, TLS12, TLS13
from cf525.values import dataclass


class KeyExchange(StrEnum):
    """How the premaster secret comes about; ``ANY`` is TLS 1.3, which says so elsewhere."""

    ANY = "any"
    ECDHE = "ecdhe"
    RSA = "rsa"
    DHE = "dhe"
    UNKNOWN = "unknown"


class Cipher(StrEnum):
    """The bulk cipher with its mode."""

    AES_128_GCM = "aes-128-gcm"
    AES_256_GCM = "aes-256-gcm"
    CHACHA20_POLY1305 = "chacha20-poly1305"
    AES_128_CBC = "aes-128-cbc"
    AES_256_CBC = "aes-256-cbc"
    TRIPLE_DES_CBC = "3des-cbc"


KEY_BYTES: Final = {
    Cipher.AES_128_GCM: 16,
    Cipher.AES_256_GCM: 32,
    Cipher.CHACHA20_POLY1305: 32,
    Cipher.AES_128_CBC: 16,
    Cipher.AES_256_CBC: 32,
    Cipher.TRIPLE_DES_CBC: 24,
}

FIXED_IV_BYTES: Final = {
    Cipher.AES_128_GCM: 4,
    Cipher.AES_256_GCM: 4,
    Cipher.CHACHA20_POLY1305: 12,
    Cipher.AES_128_CBC: 16,
    Cipher.AES_256_CBC: 16,
    Cipher.TRIPLE_DES_CBC: 8,
}

SHA1: Final = hashes.SHA1()  # noqa: S303 - what an old server negotiates is observed, not chosen
SHA256: Final = hashes.SHA256()
SHA384: Final = hashes.SHA384()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """``authentication`` is the type of key in the leaf: ``rsa``, ``ecdsa``, or empty for any.

    ``cipher`` is None where the engine goes no further than the certificate. ``mac`` is that
    of a CBC suite. ``prf`` is the hash of the key schedule (for TLS 1.0 and 1.1 unused).
    """

    code: int
    exchange: KeyExchange
    authentication: str = ""
    cipher: Cipher | None = None
    mac: hashes.HashAlgorithm | None = None
    prf: hashes.HashAlgorithm
    versions: range


_ANY_OLD: Final = range(SSL3, TLS13)
_ONLY12: Final = range(TLS12, TLS13)
_ONLY13: Final = range(TLS13, TLS13 + 1)

_GCM128, _GCM256 = Cipher.AES_128_GCM, Cipher.AES_256_GCM
_CBC128, _CBC256 = Cipher.AES_128_CBC, Cipher.AES_256_CBC
_CHACHA, _3DES = Cipher.CHACHA20_POLY1305, Cipher.TRIPLE_DES_CBC
_ECDHE, _RSA = KeyExchange.ECDHE, KeyExchange.RSA

_FINISHED_BY_US: Final = (
    (0x1301, KeyExchange.ANY, "", _GCM128, None, SHA256, _ONLY13),
    (0x1302, KeyExchange.ANY, "", _GCM256, None, SHA384, _ONLY13),
    (0x1303, KeyExchange.ANY, "", _CHACHA, None, SHA256, _ONLY13),
    (0xC02B, _ECDHE, "ecdsa", _GCM128, None, SHA256, _ONLY12),
    (0xC02C, _ECDHE, "ecdsa", _GCM256, None, SHA384, _ONLY12),
    (0xC02F, _ECDHE, "rsa", _GCM128, None, SHA256, _ONLY12),
    (0xC030, _ECDHE, "rsa", _GCM256, None, SHA384, _ONLY12),
    (0xCCA8, _ECDHE, "rsa", _CHACHA, None, SHA256, _ONLY12),
    (0xCCA9, _ECDHE, "ecdsa", _CHACHA, None, SHA256, _ONLY12),
    (0xC009, _ECDHE, "ecdsa", _CBC128, SHA1, SHA256, _ANY_OLD),
    (0xC00A, _ECDHE, "ecdsa", _CBC256, SHA1, SHA256, _ANY_OLD),
    (0xC008, _ECDHE, "ecdsa", _3DES, SHA1, SHA256, _ANY_OLD),
    (0xC013, _ECDHE, "rsa", _CBC128, SHA1, SHA256, _ANY_OLD),
    (0xC014, _ECDHE, "rsa", _CBC256, SHA1, SHA256, _ANY_OLD),
    (0xC012, _ECDHE, "rsa", _3DES, SHA1, SHA256, _ANY_OLD),
    (0xC023, _ECDHE, "ecdsa", _CBC128, SHA256, SHA256, _ONLY12),
    (0xC024, _ECDHE, "ecdsa", _CBC256, SHA384, SHA384, _ONLY12),
    (0xC027, _ECDHE, "rsa", _CBC128, SHA256, SHA256, _ONLY12),
    (0xC028, _ECDHE, "rsa", _CBC256, SHA384, SHA384, _ONLY12),
    (0x009C, _RSA, "rsa", _GCM128, None, SHA256, _ONLY12),
    (0x009D, _RSA, "rsa", _GCM256, None, SHA384, _ONLY12),
    (0x003C, _RSA, "rsa", _CBC128, SHA256, SHA256, _ONLY12),
    (0x003D, _RSA, "rsa", _CBC256, SHA256, SHA256, _ONLY12),
    (0x002F, _RSA, "rsa", _CBC128, SHA1, SHA256, _ANY_OLD),
    (0x0035, _RSA, "rsa", _CBC256, SHA1, SHA256, _ANY_OLD),
    (0x000A, _RSA, "rsa", _3DES, SHA1, SHA256, _ANY_OLD),
)

_SINCE_TLS12: Final = ("GCM", "CCM", "POLY1305", "SHA256", "SHA384")


def _read_only(code: int, name: str) -> Suite:
    """A suite that is only followed up to the certificate, by its systematic OpenSSL name."""
    exchange = KeyExchange.RSA
    authentication = "rsa"
    if name.startswith("TLS_"):
        return Suite(code=code, exchange=KeyExchange.ANY, prf=SHA256, versions=_ONLY13)
    if name.startswith("ADH"):
        exchange, authentication = KeyExchange.DHE, "anonymous"
    elif name.startswith("DHE"):
        exchange, authentication = KeyExchange.DHE, "dss" if "DSS" in name else "rsa"
    elif name.startswith("ECDHE"):
        exchange, authentication = KeyExchange.ECDHE, "ecdsa" if "ECDSA" in name else "rsa"
    since_tls12 = any(part in name for part in _SINCE_TLS12)
    return Suite(
        code=code,
        exchange=exchange,
        authentication=authentication,
        prf=SHA256,
        versions=_ONLY12 if since_tls12 else _ANY_OLD,
    )


_SIGNALLING: Final = (0x00FF, 0x5600)  # RFC 5746 and RFC 7507: values, not suites

_TABLE: Final = {
    code: _read_only(code, name) for code, name in SUITES.items() if code not in _SIGNALLING
} | {
    code: Suite(
        code=code,
        exchange=exchange,
        authentication=authentication,
        cipher=cipher,
        mac=mac,
        prf=prf,
        versions=versions,
    )
    for code, exchange, authentication, cipher, mac, prf, versions in _FINISHED_BY_US
}


def suite(code: int) -> Suite:
    """The parameters of a suite; one that is in no table has an unknown key exchange."""
    return _TABLE.get(code) or Suite(
        code=code, exchange=KeyExchange.UNKNOWN, prf=SHA256, versions=_ANY_OLD
    )


def known_suites(version: int) -> tuple[int, ...]:
    """Every suite in the table that the version can negotiate, those we can finish first."""
    usable = [each for each in _TABLE.values() if version in each.versions]
    return tuple(each.code for each in sorted(usable, key=lambda each: each.cipher is None))
