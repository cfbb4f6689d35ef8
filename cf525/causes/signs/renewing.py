"""Whether a certificate is of a kind that renews by itself, and did not."""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs.server import Guess, default_of, guesses
from cf525.causes.signs.table import known_platforms, self_renewing
from cf525.pki import caa

_MISSING_OR_OLD: Final = ("expired", "hostname_mismatch")


def in_question(case: Case) -> bool:
    """Whether the certificate is of a kind that renews by itself, and did not."""
    return renews_by_itself(case) or stands_in(case) or platform_fails(case) is not None


def renews_by_itself(case: Case) -> bool:
    """Whether the certificate has expired and is of a kind that ACME clients renew."""
    leaf = case.leaf
    if leaf is None or case.verdict is None or not case.verdict.has("expired"):
        return False
    return bool(caa.identifiers(leaf.issuer))


def stands_in(case: Case) -> bool:
    """Whether software shows a certificate of its own until an order is finished."""
    leaf = case.leaf
    refused = case.verdict is not None and case.verdict.accepted is False
    if leaf is None or not refused:
        return False
    known = known_platforms().get(default_of(case))
    return known is not None and known.stand_in


_TOOLS: Final = (("step", "Smallstep"), ("mkcert", "mkcert development CA"))
"""Private CAs by a word of their issuers' names, and the tool that renews at each (the projects'
own documentation)."""
_STAGING: Final = ("(STAGING)", "Fake LE ", "Pebble ")


def own_tool(issuer: str) -> str:
    """The tool that renews certificates of a private CA; empty where none is known."""
    return next((tool for tool, word in _TOOLS if word in issuer), "")


def of_a_test_service(issuer: str) -> bool:
    """Whether the issuer is a public CA's service for trials, or one made for tests."""
    return any(word in issuer for word in _STAGING)


_BY_TLS_ALPN: Final = ("Caddy", "Traefik", "Go")
"""Servers whose ACME clients know the challenge TLS-ALPN-01 (their own documentation)."""


def by_tls_alpn(case: Case) -> str:
    """The server that may renew by TLS-ALPN-01; empty where what answers is none, or not known."""
    first = next(iter(guesses(case)), None)
    return first.platform if first is not None and first.platform in _BY_TLS_ALPN else ""


def platform_fails(case: Case) -> Guess | None:
    """The self-renewing platform that shows an old certificate or one of its own."""
    if case.verdict is None or not case.verdict.has(*_MISSING_OR_OLD):
        return None
    return next((each for each in guesses(case) if self_renewing(each.platform)), None)
