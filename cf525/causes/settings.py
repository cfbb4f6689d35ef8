"""TLS settings to recommend for a server: what the edge offers, as far as the server can do it.

Computed from the edge's profile and the version a server tells of itself, or in OpenSSL's words
for a family, which a test holds to the profile, so that a page never holds a frozen list. Only
suites with forward secrecy and authenticated encryption are named: an origin that has these needs
no others for Cloudflare's sake.
"""

import re
from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs import enumeration
from cf525.causes.signs.server import server_header
from cf525.edge.profile import cloudflare
from cf525.model.registry import P521, X25519MLKEM768, group_name
from cf525.patterns import lazy_pattern

_OPENSSL_GROUPS: Final = {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}
_VERSIONED: Final = lazy_pattern(
    r"(nginx|apache|lighttpd)/(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?", re.IGNORECASE
)
_FIRST_WITH_TLS13: Final = {"nginx": (1, 13, 0), "apache": (2, 4, 36), "lighttpd": (1, 4, 56)}


CIPHERS: Final = "ECDHE+AESGCM"
"""OpenSSL's short word for the edge's TLS 1.2 suites with forward secrecy and authenticated
encryption: as names they take two rows of a terminal."""
SIGNATURES: Final = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256"
"""OpenSSL's words for an algorithm of the edge's for each usual kind of key; all of them take three
rows."""


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
        "tls_ciphers": CIPHERS,
        "tls_curves": curves(case),
        "tls_signatures": SIGNATURES,
        "tls13": has_tls13(server_header(case) or ""),
    }
