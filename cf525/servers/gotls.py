"""Go's TLS, of which Caddy and Traefik are made: names of versions, suites and curves.

Go has no suite of DHE and none with CBC and SHA-384, TLS 1.3 suites cannot be chosen, and where no
certificate fits the name the handshake ends with alert 80.
"""

from collections.abc import Iterable
from typing import Final

from cf525.model.registry import (
    P256,
    P384,
    P521,
    TLS10,
    TLS11,
    TLS12,
    TLS13,
    X25519,
    X25519MLKEM768,
)
from cf525.servers.handshake import Settings

VERSIONS: Final = {
    "tls1.0": TLS10, "tls1.1": TLS11, "tls1.2": TLS12, "tls1.3": TLS13,
    "versiontls10": TLS10, "versiontls11": TLS11, "versiontls12": TLS12, "versiontls13": TLS13,
}  # fmt: skip
CURVES: Final = {
    "x25519": X25519, "p256": P256, "p384": P384, "p521": P521, "secp256r1": P256,
    "secp384r1": P384, "secp521r1": P521, "curvep256": P256, "curvep384": P384,
    "curvep521": P521, "x25519mlkem768": X25519MLKEM768,
}  # fmt: skip
SUITES: Final = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305": 0xCCA9,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305": 0xCCA8,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009,
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": 0xC013,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": 0xC023,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": 0xC027,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": 0x009C,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": 0x009D,
    "TLS_RSA_WITH_AES_128_CBC_SHA": 0x002F,
    "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035,
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA": 0x000A,
}  # fmt: skip
DEFAULT_SUITES: Final = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)
DEFAULT_CURVES: Final = (X25519MLKEM768, X25519, P256, P384, P521)


def settings(
    low: str, high: str, suites: Iterable[str], curves: Iterable[str], *, least: int = TLS12
) -> Settings:
    """The settings that these words come to; empty ones are Go's own."""
    first, last = VERSIONS.get(low.lower(), least), VERSIONS.get(high.lower(), TLS13)
    codes = tuple(SUITES[each] for each in suites if each in SUITES)
    groups = tuple(CURVES[each.lower()] for each in curves if each.lower() in CURVES)
    return Settings(
        versions=frozenset(v for v in (TLS10, TLS11, TLS12, TLS13) if first <= v <= last),
        suites=codes or DEFAULT_SUITES,
        groups=groups or DEFAULT_CURVES,
        legacy=True,
    )


def fits(pattern: str, host: str) -> bool:
    """Whether a name, or one with a star for its first label, stands for a host."""
    pattern = pattern.lower()
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host
