"""Whether a certificate is of a kind that renews by itself, and did not."""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs.server import SELF_RENEWING, Guess, fallback_software, guesses
from cf525.pki import caa

_MISSING_OR_OLD: Final = ("expired", "hostname_mismatch")
_STAND_INS: Final = ("ingress-nginx", "Traefik", "Nginx Proxy Manager")
"""Software that shows a certificate of its own until an ACME order is finished."""


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
    return leaf is not None and refused and fallback_software(leaf) in _STAND_INS


def platform_fails(case: Case) -> Guess | None:
    """The self-renewing platform that shows an old certificate or one of its own."""
    if case.verdict is None or not case.verdict.has(*_MISSING_OR_OLD):
        return None
    return next((each for each in guesses(case) if each.platform in SELF_RENEWING), None)
