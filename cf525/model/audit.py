"""An audit as data: one compact row a host, what visitors met, and the whole with its counts.

The full report of a host is kept elsewhere; a row is what fits in memory ten thousand times.
Nothing here decides how severe anything is.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from cf525.model.finding import Unknown
from cf525.model.status import Status
from cf525.model.verdict import Confidence
from cf525.values import dataclass

AUDIT_SCHEMA = "cf525.audit/1"
_NOT_KNOWN = Status("")


class Severity(StrEnum):
    """How bad a host's state is. The order of the members is the order of the report."""

    BROKEN = "broken"
    AT_RISK = "at-risk"
    UNKNOWN = "unknown"
    OK = "ok"
    ACCEPTED = "accepted"
    NOT_APPLICABLE = "not-applicable"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Risk(StrEnum):
    """What is going to break, or would under a change that is likely to come."""

    EXPIRES = "expires-soon"
    ORIGIN_CA_ENDS = "origin-ca-ends"
    FALLBACK_CERTIFICATE = "fallback-certificate"
    RAMPING_MODE = "ramping-mode"
    FLEXIBLE = "flexible"
    ONE_BAD_ADDRESS = "one-bad-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The edge's own errors that visitors of a host met, by Cloudflare's analytics.

    ``share`` is failing requests over all requests, None where the total was not read.
    ``sampled`` is true when the counts are estimates from a sample.
    """

    host: str
    zone: str
    statuses: Mapping[str, int]
    share: float | None = None
    data_centers: tuple[str, ...] = ()
    first_seen: str = ""
    sampled: bool = False

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """One host's result in short. ``expires`` is the soonest end of a leaf it serves,
    ``begins`` when that leaf's life began.

    ``upgrade`` is true for a host in a mode below strict that strict would accept as well, false
    for one that strict would break, None where it does not apply or is not known. ``was`` is the
    status in the mode in force where another one was judged, empty where that is not known.
    ``fix`` is what mends it in one sentence; ``refused`` what strict would say of a host that
    works; ``accepted`` who answers for leaving it, and why. ``remedies`` are
    those of ``cf525 fix`` that its finding names.
    """

    host: str
    zone: str
    severity: Severity
    edge_status: Status
    confidence: Confidence
    summary: str
    headline: str | None = None
    title: str = ""
    mode: str = ""
    addresses: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    expires: datetime | None = None
    begins: datetime | None = None
    upgrade: bool | None = None
    traffic: Traffic | None = None
    connections: int = 0
    was: Status = _NOT_KNOWN
    fix: str = ""
    refused: str = ""
    accepted: str = ""
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A state of hosts that somebody answers for until a day. ``host`` is a name or a pattern,
    ``cause`` the id of a cause or of a risk."""

    host: str
    cause: str
    owner: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneGap:
    """A zone of which nothing, or not all, could be audited, and why."""

    zone: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShare:
    """Which parts of a plan a result is about.

    ``id`` is the plan's, ``numbers`` are its parts, from 1, out of ``parts``; ``zones`` and
    ``api_calls`` are those of the whole plan. ``places`` are the vantage points that were asked,
    empty for the one place of the run.
    """

    id: str
    numbers: tuple[int, ...]
    parts: int
    zones: int = 0
    api_calls: int = 0
    places: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is about every part."""
        return len({number for number in self.numbers if 0 < number <= self.parts}) == self.parts

    def missing(self, most: int) -> tuple[int, ...]:
        """The first of the parts that it is not about, so many at most."""
        here = set(self.numbers)
        absent = (number for number in range(1, self.parts + 1) if number not in here)
        return tuple(islice(absent, most))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """A whole audit, or the part of it that was done when it ended.

    ``complete`` is false after an interruption; ``stopped`` then says what ended it. ``what_if``
    names the mode that every host was judged in, empty when it was each host's own. ``looked_at``
    says what stood behind a selection that held no host. ``plan`` is set where the hosts were read
    before, and looked at by their plan.
    """

    tool_version: str
    started_at: datetime
    schema: str = AUDIT_SCHEMA
    ended_at: datetime | None = None
    what_if: str = ""
    looked_at: str = ""
    shard: str = ""
    plan: PlanShare | None = None
    zones: int = 0
    hosts: tuple[HostRow, ...] = ()
    gaps: tuple[ZoneGap, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    complete: bool = True
    stopped: str = ""
    api_calls: int = 0
    connections: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    causes: Mapping[str, int] = field(default_factory=dict)
    risks: Mapping[str, int] = field(default_factory=dict)
    safe_upgrades: tuple[str, ...] = ()
    """Zones in Full of which every audited host would pass Full (strict) as well."""
