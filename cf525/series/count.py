"""Counts a series: outcomes with their rates, latencies, and which certificates came when. Pure."""

from collections import Counter
from collections.abc import Sequence

from cf525.model import CertificateRun, Observation, Series, SeriesPart
from cf525.pki.facts import describe
from cf525.series.run import Collected
from cf525.series.statistics import interval, latency
from cf525.values import dataclass

OK = "ok"
KEPT_EACH = 2


@dataclass(frozen=True, slots=True)
class Labelled:
    """One probe with what the edge would make of it: ``label`` is ``ok`` or says what failed."""

    seen: Observation
    label: str

    @property
    def failed(self) -> bool:
        return self.label != OK


def series_of(
    route: str, collected: Collected, sequential: Sequence[Labelled], parallel: Sequence[Labelled]
) -> tuple[Series, tuple[Observation, ...]]:
    """The counted series, and the few observations worth keeping: of each kind the first ones."""
    kept = _kept((*sequential, *parallel))
    series = Series(
        route=route,
        parts=tuple(
            _part(phase, probes)
            for phase, probes in (("sequential", sequential), ("parallel", parallel))
            if probes
        ),
        certificates=_certificates(sequential),
        stopped=collected.stopped,
        observations=tuple(each.id for each in kept),
    )
    return series, kept


def _part(phase: str, probes: Sequence[Labelled]) -> SeriesPart:
    failed = tuple(number for number, each in enumerate(probes, 1) if each.failed)
    low, high = interval(len(failed), len(probes))
    timings = [each.seen.timings for each in probes]
    return SeriesPart(
        phase=phase,
        total=len(probes),
        outcomes=dict(Counter(each.label for each in probes).most_common()),
        failed=failed,
        low=low,
        high=high,
        connect=latency([each.connect for each in timings]),
        server_hello=latency([each.server_hello for each in timings]),
        established=latency([each.established for each in timings]),
    )


def _certificates(probes: Sequence[Labelled]) -> tuple[CertificateRun, ...]:
    places: dict[bytes, list[int]] = {}
    for number, each in enumerate(probes, 1):
        if each.seen.certificates:
            places.setdefault(each.seen.certificates[0], []).append(number)
    return tuple(
        CertificateRun(
            serial=describe(leaf, 0).serial or "unreadable",
            count=len(numbers),
            first=numbers[0],
            last=numbers[-1],
        )
        for leaf, numbers in places.items()
    )


def _kept(probes: Sequence[Labelled]) -> tuple[Observation, ...]:
    taken: Counter[tuple[str, bytes]] = Counter()
    kept: list[Observation] = []
    for each in probes:
        leaf = each.seen.certificates[0] if each.seen.certificates else b""
        taken[each.label, leaf] += 1
        if taken[each.label, leaf] <= KEPT_EACH and len(kept) < 40:
            kept.append(each.seen)
    return tuple(kept)
