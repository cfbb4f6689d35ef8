"""TLS settings to recommend for a server: what the edge offers, as far as the server can do it.

Computed from the edge's profile and the version a server tells of itself, so that a page never
holds a frozen list. Only suites with forward secrecy and authenticated encryption are named:
an origin that has these needs no others for Cloudflare's sake.
"""

import re
from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs import enumeration
from cf525.causes.signs.server import server_header
from cf525.edge.profile import SIGNATURE_ALGORITHMS, SUITES, Fact, cloudflare
from cf525.model.registry import P521, TLS12, X25519MLKEM768, group_name, signature_scheme_name
from cf525.patterns import lazy_pattern

RSA_PKCS1_SHA1: Final = 0x0201

_OPENSSL_NAMES: Final = {
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC028: "ECDHE-RSA-AES256-SHA384",
    0x009C: "AES128-GCM-SHA256",
    0x002F: "AES128-SHA",
    0x0035: "AES256-SHA",
    0x000A: "DES-CBC3-SHA",
}
_OPENSSL_GROUPS: Final = {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}
_VERSIONED: Final = lazy_pattern(
    r"(nginx|apache|lighttpd)/(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", re.IGNORECASE
)
_FIRST_WITH_TLS13: Final = {"nginx": (1, 13, 0), "apache": (2, 4, 36), "lighttpd": (1, 4, 56)}


def ciphers() -> str:
    """The edge's TLS 1.2 suites with forward secrecy and AEAD, in OpenSSL's words."""
    return ":".join(_OPENSSL_NAMES[fact.code] for fact in SUITES if _recommended(fact))


def _recommended(fact: Fact) -> bool:
    name = _OPENSSL_NAMES.get(fact.code, "")
    return TLS12 in fact.versions and name.startswith("ECDHE") and "GCM" in name


def offered_groups(case: Case) -> tuple[int, ...]:
    """The groups the edge offers on this route."""
    route = case.route
    return cloudflare(route.post_quantum, route.alpn, route.compliance).groups


def curves(case: Case) -> str:
    """The groups the edge offers, in OpenSSL's words, and behind them what the origin has now.

    Without the one browsers lack, and without the hybrid one, which old libraries do not know,
    unless the edge offers no other.
    """
    offered = offered_groups(case)
    usual = tuple(code for code in offered if code not in (X25519MLKEM768, P521)) or offered
    own = (code for each in enumeration.spoken(case) for code in each.groups.codes)
    names = (group_name(code) for code in dict.fromkeys((*usual, *own)))
    return ":".join(_OPENSSL_GROUPS.get(name, name) for name in names)


def signatures() -> str:
    """The edge's signature algorithms without SHA-1, which OpenSSL calls as the registry does."""
    codes = (fact.code for fact in SIGNATURE_ALGORITHMS if fact.code != RSA_PKCS1_SHA1)
    return ":".join(signature_scheme_name(code) for code in codes)


def has_tls13(header: str) -> bool:
    """Whether a server of this Server header can speak TLS 1.3; true where it does not tell."""
    match = _VERSIONED.match(header)
    if match is None:
        return True
    version = (int(match[2]), int(match[3]), int(match[4] or 0))
    return version >= _FIRST_WITH_TLS13[match[1].lower()]


def for_case(case: Case) -> dict[str, object]:
    """The settings as variables of a page."""
    return {
        "tls_ciphers": ciphers(),
        "tls_curves": curves(case),
        "tls_signatures": signatures(),
        "tls13": has_tls13(server_header(case) or ""),
    }
