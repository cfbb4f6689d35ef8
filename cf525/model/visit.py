"""What a visitor's request through Cloudflare's edge met, and how that fits the direct test.

A visit is one request for the target's own URL. It tells what a probe of the origin cannot: what
the edge makes of that origin at this moment, from one of its places.
"""

from datetime import datetime
from enum import StrEnum

from cf525.model.status import UNKNOWN, Status
from cf525.values import dataclass


class VisitOutcome(StrEnum):
    """How far a visit came."""

    ANSWERED = "answered"
    TLS_REFUSED = "tls-refused"  # the edge refuses the visitor's handshake
    UNREACHABLE = "unreachable"  # no connection to the edge from here, or none in time
    NO_ANSWER = "no-answer"  # the handshake works, no HTTP answer came in time
    NOT_CLOUDFLARE = "not-cloudflare"  # the name leads elsewhere from here
    UNRESOLVED = "unresolved"
    INTERCEPTED = "intercepted"  # somebody else's certificate in the edge's place


class Maker(StrEnum):
    """Who made the answer."""

    CLOUDFLARE = "cloudflare"
    ORIGIN = "origin"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request through the edge. ``code`` is the status in this product's words: ``ok``,
    ``520`` to ``526``, ``530``, a 1xxx code, ``edge-tls`` when the edge refuses the visitor's
    handshake, ``origin-404``, or ``unknown``.

    ``colo`` is the airport code of the edge's place. ``fresh`` is false when the answer may have
    come from the edge's cache. ``skew`` is this machine's clock minus the edge's, in seconds.
    """

    outcome: VisitOutcome
    at: datetime
    code: Status = UNKNOWN
    maker: Maker = Maker.UNKNOWN
    address: str = ""
    status: int | None = None
    form: str = ""  # json, html, text
    error_type: str = ""
    ray: str = ""
    colo: str = ""
    fresh: bool = True
    skew: float | None = None
    milliseconds: float = 0.0
    detail: str = ""
    observation: str | None = None

    @property
    def fails(self) -> bool:
        """Whether Cloudflare itself answered with an error about the origin."""
        return self.code.fails

    @property
    def reached_origin(self) -> bool:
        """Whether the answer proves that the edge and the origin talked just now."""
        return self.outcome is VisitOutcome.ANSWERED and self.fresh and _from_origin(self)

    @property
    def told(self) -> bool:
        """Whether the visit says anything about the origin."""
        return self.fails or self.reached_origin


def _from_origin(visit: Visit) -> bool:
    return visit.maker is Maker.ORIGIN and visit.code.works


class Agreement(StrEnum):
    """How the direct test and the visit fit together."""

    CONFIRMED = "confirmed"  # both fail alike
    AGREES = "agrees"  # both work
    DIFFERS = "differs"  # both fail, each in its own way
    NOT_REPRODUCED = "not-reproduced"  # only the direct test fails
    EDGE_ONLY = "edge-only"  # only the edge fails
    ALLOW_LISTED = "allow-listed"  # the origin is silent to us and serves the edge
    EDGE_TELLS = "edge-tells"  # the direct test could not tell, the edge could
    NOT_COMPARED = "not-compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The direct finding and the edge's symptom, reconciled. ``text`` is a sentence."""

    agreement: Agreement
    text: str
    next: str = ""
