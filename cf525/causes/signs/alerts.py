"""What TLS alerts mean when an origin sends them, and which causes they fit.

Sources: RFC 8446 section 6, RFC 5246 section 7.2, RFC 6066; which servers send which alert was
measured against nginx, Apache, HAProxy, Caddy, Go, Java, GnuTLS and stunnel.
"""

import re
from collections.abc import Iterator
from typing import Final

from cf525.model.registry import ALERTS as NAMES
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

ALERTS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    10: (
        (
            "A message came that does not belong there: a faulty library, or something on the way "
            "that writes into the connection."
        ),
        ("tls-rule-broken", "hello-intolerance", "handshake-refused"),
    ),
    20: (
        (
            "A record could not be decrypted. In answer to our last flight with RSA key "
            "exchange: the origin's private key does not belong to its certificate."
        ),
        ("key-cert-mismatch",),
    ),
    40: (
        (
            "The handshake is refused, and the number does not say why: no common cipher suite, "
            "group or signature, a certificate that fits no cipher, none loaded, SSLv3 only, or, "
            "after a CertificateRequest in TLS 1.2, a missing client certificate."
        ),
        (
            "no-common-cipher",
            "no-common-group",
            "no-common-signature",
            "unusable-key-type",
            "ecdsa-cert-rsa-ciphers",
            "client-cert-required",
            "sni-rejected-other",
            "version-too-old",
        ),
    ),
    42: (
        (
            "A bad certificate: from a Go, Java or Caddy origin, the client certificate is missing "
            "or not trusted. In an origin's log it comes from a client that refuses the origin's."
        ),
        ("client-cert-required", "untrusted-issuer"),
    ),
    43: (
        "A kind of certificate that is not taken; after a CertificateRequest the client's.",
        ("client-cert-required", "unusable-key-type"),
    ),
    44: (
        "A certificate was revoked: after a CertificateRequest the client's.",
        ("client-cert-required",),
    ),
    45: (
        "The client certificate has expired, or a clock is wrong.",
        ("aop-cert-expired", "client-cert-required"),
    ),
    46: (
        (
            "The client certificate is not accepted, unsaid why. In an origin's log it comes from "
            "a client, mostly a browser or a monitor, that does not trust the origin's."
        ),
        ("client-cert-required", "untrusted-issuer", "self-signed", "origin-ca-on-grey-host"),
    ),
    47: (
        "A field holds what is not allowed: the origin's library stumbles over the ClientHello.",
        ("hello-intolerance", "handshake-refused"),
    ),
    48: (
        (
            "The client certificate's CA is not known to the origin. In an origin's log: a client "
            "does not know the CA of the origin's."
        ),
        ("aop-wrong-ca-at-origin", "client-cert-required", "untrusted-issuer"),
    ),
    49: (
        "The certificate was good, and access is refused by a rule of the server.",
        ("client-cert-required",),
    ),
    50: (
        "A message could not be parsed; GnuTLS also refuses a missing client certificate so.",
        ("client-cert-required", "handshake-refused"),
    ),
    51: (
        "A signature or a key does not verify: certificate and private key differ.",
        ("key-cert-mismatch",),
    ),
    70: (
        (
            "No protocol version in common. The edge offers TLS 1.0 to 1.3, so the origin is older "
            "than that, or cannot negotiate downwards."
        ),
        ("version-too-old", "version-mismatch"),
    ),
    71: ("The origin demands stronger parameters than were offered.", ("no-common-cipher",)),
    80: (
        (
            "An internal error by its name. As the first answer to a ClientHello it is how servers "
            "written in Go, Caddy first of all, say that they have no certificate for the name."
        ),
        ("sni-rejected-80", "version-mismatch", "handshake-refused"),
    ),
    86: (
        "The origin believes the client fell back to an older version.",
        ("version-mismatch",),
    ),
    109: (
        "An extension that the server wants was missing; mostly server_name or key_share.",
        ("handshake-refused", "hello-intolerance"),
    ),
    112: (
        "The name in the ClientHello is not served here.",
        ("sni-rejected-112", "sni-needs-cname-target"),
    ),
    116: (
        (
            "A client certificate is required and none came. In TLS 1.3 it arrives after the "
            "handshake: visitors see 520, not 525."
        ),
        ("client-cert-required",),
    ),
    120: ("None of the offered application protocols is served here.", ("alpn-no-overlap",)),
}

FROM_CLIENT: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    **dict.fromkeys(
        (42, 46, 48),
        (
            (
                "It is the client that ends the handshake: it does not trust the certificate that "
                "this server showed. That is a browser, a monitor or a tester on a name that is "
                "DNS only; Cloudflare Origin CA is trusted by the edge alone. For the edge such a "
                "certificate is a 526 in Full (strict), and nothing in Full."
            ),
            ("origin-ca-on-grey-host", "untrusted-issuer", "self-signed", "incomplete-chain"),
        ),
    ),
    45: (
        "The client finds the certificate that this server showed past its end.",
        ("cert-expired", "cert-renewed-not-reloaded"),
    ),
    44: (
        "The client finds the certificate that this server showed revoked.",
        ("revoked",),
    ),
    **dict.fromkeys(
        (20, 51),
        (
            "The client cannot verify what this server signed: key and certificate differ.",
            ("key-cert-mismatch",),
        ),
    ),
    70: (
        "The client does not speak the version that this server chose; old clients and tools.",
        ("version-mismatch",),
    ),
}
"""What those alerts mean in a server's log, where the client sent them."""

_WORDS: Final = {
    **{name.replace("_", " "): number for number, name in NAMES.items()},
    "unknown certificate": 46,
    "unknown certificate authority": 48,
    "expired certificate": 45,
    "revoked certificate": 44,
    "expired cert": 45,
    "revoked cert": 44,
    "bad cert": 42,
    "unsupported cert": 43,
    "no certificate": 41,
    "error decoding message": 50,
    "error decrypting message": 51,
    "bad mac": 20,
    "protocol version not supported": 70,
    "insufficient security level": 71,
    "rx certificate required": 116,
    "unrecognised name": 112,
    "user cancelled": 90,
    "user canceled": 90,
    "handshake unexpected": 10,
    "handshake failed": 40,
    "decrypt error": 51,
    "the server name sent was not recognized": 112,
}
"""How programs spell the alerts."""

_NUMBERED: Final = (
    re.compile(r"\balert number (?P<number>\d{1,3})\b", re.IGNORECASE),
    re.compile(r"\bReceived alert \[(?P<number>\d{1,3})\]", re.IGNORECASE),
    re.compile(r"\bdefined fatal (?:error|alert) code is (?P<number>\d{1,3})\b", re.IGNORECASE),
    re.compile(r"\bTLS alert: \w+, \((?P<number>\d{1,3})\)"),
)
_CURL: Final = lazy_pattern(r"\((?P<way>IN|OUT)\), TLS alert, [^()]{1,40}\((?P<number>\d{3})\)")
"""curl -v prints level and number in one: 512 for fatal, 256 for a warning."""
_PACKED: Final = lazy_pattern(
    r"\berror:(?:0A|14)[0-9A-F]{3}(?P<low>[0-9A-F]{3})\b|[|:](?P<number>2684\d{5}):"
)
"""OpenSSL and BoringSSL pack 1000 and the number of the alert into the low bits of an error."""
_NAMED: Final = (
    re.compile(r"\bremote error: tls: (?P<name>[A-Za-z ]{5,40})", re.IGNORECASE),
    re.compile(
        r"(?<![a-z])(?:sslv3|tlsv1\d?|ssl/tls)[ _]alert[ _](?P<name>[a-z_ ]{5,40})", re.IGNORECASE
    ),
    re.compile(r"\bsent a TLS alert: .?(?P<name>[A-Za-z]{5,40})"),
    re.compile(r"\bAlertReceived\((?P<name>[A-Za-z]{5,40})"),
    re.compile(r"\bfatal alert has been received[.:] *(?P<name>[A-Za-z ]{5,40})", re.IGNORECASE),
    re.compile(r"\bfatal alert: ?(?P<name>[A-Za-z_]{5,40})", re.IGNORECASE),
    re.compile(r"\bhandshake alert: +(?P<name>[a-z_]{5,40})", re.IGNORECASE),
    re.compile(r"\b(?:ERR_SSL|SSL_ERROR)_(?P<name>[A-Z_]{5,40}?)_ALERT\b"),
    re.compile(r"\bSSL: (?P<name>[A-Z_]{5,40})\b"),
    re.compile(r"(?<![a-z])tlsv1[ _](?P<name>unrecognized[ _]name)", re.IGNORECASE),
)
_CLIENT_SENT: Final = lazy_pattern(r"\breceived from the remote endpoint\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that stands in a text. ``from_client`` where the line itself says who sent it."""

    number: int
    start: int
    end: int
    from_client: bool = False


def alerts_in(text: str) -> Iterator[Told]:
    """The alerts that a text speaks of, by number or by any spelling of their names."""
    from_client = _CLIENT_SENT.search(text) is not None
    for pattern in _NUMBERED:
        for hit in pattern.finditer(text):
            yield from _told(int(hit["number"]), hit, from_client)
    for hit in _CURL.finditer(text):
        yield from _told(int(hit["number"]) % 256, hit, hit["way"] == "OUT")
    for hit in _PACKED.finditer(text):
        code = int(hit["low"], 16) if hit["low"] else int(hit["number"]) & 0xFFF
        yield from _told(code - 1000, hit, from_client)
    for pattern in _NAMED:
        for hit in pattern.finditer(text):
            number = _number(hit["name"])
            if number is not None:
                yield from _told(number, hit, from_client)


def _told(number: int, hit: re.Match[str], from_client: bool) -> Iterator[Told]:
    if number in NAMES:
        yield Told(number, hit.start(), hit.end(), from_client)


def _number(name: str) -> int | None:
    """The number of a spelling: 'HandshakeFailure', 'HANDSHAKE_FAILURE', 'handshake failure x'."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
    words = name.split()
    for length in range(len(words), 0, -1):
        number = _WORDS.get(" ".join(words[:length]))
        if number is not None:
            return number
    return None
