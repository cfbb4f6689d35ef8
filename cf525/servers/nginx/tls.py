"""nginx's TLS directives as settings: which server's value counts for which of them.

``ssl_protocols`` and ``ssl_ecdh_curve`` count as the *default* server of the socket has them,
``ssl_ciphers``, the certificates and ``ssl_verify_client`` as the *named* one does (measured with
nginx 1.22; since 1.29.2 ``ssl_protocols`` follows the name).
"""

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
from cf525.servers.ciphers import evaluated, known_suite
from cf525.servers.handshake import OPENSSL_GROUPS, SUITES13, X448, Settings
from cf525.servers.nginx.model import Server
from cf525.servers.tree import Directive

CIPHERS: Final = "HIGH:!aNULL:!MD5"
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


def commands(server: Server) -> dict[str, Directive]:
    """The ``ssl_conf_command``s that hold for a server, by the name of the command."""
    found = server.settings("ssl_conf_command")
    return {each.args[0].lower(): each for each in found if len(each.args) >= 2}


def protocols(server: Server) -> tuple[frozenset[int], Directive | None]:
    """The versions a server has on, and the directive that says so."""
    found = server.setting("ssl_protocols")
    if found is None:
        on = frozenset((TLS10, TLS11, TLS12, TLS13))
    else:
        on = frozenset(PROTOCOLS[each] for each in found.args if each in PROTOCOLS)
    least = commands(server).get("minprotocol")
    most = commands(server).get("maxprotocol")
    for bound, keep in ((least, True), (most, False)):
        value = PROTOCOLS.get(bound.args[1]) if bound is not None else None
        if value is not None:
            found = bound
            on = frozenset(each for each in on if (each >= value if keep else each <= value))
    return on, found


def settings_of(default: Server, named: Server, *, protocols_of: Server) -> Settings:
    """The settings in force for a name on a socket."""
    own = commands(named)
    ciphers = named.setting("ssl_ciphers")
    text = ciphers.argument() if ciphers is not None else CIPHERS
    if "cipherstring" in own:
        text = own["cipherstring"].args[1]
    if text.upper().startswith("PROFILE="):
        text = "DEFAULT"
    listed = evaluated(text)
    tls13 = commands(default).get("ciphersuites")
    schemes = own.get("signaturealgorithms")
    return Settings(
        versions=protocols(protocols_of)[0],
        suites=listed.codes,
        suites13=_suites13(tls13.args[1]) if tls13 is not None else SUITES13,
        groups=groups(default)[0],
        schemes=read_schemes(schemes.args[1]) if schemes is not None else None,
        legacy=listed.level == 0,
    )


def groups(default: Server) -> tuple[tuple[int, ...], Directive | None]:
    """The groups of a socket, and the directive that says so."""
    found = default.setting("ssl_ecdh_curve")
    command = commands(default)
    text = found.argument() if found is not None else "auto"
    for name in ("curves", "groups"):
        if name in command:
            found, text = command[name], command[name].args[1]
    if text == "auto":
        return OPENSSL_GROUPS, found
    return read_groups(text)[0], found


def _suites13(text: str) -> tuple[int, ...]:
    codes = (known_suite(each) for each in text.split(":"))
    return tuple(code for code in codes if code is not None)
