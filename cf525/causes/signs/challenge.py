"""What became of a made-up ACME challenge on its way through the edge, in words.

Whether the way is open is three-valued: a path that answers today may have been shut when the
renewal was due, and a redirect to somewhere else may or may not be answered there.
"""

from collections.abc import Sequence
from typing import Final

from cf525.model import Hop, Maker, Visit, VisitOutcome
from cf525.values import dataclass

_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Passage:
    """``open`` is None where it cannot be told. ``text`` tells the hops and how they end;
    ``end`` alone the last; ``by_edge`` that Cloudflare's own rules answered."""

    open: bool | None
    text: str
    end: str
    by_edge: bool = False


def passage(hops: Sequence[Hop]) -> Passage | None:
    """What the hops show; None when nothing was asked."""
    if not hops:
        return None
    passes, end = _end(hops)
    ways = [f"{hop.url} → {_met(hop)}" for hop in hops]
    return Passage(passes, f"through the edge: {'; '.join(ways)}", end, _by_edge(hops[-1]))


def _by_edge(last: Hop) -> bool:
    """Whether a rule of Cloudflare's answered, and not an error about the origin or a redirect."""
    visit = last.visit
    answered = visit.outcome is VisitOutcome.ANSWERED and not last.location
    return answered and not visit.fails and visit.maker is Maker.CLOUDFLARE


def _met(hop: Hop) -> str:
    visit = hop.visit
    if hop.location and visit.status in _REDIRECTS:
        return f"{visit.status} to {hop.location}"
    if visit.outcome is not VisitOutcome.ANSWERED:
        return f"no answer ({visit.detail or visit.outcome})"
    by = {Maker.CLOUDFLARE: " from Cloudflare", Maker.ORIGIN: " from the origin"}
    return f"{visit.status}{by.get(visit.maker, '')}"


def _end(hops: Sequence[Hop]) -> tuple[bool | None, str]:
    last = hops[-1]
    visit = last.visit
    if last.location and visit.status in _REDIRECTS:
        if last.location in {hop.url for hop in hops}:
            return False, "redirects that lead round in a circle"
        return None, f"a redirect to {last.location}, which has to answer the challenge then"
    if visit.fails:
        return False, f"the very error that visitors get ({visit.code})"
    if visit.outcome is not VisitOutcome.ANSWERED:
        return None, "no answer"
    return _answer(visit)


def _answer(visit: Visit) -> tuple[bool | None, str]:
    if visit.maker is Maker.CLOUDFLARE:
        return False, f"a block or challenge of Cloudflare's own (HTTP {visit.status})"
    if visit.status == 404:
        return True, "404 from the origin, which is how an open path answers a made-up token"
    if visit.status in (401, 403, 405, 406, 429):
        return False, f"a refusal (HTTP {visit.status})"
    if visit.status == 200:
        return None, (
            "HTTP 200, though nobody made that token: the application answers in place of the "
            "ACME client, unless real tokens come first"
        )
    return None, f"HTTP {visit.status}"
