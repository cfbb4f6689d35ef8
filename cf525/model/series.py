"""Many like probes of one address, counted: what comes and goes, how often, how fast.

Plain data; the counting and the intervals stand in ``cf525.series``.
"""

from collections.abc import Mapping
from dataclasses import field

from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds; ``samples`` in the order of the probes, at most a line's width of them."""

    minimum: float
    median: float
    p95: float
    samples: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPart:
    """One phase of a series: ``sequential`` or ``parallel``.

    ``outcomes`` counts by label, ``ok`` for the good ones; ``failed`` are the ordinal numbers of
    the failures, from 1. ``low`` and ``high`` bound the true failure rate with 95 % confidence.
    """

    phase: str
    total: int
    outcomes: Mapping[str, int]
    failed: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 1.0
    connect: Latency | None = None
    server_hello: Latency | None = None
    established: Latency | None = None

    @property
    def failures(self) -> int:
        return len(self.failed)

    @property
    def rate(self) -> float:
        return self.failures / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRun:
    """One leaf certificate of a series: how often it came, first and last in which probe."""

    serial: str
    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All that was counted for one route. ``stopped`` says why it ended early, if it did."""

    route: str
    parts: tuple[SeriesPart, ...]
    certificates: tuple[CertificateRun, ...] = ()
    stopped: str = ""
    observations: tuple[str, ...] = field(default=())

    def part(self, phase: str) -> SeriesPart | None:
        return next((each for each in self.parts if each.phase == phase), None)

    @property
    def total(self) -> int:
        return sum(each.total for each in self.parts)

    @property
    def failures(self) -> int:
        return sum(each.failures for each in self.parts)
