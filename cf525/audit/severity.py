"""From one host's report to its row: how bad it is, and what is going to break. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from cf525.changes.remedies import remedies_of
from cf525.edge.modes import validates
from cf525.edge.status import edge_status
from cf525.model import ChainVerdict, HostRow, Report, Risk, Route, Severity, Status, Traffic
from cf525.model.audit import Accepted
from cf525.model.verdict import CertificateFacts
from cf525.pki.advice import soon
from cf525.pki.trust import ORIGIN_CA
from cf525.report.answer import answer

ORIGIN_CA_DAYS: Final = 30
"""Nobody renews a certificate of Cloudflare's Origin CA: it is named earlier than the others."""
UNKNOWN_LIFE: Final = timedelta(days=14)
"""Before the end of a certificate whose beginning was not read."""
CONNECT_FAILURES: Final = ("521", "522", "523")
"""The edge tries another address of the host after these, so visitors may not notice."""
_SHOWN_ADDRESSES: Final = 8
_FIX_LENGTH: Final = 160


def row_of(
    report: Report,
    *,
    zone: str,
    expiring: int | None = None,
    now: datetime,
    traffic: Traffic | None = None,
    in_force: Sequence[Route] = (),
) -> HostRow:
    """The compact result of a host. ``expiring`` is in days; without it a certificate ends soon by
    the share of its own lifetime that is left. ``in_force`` are its routes in the mode in force,
    where the report is about another."""
    risks = tuple(_risks(report, expiring, now))
    severity = _severity(report, risks)
    summary = report.summary
    if severity in (Severity.OK, Severity.AT_RISK) and _met(traffic):
        severity = Severity.UNKNOWN
        summary = f"Visitors met {_statuses(traffic)} lately, but from here: {summary}"
    headline = report.headline_finding
    modes = dict.fromkeys(route.mode for route in report.routes)
    ends = _first_to_end(report)
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
        expires=ends.not_after if ends is not None else None,
        begins=ends.not_before if ends is not None else None,
        upgrade=_upgrade(report),
        traffic=traffic,
        connections=report.connections,
        was=_was(report, in_force),
        fix=_fix(report),
        refused=_refused(report),
        remedies=remedies_of(headline, report.edge_status),
    )


def _was(report: Report, in_force: Sequence[Route]) -> Status:
    """What the host answers in its own mode, by what was seen in another: only where both ask in
    the same way."""
    seen = {each.id: each for each in report.observations}
    judged = {each.observation: each for each in report.chain_verdicts}
    found = {each.route: each for each in report.route_statuses}
    asked = {each.id: each for each in report.routes}
    statuses = []
    for route in in_force:
        status, other = found.get(route.id), asked.get(route.id)
        if status is None or other is None or (route.scheme, route.port) != (
            other.scheme, other.port
        ):  # fmt: skip
            return Status("")
        observation = seen.get(status.observation or "")
        verdict = judged.get(status.observation or "")
        statuses.append(edge_status(route, observation, verdict).status)
    return next((each for each in statuses if each.fails), next(iter(statuses), Status("")))


def _refused(report: Report) -> str:
    """What strict would say first of a host that works."""
    if _upgrade(report) is not False or report.fails:
        return ""
    return next((each.title for each in report.findings if each.contributing), "")


def _fix(report: Report) -> str:
    """What mends it, for any server where nothing told which one it is."""
    fix = answer(report).fix
    text = fix.words() if fix is not None and fix.remedy is not None else ""
    return text if len(text) <= _FIX_LENGTH else f"{text[: _FIX_LENGTH - 2].rstrip()} …"


def weighed(row: HostRow, accepted: Sequence[Accepted], now: datetime) -> HostRow:
    """The row set aside where somebody answers for all that is wrong with it; an acceptance that
    has ended is said and changes nothing."""
    if row.severity not in (Severity.BROKEN, Severity.AT_RISK):
        return row
    wrong = (
        {row.headline} if row.severity is Severity.BROKEN else {each.value for each in row.risks}
    )
    host = row.host.lower()
    own = [
        each for each in accepted if each.cause in wrong and fnmatchcase(host, each.host.lower())
    ]
    if {each.cause for each in own if each.until >= now} >= wrong:
        first = next(each for each in own if each.until >= now)
        text = f"{first.cause}: {first.reason} ({first.owner}, until {first.until:%Y-%m-%d})"
        return replace(row, severity=Severity.ACCEPTED, accepted=text)
    ended = next((each for each in own if each.until < now), None)
    if ended is None:
        return row
    text = f"was accepted by {ended.owner} until {ended.until:%Y-%m-%d}"
    return replace(row, accepted=text)


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


def _risks(report: Report, expiring: int | None, now: datetime) -> list[Risk]:
    found: list[Risk] = []
    judged = {verdict.observation: verdict for verdict in report.chain_verdicts}
    for verdict in report.chain_verdicts:
        if _ends_within(verdict, now, _soon(verdict, expiring)):
            found.append(Risk.EXPIRES)
        if _from_origin_ca(verdict) and _ends_within(verdict, now, _by_hand(verdict, expiring)):
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


def _ends_within(verdict: ChainVerdict, now: datetime, span: timedelta) -> bool:
    end = _leaf_end(verdict)
    return end is not None and now < end <= now + span


def _soon(verdict: ChainVerdict, expiring: int | None) -> timedelta:
    if expiring is not None:
        return timedelta(days=expiring)
    leaf = verdict.certificates[0] if verdict.certificates else None
    if leaf is None or leaf.not_before is None or leaf.not_after is None:
        return UNKNOWN_LIFE
    begin, end = int(leaf.not_before.timestamp()), int(leaf.not_after.timestamp())
    return timedelta(seconds=soon(begin, end))


def _by_hand(verdict: ChainVerdict, expiring: int | None) -> timedelta:
    """When a certificate that nobody renews by itself is named: a third of a short one's life."""
    most = timedelta(days=max(expiring or 0, ORIGIN_CA_DAYS))
    leaf = verdict.certificates[0] if verdict.certificates else None
    if expiring or leaf is None or leaf.not_before is None or leaf.not_after is None:
        return most
    return min(most, (leaf.not_after - leaf.not_before) / 3)


def _from_origin_ca(verdict: ChainVerdict) -> bool:
    return verdict.anchor is not None and verdict.anchor.endswith(f"({ORIGIN_CA})")


def _leaf_end(verdict: ChainVerdict) -> datetime | None:
    return verdict.certificates[0].not_after if verdict.certificates else None


def _first_to_end(report: Report) -> CertificateFacts | None:
    """The leaf whose life ends first."""
    leaves = [each.certificates[0] for each in report.chain_verdicts if each.certificates]
    return min((each for each in leaves if each.not_after is not None), key=_end, default=None)


def _end(leaf: CertificateFacts) -> datetime:
    assert leaf.not_after is not None
    return leaf.not_after


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
