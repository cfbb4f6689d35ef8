"""From one host's report to its row: how bad it is, and what is going to break. Pure."""

from datetime import datetime, timedelta
from typing import Final

from cf525.changes.remedies import remedies_of
from cf525.edge.modes import validates
from cf525.model import ChainVerdict, HostRow, Report, Risk, Severity, Traffic
from cf525.pki.trust import ORIGIN_CA

ORIGIN_CA_DAYS: Final = 30
"""Nobody renews a certificate of Cloudflare's Origin CA: it is named earlier than the others."""
CONNECT_FAILURES: Final = ("521", "522", "523")
"""The edge tries another address of the host after these, so visitors may not notice."""
_SHOWN_ADDRESSES: Final = 8


def row_of(
    report: Report, *, zone: str, expiring: int, now: datetime, traffic: Traffic | None = None
) -> HostRow:
    """The compact result of a host. ``expiring`` is in days."""
    risks = tuple(_risks(report, expiring, now))
    severity = _severity(report, risks)
    summary = report.summary
    if severity in (Severity.OK, Severity.AT_RISK) and _met(traffic):
        severity = Severity.UNKNOWN
        summary = f"Visitors met {_statuses(traffic)} lately, but from here: {summary}"
    headline = report.headline_finding
    modes = dict.fromkeys(route.mode for route in report.routes)
    return HostRow(
        host=report.target.host,
        zone=zone,
        severity=severity,
        edge_status=report.edge_status,
        confidence=report.confidence,
        summary=summary,
        headline=report.headline,
        title=headline.title if headline is not None else "",
        mode=", ".join(modes),
        addresses=tuple(dict.fromkeys(route.address for route in report.routes if route.address))[
            :_SHOWN_ADDRESSES
        ],
        risks=risks,
        expires=_expires(report),
        upgrade=_upgrade(report),
        traffic=traffic,
        connections=report.connections,
        remedies=remedies_of(headline, report.edge_status),
    )


def _severity(report: Report, risks: tuple[Risk, ...]) -> Severity:
    if report.edge_status == "not-applicable":
        return Severity.NOT_APPLICABLE
    if report.fails and Risk.ONE_BAD_ADDRESS not in risks:
        return Severity.BROKEN
    if risks:
        return Severity.AT_RISK
    if report.edge_status.unknown:
        return Severity.UNKNOWN
    return Severity.OK


def _risks(report: Report, expiring: int, now: datetime) -> list[Risk]:
    found: list[Risk] = []
    judged = {verdict.observation: verdict for verdict in report.chain_verdicts}
    for verdict in report.chain_verdicts:
        if _ends_before(verdict, now, expiring):
            found.append(Risk.EXPIRES)
        if _from_origin_ca(verdict) and _ends_before(verdict, now, max(expiring, ORIGIN_CA_DAYS)):
            found.append(Risk.ORIGIN_CA_ENDS)
    served = {status.route: status for status in report.route_statuses}
    for route in report.routes:
        status = served.get(route.id)
        seen = judged.get(status.observation or "") if status is not None else None
        if seen is not None and not validates(route.mode):
            if seen.has("hostname_mismatch"):
                found.append(Risk.FALLBACK_CERTIFICATE)
            if seen.accepted is False and _ramping(report):
                found.append(Risk.RAMPING_MODE)
        if route.mode == "flexible" or (report.zone is not None and report.zone.ssl == "flexible"):
            found.append(Risk.FLEXIBLE)
    failing = [each.edge.status for each in report.route_statuses if each.edge.fails]
    if failing and len(failing) < len(report.route_statuses):
        working = any(each.edge.status == "ok" for each in report.route_statuses)
        if working and all(status in CONNECT_FAILURES for status in failing):
            found.append(Risk.ONE_BAD_ADDRESS)
    return list(dict.fromkeys(found))


def _ends_before(verdict: ChainVerdict, now: datetime, days: int) -> bool:
    end = _leaf_end(verdict)
    return end is not None and now < end <= now + timedelta(days=days)


def _from_origin_ca(verdict: ChainVerdict) -> bool:
    return verdict.anchor is not None and verdict.anchor.endswith(f"({ORIGIN_CA})")


def _leaf_end(verdict: ChainVerdict) -> datetime | None:
    return verdict.certificates[0].not_after if verdict.certificates else None


def _expires(report: Report) -> datetime | None:
    ends = [end for verdict in report.chain_verdicts if (end := _leaf_end(verdict)) is not None]
    return min(ends, default=None)


def _ramping(report: Report) -> bool:
    """Whether Cloudflare itself may raise the zone's mode."""
    return report.zone is not None and report.zone.ssl_automatic == "auto"


def _upgrade(report: Report) -> bool | None:
    """Would strict accept the host as well, where it is not in force yet?"""
    plain = [route for route in report.routes if route.probeable]
    if not plain or any(route.mode != "full" or route.scheme != "https" for route in plain):
        return None
    accepted = [verdict.accepted for verdict in report.chain_verdicts]
    if len(accepted) < len(plain) or None in accepted:
        return None
    return all(accepted) and report.edge_status == "ok"


def _met(traffic: Traffic | None) -> bool:
    return traffic is not None and any(each in traffic.statuses for each in ("525", "526"))


def _statuses(traffic: Traffic | None) -> str:
    return "/".join(sorted(traffic.statuses)) if traffic is not None else ""
