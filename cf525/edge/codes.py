"""The statuses a visitor may get, in one table: title, meaning, and who makes the page.

Source: developers.cloudflare.com/support/troubleshooting/http-status-codes (5xx and 1xxx pages).
What the answers to "does it fail, does it pass through" are stands with the type, ``Status``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cf525.model.status import (
    EDGE_TLS,
    NOT_APPLICABLE,
    OK,
    REDIRECT_LOOP,
    UNKNOWN,
    UNLOADABLE,
    Status,
)
from cf525.values import dataclass


class MadeBy(StrEnum):
    """Who makes a status."""

    EDGE = "edge"
    VISITOR = "visitor"  # the browser, or whoever asks
    TOOL = "tool"  # a word of this program, which no visitor sees


@dataclass(frozen=True, slots=True)
class Code:
    """One status. ``inside`` is the HTTP status whose page declares it, for a 1xxx."""

    status: Status
    title: str
    meaning: str = ""
    made_by: MadeBy = MadeBy.EDGE
    inside: str = ""


CODES: Final = (
    Code(OK, "the edge can reach this origin", made_by=MadeBy.TOOL),
    Code(
        Status("520"),
        "Web server returns an unknown error",
        "The origin answered with something that is no HTTP answer, or closed without one. "
        "TLS was done by then.",
    ),
    Code(
        Status("521"),
        "Web server is down",
        "The origin refused the TCP connection: nothing listens, or a firewall rejects.",
    ),
    Code(
        Status("522"),
        "Connection timed out",
        "The origin did not answer the TCP connection in 19 seconds, or never acknowledged "
        "the request.",
    ),
    Code(
        Status("523"),
        "Origin is unreachable",
        "Cloudflare has no route to the origin's address.",
    ),
    Code(
        Status("524"),
        "A timeout occurred",
        "TLS and HTTP work; the application did not answer in time (120 seconds by default).",
    ),
    Code(
        Status("525"),
        "SSL handshake failed",
        "TCP works and the TLS handshake with the origin fails. It arises in Full and in "
        "Full (strict) alike, so lowering the mode from strict to Full never cures it. A "
        "certificate that is expired, self-signed or for another name does not cause it.",
    ),
    Code(
        Status("526"),
        "Invalid SSL certificate",
        "The handshake works and the edge does not accept the certificate. It arises in "
        "Full (strict) and Strict (SSL-Only Origin Pull) alone.",
    ),
    Code(
        Status("530"),
        "Origin DNS error or tunnel not connected",
        "A wrapper: the page's error code tells more (1016 the origin's name does not "
        "resolve, 1033 no tunnel connector).",
    ),
    Code(
        Status("1000"),
        "DNS points to prohibited IP",
        "The record points to Cloudflare itself, or to another prohibited address.",
        inside="403",
    ),
    Code(Status("1001"), "DNS resolution error", inside="409"),
    Code(
        Status("1002"),
        "DNS points to prohibited IP",
        "The record points to a private address, or to one of Cloudflare's own. Look at the A, "
        "AAAA or CNAME record of the very name that was asked for.",
        inside="403",
    ),
    Code(Status("1003"), "Access Denied: Direct IP Access Not Allowed", inside="403"),
    Code(Status("1014"), "CNAME Cross-User Banned", inside="403"),
    Code(
        Status("1016"),
        "Origin DNS error",
        "The origin's name does not resolve: a CNAME whose target is gone, or a load "
        "balancer's endpoint. The HTTP status is 530.",
        inside="530",
    ),
    Code(Status("1018"), "Could not find host", inside="403"),
    Code(
        Status("1033"),
        "Cloudflare Tunnel error",
        "The name leads to a Cloudflare Tunnel, and no connector is connected. The HTTP "
        "status is 530.",
        inside="530",
    ),
    Code(REDIRECT_LOOP, "Too many redirects", made_by=MadeBy.VISITOR),
    Code(EDGE_TLS, "the edge refuses the visitor's own handshake"),
    Code(NOT_APPLICABLE, "no TLS between the edge and an origin", made_by=MadeBy.TOOL),
    Code(UNLOADABLE, "servers do not load this certificate file", made_by=MadeBy.TOOL),
    Code(UNKNOWN, "cannot tell", made_by=MadeBy.TOOL),
)

_BY_STATUS: Final = {code.status: code for code in CODES}

EDGE_ERRORS: Final = tuple(
    int(code.status) for code in CODES if code.status.numbered and not code.status.declared
)
"""The HTTP statuses by which the edge itself speaks of an origin: 520 to 526 and 530."""
DECLARED: Final = frozenset(code.status for code in CODES if code.status.declared)
"""The 1xxx codes that speak of the origin or its name; others are rules and blocks."""
EXPLAINED: Final[Mapping[str, str]] = {code.status: code.meaning for code in CODES if code.meaning}
"""What each numbered status means, for people."""


def title_of(status: str) -> str:
    """Cloudflare's title of a status; empty for one that has none."""
    code = _BY_STATUS.get(Status(status))
    return code.title if code is not None else ""
