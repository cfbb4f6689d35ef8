"""OpenSSL's words for versions, groups and signature algorithms, as every server passes them on."""

import re
from typing import Final

from cf525.model.registry import (
    P256,
    P384,
    P521,
    SIGNATURE_SCHEMES,
    SSL3,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    X25519,
    X25519MLKEM768,
)
from cf525.servers.ciphers import known_suite
from cf525.servers.handshake import X448

CIPHERS: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
CURVES: Final = "X25519:prime256v1:secp384r1"
"""What a patch puts in place of a list that has nothing in common with the edge's."""

PROTOCOLS: Final = {
    "SSLv2": 0x0002,
    "SSLv3": SSL3,
    "TLSv1": TLS10,
    "TLSv1.0": TLS10,
    "TLSv1.1": TLS11,
    "TLSv1.2": TLS12,
    "TLSv1.3": TLS13,
}
GROUPS: Final = {
    "x25519": X25519,
    "prime256v1": P256,
    "p-256": P256,
    "secp256r1": P256,
    "secp384r1": P384,
    "p-384": P384,
    "secp521r1": P521,
    "p-521": P521,
    "x448": X448,
    "secp256k1": 0x0016,
    "secp224r1": 0x0015,
    "p-224": 0x0015,
    "prime192v1": 0x0013,
    "brainpoolp256r1": 0x001A,
    "brainpoolp384r1": 0x001B,
    "brainpoolp512r1": 0x001C,
    "ffdhe2048": 0x0100,
    "ffdhe3072": 0x0101,
    "ffdhe4096": 0x0102,
    "ffdhe6144": 0x0103,
    "ffdhe8192": 0x0104,
}
NEW_GROUPS: Final = {
    "x25519mlkem768": X25519MLKEM768,
    "secp256r1mlkem768": 0x11EB,
    "secp384r1mlkem1024": 0x11ED,
    "x25519kyber768draft00": 0x6399,
}
"""Groups that OpenSSL has since 3.5, or from a provider."""
_ALGORITHMS: Final = {name.lower(): code for code, name in SIGNATURE_SCHEMES.items()}
_PAIRED: Final = {
    ("rsa", "sha1"): (0x0201,),
    ("rsa", "sha256"): (0x0401,),
    ("rsa", "sha384"): (0x0501,),
    ("rsa", "sha512"): (0x0601,),
    ("rsa-pss", "sha256"): (0x0804, 0x0809),
    ("rsa-pss", "sha384"): (0x0805, 0x080A),
    ("rsa-pss", "sha512"): (0x0806, 0x080B),
    ("ecdsa", "sha1"): (0x0203,),
    ("ecdsa", "sha256"): (0x0403,),
    ("ecdsa", "sha384"): (0x0503,),
    ("ecdsa", "sha512"): (0x0603,),
}


def read_groups(text: str) -> tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]:
    """The groups of a list in OpenSSL's words, the names only newer versions know, and those
    that no version does."""
    codes: list[int] = []
    newer: list[str] = []
    unknown: list[str] = []
    for part in re.split(r"[:/]", text):
        name = part.strip().strip("*?-").lower()
        if not name:
            continue
        if name in GROUPS:
            codes.append(GROUPS[name])
        elif name in NEW_GROUPS:
            codes.append(NEW_GROUPS[name])
            newer += [] if part.strip().startswith("?") else [part]
        elif not part.strip().startswith("?"):
            unknown.append(part)
    return tuple(codes), tuple(newer), tuple(unknown)


def read_schemes(text: str) -> tuple[int, ...] | None:
    """The signature algorithms of a list in OpenSSL's words; None where one is not known."""
    codes: list[int] = []
    for part in text.split(":"):
        name = part.strip().lower()
        left, _, right = name.partition("+")
        if name in _ALGORITHMS:
            codes.append(_ALGORITHMS[name])
        elif (left, right) in _PAIRED:
            codes += _PAIRED[left, right]
        else:
            return None
    return tuple(codes)


def read_suites13(text: str) -> tuple[int, ...]:
    """The suites of TLS 1.3 in a list; what is none is left out."""
    codes = (known_suite(each) for each in text.split(":"))
    return tuple(code for code in codes if code is not None)
