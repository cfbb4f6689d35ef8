"""Reconciles what a direct test found with what the edge answered at the same minute.

Pure. The visitor's own experience outweighs the inference from the wire where both speak of the
same thing; where the edge answered from its cache, or something else answered in its place, the
direct finding stands as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cf525.edge.codes import title_of
from cf525.model import (
    Agreement,
    Comparison,
    Confidence,
    Ending,
    Observation,
    Status,
    Unknown,
    Visit,
    VisitOutcome,
)
from cf525.model.status import EDGE_TLS, NOT_APPLICABLE, UNKNOWN
from cf525.values import dataclass

ORIGIN_SIDE: Final = "cf525 probe --emit prints a command to run on the origin host; give its "
NEXT_AT_ORIGIN: Final = ORIGIN_SIDE + "result to cf525 diagnose --observation FILE."
NEXT_PATIENT: Final = (
    "Wait for the edge's own word: it gives up on a connection after 19 s (--edge-wait 25 "
    "--timeout 40) and on an answer after 120 s (--edge-wait 130 --timeout 150)."
)
NO_CONNECTION: Final[Mapping[Ending, Status]] = {
    Ending.REFUSED: Status("521"),
    Ending.CONNECT_TIMEOUT: Status("522"),
    Ending.UNREACHABLE: Status("523"),
}
"""How a probe ends without a connection, and what the edge answers when its own ends so."""
MAX_SKEW: Final = 120.0
"""Seconds by which a clock may be off before it is worth a word; certificates mind minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """What the direct test found. ``probes`` are the routes' own probes of this run, which tell an
    origin that is silent to us from one that fails; ``partly`` is true where something worked:
    one address of several, or some connections of a series; ``unnamed`` where nobody said where
    the origin is."""

    status: Status
    confidence: Confidence
    probes: Sequence[Observation] = ()
    partly: bool = False
    unnamed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The status to report in place of the direct one, how sure, and how both fit together."""

    status: Status
    confidence: Confidence
    comparison: Comparison

    @property
    def overruled(self) -> bool:
        """Whether the direct findings are not what visitors meet."""
        return self.comparison.agreement is Agreement.ALLOW_LISTED


def reconcile(direct: Direct, visit: Visit) -> Reconciled:
    """The direct finding over all routes together, set beside the visit."""
    status, confidence = direct.status, direct.confidence
    where = f" at {visit.colo}" if visit.colo else ""
    edge = f"through the edge{where} the URL answers {_shown(visit)}"
    if _kept_waiting(visit) and status.works and _answers_us(direct.probes):
        return _settled(
            UNKNOWN,
            Confidence.LOW,
            Agreement.NOT_COMPARED,
            f"the edge took the request and had no answer in {visit.milliseconds / 1000:.0f} s, "
            "while the origin answers this machine: an edge that waits for its origin ends in "
            "522 or 524",
            NEXT_PATIENT,
        )
    if not visit.told:
        return _same(status, confidence, Agreement.NOT_COMPARED, _why_not(visit))
    if visit.code == EDGE_TLS:
        text = f"the edge itself refuses the visitor's handshake ({visit.detail})"
        return _settled(EDGE_TLS, Confidence.HIGH, Agreement.EDGE_ONLY, text)
    if visit.fails:
        return _failing(direct, visit, edge)
    return _working(direct, visit, edge)


def _kept_waiting(visit: Visit) -> bool:
    """Whether the edge shook hands with the visitor and then had nothing to say in time."""
    waited = visit.outcome is VisitOutcome.NO_ANSWER and visit.detail == Ending.TIMEOUT
    return waited and visit.observation is not None


def _failing(direct: Direct, visit: Visit, edge: str) -> Reconciled:
    status = direct.status
    sure = Confidence.HIGH if visit.maker == "cloudflare" else Confidence.MEDIUM
    if status == visit.code:
        text = f"confirmed: {edge}, as the direct test says"
        return _settled(status, Confidence.HIGH, Agreement.CONFIRMED, text)
    if direct.probes and all(NO_CONNECTION.get(p.ending) == visit.code for p in direct.probes):
        text = f"confirmed: {edge}, and this machine gets no connection either"
        return _settled(visit.code, sure, Agreement.CONFIRMED, text)
    if status == "unknown":
        text = f"{edge}; the direct test could not tell"
        return _settled(visit.code, sure, Agreement.EDGE_TELLS, text, NEXT_AT_ORIGIN)
    if status.works:
        text = f"{edge}, and the origin answers this machine without fault"
        return _settled(visit.code, sure, Agreement.EDGE_ONLY, text, NEXT_AT_ORIGIN)
    text = f"{edge}, while the direct test points to {status}: the edge's own word stands"
    return _settled(visit.code, sure, Agreement.DIFFERS, text, NEXT_AT_ORIGIN)


def _working(direct: Direct, visit: Visit, edge: str) -> Reconciled:
    status, confidence = direct.status, direct.confidence
    if direct.unnamed:
        text = f"{edge}: visitors reach the origin now; the origin itself was not asked"
        return _settled(UNKNOWN, Confidence.LOW, Agreement.EDGE_TELLS, text)
    if status == "redirect-loop" and visit.status in _REDIRECTS:
        return _same(status, confidence, Agreement.CONFIRMED, f"confirmed: {edge}, a redirect")
    if status == "ok" and visit.status is not None and visit.status >= 500:
        return _settled(
            visit.code, Confidence.MEDIUM, Agreement.EDGE_TELLS, f"{edge}, which the origin sent"
        )
    if status in ("ok", visit.code):
        return _same(status, confidence, Agreement.AGREES, f"{edge}, as the direct test says")
    if status.passes_through or status == NOT_APPLICABLE:
        return _same(status, confidence, Agreement.AGREES, edge)
    if _silent_to_us(direct.probes):
        text = f"{edge}, while the origin does not admit this machine: it is allow-listed"
        return _settled(visit.code, Confidence.MEDIUM, Agreement.ALLOW_LISTED, text, NEXT_AT_ORIGIN)
    if status == "unknown":
        text = f"{edge}; the direct test could not tell"
        return _settled(visit.code, Confidence.MEDIUM, Agreement.EDGE_TELLS, text)
    if direct.partly:
        # The edge used what works, or tried again and so hides what is broken.
        text = f"{edge}: this time it met what works; what fails shows now and then"
        return _same(status, confidence, Agreement.NOT_REPRODUCED, text)
    # An idle connection that the edge still holds, another address, or a fault of this path: each
    # is possible, and only the first would fail for visitors before long.
    return _settled(
        UNKNOWN,
        Confidence.LOW,
        Agreement.NOT_REPRODUCED,
        f"not reproduced: {edge}, while the direct test fails with {status}",
        "Repeat in 15 minutes, when the edge has let go of idle connections; with --repeat 50 to "
        "see whether it comes and goes; and from another network with --via ssh://BASTION.",
    )


_REDIRECTS: Final = (301, 302, 303, 307, 308)


def _same(status: Status, confidence: Confidence, agreement: Agreement, text: str) -> Reconciled:
    return _settled(status, confidence, agreement, text)


def _settled(
    status: Status, confidence: Confidence, agreement: Agreement, text: str, then: str = ""
) -> Reconciled:
    comparison = Comparison(agreement=agreement, text=text, next=then)
    return Reconciled(status=status, confidence=confidence, comparison=comparison)


def _silent_to_us(probes: Sequence[Observation]) -> bool:
    return bool(probes) and all(each.ending in NO_CONNECTION for each in probes)


def _answers_us(probes: Sequence[Observation]) -> bool:
    """Whether every probe had its HTTP answer: an application slow to us is slow to the edge."""
    return bool(probes) and all(p.http is not None and p.http.status is not None for p in probes)


def _shown(visit: Visit) -> str:
    if visit.code.numbered:
        return f"{visit.code} {title_of(visit.code)}".strip()
    return str(visit.status)


def _why_not(visit: Visit) -> str:
    """Why a visit that was made says nothing about the origin."""
    if visit.outcome is VisitOutcome.ANSWERED:
        if not visit.fresh:
            return "the edge answered from its cache, which says nothing about the origin"
        if visit.maker == "cloudflare":
            return f"the edge answered {visit.status} itself, without asking the origin"
        return f"the edge answered {visit.status}, and whether it asked the origin is not known"
    return {
        VisitOutcome.UNREACHABLE: "the edge could not be reached from here",
        VisitOutcome.NO_ANSWER: "the edge did not answer in time, as it does while it waits for "
        "an origin",
        VisitOutcome.NOT_CLOUDFLARE: "what answers for the name from here is not Cloudflare's edge",
        VisitOutcome.UNRESOLVED: "the name does not resolve from here",
        VisitOutcome.INTERCEPTED: "something between here and Cloudflare answers in its place",
    }[visit.outcome]


def doubts(visit: Visit) -> tuple[Unknown, ...]:
    """What a visit leaves open, and what it says about this machine's own path."""
    found = [make(visit) for make in (_DOUBTS.get(visit.outcome), _skewed) if make is not None]
    return tuple(each for each in found if each is not None)


def _not_reached(visit: Visit) -> Unknown:
    return Unknown(
        id="edge-not-reached",
        text=f"What visitors get: {_why_not(visit)}.",
        next="Open the URL from another network, or give another resolver with --resolver.",
    )


def _unanswered(visit: Visit) -> Unknown:
    left = _not_reached(visit)
    return replace(left, next=NEXT_PATIENT) if _kept_waiting(visit) else left


def _elsewhere(visit: Visit) -> Unknown:
    return Unknown(
        id="split-dns",
        text=f"What visitors get: from here the name leads to {visit.address}, which is not "
        "Cloudflare's. Split DNS, a hosts file, WARP or a captive portal do that, and so does a "
        "record that is not proxied.",
        next="Ask a public resolver: cf525 diagnose … --resolver 1.1.1.1",
    )


def _intercepted(_: Visit) -> Unknown:
    return Unknown(
        id="path-intercepted",
        text="Anything from this network: TLS is opened on the way (inspection, a captive portal "
        "or an antivirus program), so that certificates seen from here prove nothing.",
        next="Run it where nothing inspects TLS, or from the origin's network with "
        "--via ssh://BASTION.",
    )


def _answered(visit: Visit) -> Unknown | None:
    if visit.told:
        return None
    return Unknown(
        id="edge-did-not-ask",
        text=f"What the edge makes of the origin now: {_why_not(visit)}.",
        next="Ask for a path that is not cached and that no rule answers.",
    )


def _skewed(visit: Visit) -> Unknown | None:
    if visit.skew is None or abs(visit.skew) <= MAX_SKEW:
        return None
    way = "ahead of" if visit.skew > 0 else "behind"
    return Unknown(
        id="clock-skew",
        text=f"Whether certificates are valid now: this machine's clock is {abs(visit.skew):.0f} s "
        f"{way} Cloudflare's.",
        next="Set the clock, or judge as of the right time with --at.",
    )


_DOUBTS: Final[Mapping[VisitOutcome, Callable[[Visit], Unknown | None]]] = {
    VisitOutcome.ANSWERED: _answered,
    VisitOutcome.UNREACHABLE: _not_reached,
    VisitOutcome.NO_ANSWER: _unanswered,
    VisitOutcome.UNRESOLVED: _not_reached,
    VisitOutcome.NOT_CLOUDFLARE: _elsewhere,
    VisitOutcome.INTERCEPTED: _intercepted,
}
