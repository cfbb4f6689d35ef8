"""The words of an audit that all its formats share."""

from collections.abc import Mapping
from typing import Final

from cf525.model import AuditReport, HostRow, Risk, Severity
from cf525.report.line import counted

SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.BROKEN: "broken now",
    Severity.AT_RISK: "will break",
    Severity.UNKNOWN: "cannot tell",
    Severity.OK: "nothing wrong",
    Severity.ACCEPTED: "accepted",
    Severity.NOT_APPLICABLE: "not through the edge",
}
RISKS: Final[Mapping[Risk, str]] = {
    Risk.EXPIRES: "the certificate expires soon",
    Risk.ORIGIN_CA_ENDS: "the Origin CA certificate is near its end, and nothing renews it",
    Risk.FALLBACK_CERTIFICATE: "a default certificate is served in place of this name's",
    Risk.RAMPING_MODE: "Automatic SSL/TLS may raise the mode, and strict would refuse this chain",
    Risk.FLEXIBLE: "the zone is Flexible: nothing is encrypted towards the origin",
    Risk.ONE_BAD_ADDRESS: "one address does not answer; the edge falls back to another",
}


def cause(row: HostRow) -> str:
    """What stands in a table's last column: the cause, the risks, or what else there is."""
    if row.severity is Severity.AT_RISK or (row.headline is None and row.risks):
        return "; ".join(RISKS[risk] for risk in row.risks)
    if row.severity is Severity.ACCEPTED:
        return row.accepted
    if row.headline is not None:
        shown = f"{row.headline}: {row.title}" if row.title else row.headline
        return f"{shown}; {row.accepted}" if row.accepted else shown
    if row.severity is Severity.OK and row.upgrade is False:
        return row.refused or STRICT_REFUSES
    return row.summary if row.severity is Severity.UNKNOWN else ""


def met(row: HostRow) -> str:
    """What visitors met, in words; empty when nothing is known."""
    traffic = row.traffic
    if traffic is None:
        return ""
    share = "" if traffic.share is None else f", {traffic.share:.1%} of the traffic"
    about = "about " if traffic.sampled else ""
    statuses = "/".join(sorted(traffic.statuses))
    return f"{about}{traffic.requests} × {statuses}{share}"


STRICT_REFUSES: Final = "nothing wrong today; Full (strict) would refuse it"


def state_label(row: HostRow) -> str:
    """The state of a host in words."""
    strict = row.severity is Severity.OK and row.upgrade is False
    return STRICT_REFUSES if strict else SEVERITIES[row.severity]


def changes(row: HostRow) -> bool:
    """Whether another mode makes the host fail that does not fail in its own."""
    return row.severity is Severity.BROKEN and not row.was.fails


def totals(report: AuditReport) -> str:
    """The one sentence that sums an audit up."""
    if report.what_if:
        breaking = sum(map(changes, report.hosts))
        already = report.counts.get(Severity.BROKEN.value, 0) - breaking
        open_ = report.counts.get(Severity.UNKNOWN.value, 0)
        return (
            f"would break: {breaking} of {counted(len(report.hosts), 'host')} in "
            f"{counted(report.zones, 'zone')}; {already} fail already, {open_} cannot be told"
        )
    if report.looked_at:
        return f"no host to look at ({report.looked_at})"
    shown = [
        f"{report.counts.get(each.value, 0)} {SEVERITIES[each]}"
        for each in Severity
        if report.counts.get(each.value) or each in (Severity.BROKEN, Severity.AT_RISK)
    ]
    hosts, zones = counted(len(report.hosts), "host"), counted(report.zones, "zone")
    return f"{hosts} in {zones}: {', '.join(shown)}"


def unfinished(report: AuditReport) -> str:
    """Why the audit is not complete; empty when it is."""
    if report.complete:
        return ""
    return f"Not finished: {report.stopped}. Continue with --resume."
