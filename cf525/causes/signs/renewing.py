"""Whether a certificate is of a kind that renews by itself, and did not."""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.signs.server import (
    Guess,
    fallback_software,
    guesses,
    known_platforms,
    self_renewing,
)
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
    known = known_platforms().get(fallback_software(leaf))
    return known is not None and known.stand_in


def platform_fails(case: Case) -> Guess | None:
    """The self-renewing platform that shows an old certificate or one of its own."""
    if case.verdict is None or not case.verdict.has(*_MISSING_OR_OLD):
        return None
    return next((each for each in guesses(case) if self_renewing(each.platform)), None)
