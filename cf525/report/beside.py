"""What was seen besides the direct test: the edge's own answer, series, Cloudflare's records.

Gives labelled sentences and rows; how they are laid out is the caller's. Rows of a table are as
wide as they are and never wrapped.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cf525.model import Insight, Latency, Report, Series, SeriesPart, Visit, VisitOutcome
from cf525.values import dataclass

BARS: Final = "▁▂▃▄▅▆▇█"
MOST_ROWS: Final = 6


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph or, with ``row``, one line of a table."""

    label: str
    text: str
    row: bool = False


def parts(report: Report) -> Iterator[Part]:
    """Everything besides the direct test, in the order of a report."""
    if report.visit is not None and report.visit.outcome is VisitOutcome.ANSWERED:
        yield Part("EDGE", _visit(report.visit))
    if report.comparison is not None:
        label = "" if report.visit and report.visit.status is not None else "EDGE"
        text = report.comparison.text
        yield Part(label, text[:1].upper() + text[1:])
        if report.comparison.next:
            yield Part("", f"next: {report.comparison.next}")
    addresses = {route.id: route.address or route.id for route in report.routes}
    for series in report.series:
        yield from _series(series, addresses.get(series.route, series.route))
    if report.insight is not None:
        yield from _insight(report.insight)


def _visit(visit: Visit) -> str:
    ray = f"ray {visit.ray}-{visit.colo}" if visit.colo else f"ray {visit.ray}"
    made = {"cloudflare": "made by Cloudflare", "origin": "from the origin"}.get(visit.maker)
    shown = ", ".join(each for each in (ray, made, f"{visit.milliseconds:.0f} ms") if each)
    return f"HTTP {visit.status} at {visit.at:%H:%M:%SZ}, {shown}"


# -- series -----------------------------------------------------------------------------------


def _series(series: Series, address: str) -> Iterator[Part]:
    yield Part("SERIES", f"{address}: {series.total} probes, {series.failures} failed")
    for part in series.parts:
        yield from _part(part)
    if len(series.certificates) > 1:
        for run in series.certificates[:MOST_ROWS]:
            serial = run.serial if len(run.serial) <= 24 else f"{run.serial[:23]}…"
            text = f"serial {serial:<24} {run.count:>5} ×, probes {run.first} to {run.last}"
            yield Part("", text, row=True)
    if series.stopped:
        yield Part("", f"stopped early: {series.stopped}")


def _part(part: SeriesPart) -> Iterator[Part]:
    for label, count in sorted(part.outcomes.items(), key=lambda pair: -pair[1])[:MOST_ROWS]:
        share = 100 * count / max(1, part.total)
        yield Part("", f"{part.phase:<11}{label:<34}{count:>5} {share:5.1f} %", row=True)
    if not part.failures:
        yield Part("", f"{part.phase}: none failed; up to {100 * part.high:.1f} % still may")
    else:
        bounds = f"{100 * part.low:.1f} to {100 * part.high:.1f} %"
        rate = f"{100 * part.rate:.1f} % fail (95 % confidence: {bounds})"
        yield Part("", f"{part.phase}: {rate}")
    for name, latency in (
        ("TCP connect", part.connect),
        ("ServerHello", part.server_hello),
        ("Finished", part.established),
    ):
        if latency is not None:
            yield Part("", _latency(name, latency), row=True)


def _latency(name: str, latency: Latency) -> str:
    numbers = " ".join(f"{each:7.1f}" for each in (latency.minimum, latency.median, latency.p95))
    return f"{name:<12}min/median/p95{numbers} ms {sparkline(latency.samples)}"


def sparkline(samples: tuple[float, ...], width: int = 20) -> str:
    """The samples as bars between their least and their most, in at most ``width`` columns."""
    if not samples:
        return ""
    size = -(-len(samples) // width)
    groups = [max(samples[at : at + size]) for at in range(0, len(samples), size)]
    least, most = min(groups), max(groups)
    scale = (len(BARS) - 1) / (most - least) if most > least else 0.0
    return "".join(BARS[round((each - least) * scale)] for each in groups)


# -- Cloudflare's own view ----------------------------------------------------------------------


def _insight(insight: Insight) -> Iterator[Part]:
    hours = (insight.until - insight.since).total_seconds() / 3600
    total = f" of {insight.requests}" if insight.requests is not None else ""
    sampled = " (sampled)" if insight.sampled else ""
    if insight.statuses:
        text = f"{insight.failures}{total} requests failed in {hours:.0f} h{sampled}"
        yield Part("VISITORS", f"{text}: {_counts(insight.statuses)}")
        if insight.first is not None:
            yield Part("", f"since {insight.first:%Y-%m-%d %H:%MZ}")
        if len(insight.hours) > 1:
            bars = sparkline(tuple(float(each) for each in insight.hours.values()), 40)
            begin, *_, end = insight.hours
            yield Part("", f"{begin[:13]}h {bars} {end[:13]}h", row=True)
        for what, counted in (("at", insight.colos), ("from origin", insight.origins)):
            if counted:
                yield Part("", f"{what} {_counts(counted)}")
    for number, health in enumerate(insight.health[:MOST_ROWS]):
        state = "healthy" if health.healthy else f"failing: {health.reason or 'no reason given'}"
        yield Part("" if number else "HEALTH", f"{health.name} {health.address}: {state}")
    for number, change in enumerate(insight.changes[:MOST_ROWS]):
        values = f" from {change.old} to {change.new}" if change.old or change.new else ""
        who = f" by {change.who}" if change.who else ""
        when = f"{change.at:%Y-%m-%d %H:%MZ}"
        if insight.first is not None and change.at <= insight.first:
            minutes = round((insight.first - change.at).total_seconds() / 60)
            when = f"{minutes} minutes before the first failure ({when})"
        yield Part("" if number else "CHANGED", f"{change.what} changed{values} {when}{who}")


def _counts(counted: Mapping[str, int]) -> str:
    ordered = sorted(counted.items(), key=lambda pair: -pair[1])
    shown = ", ".join(f"{name} {count} ×" for name, count in ordered[:MOST_ROWS])
    return shown + (" …" if len(ordered) > MOST_ROWS else "")
