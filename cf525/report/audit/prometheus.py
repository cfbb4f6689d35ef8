"""An audit as Prometheus metrics, for the textfile collector and the exporter alike.

Built with the official client library, so that names and escaping are right by construction.
Hosts without anything wrong have no series of their own: ten thousand zeros help nobody.
"""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from cf525.model import AuditReport, Severity


def registry(report: AuditReport) -> CollectorRegistry:
    """The metrics of one audit."""
    found = CollectorRegistry()
    counted = Gauge("cf525_hosts", "Hosts by what is wrong.", ["severity"], registry=found)
    for severity in Severity:
        counted.labels(severity.value).set(report.counts.get(severity.value, 0))
    causes = Gauge("cf525_causes", "Hosts by cause.", ["cause"], registry=found)
    for name, count in report.causes.items():
        causes.labels(name).set(count)
    risks = Gauge("cf525_risks", "Hosts by what will break them.", ["risk"], registry=found)
    for name, count in report.risks.items():
        risks.labels(name).set(count)
    _hosts(report, found)
    for name, text, value in (
        ("cf525_zones", "Zones audited.", report.zones),
        ("cf525_zones_not_audited", "Zones that could not be audited in full.", len(report.gaps)),
        ("cf525_api_calls", "Calls of Cloudflare's API.", report.api_calls),
        ("cf525_connections", "Connections opened to origins.", report.connections),
        ("cf525_complete", "1 when the audit came to its end.", int(report.complete)),
    ):
        Gauge(name, text, registry=found).set(value)
    ended = report.ended_at or report.started_at
    Gauge("cf525_last_run_timestamp_seconds", "When the audit ended.", registry=found).set(
        ended.timestamp()
    )
    return found


def render(report: AuditReport) -> str:
    """The text exposition format."""
    return generate_latest(registry(report)).decode()


def _hosts(report: AuditReport, found: CollectorRegistry) -> None:
    labels = ["host", "zone", "severity", "status", "cause"]
    state = Gauge("cf525_host_problem", "1 for a host with a problem.", labels, registry=found)
    expiry = Gauge(
        "cf525_certificate_expiry_timestamp_seconds",
        "When the soonest certificate of a host ends.",
        ["host", "zone"],
        registry=found,
    )
    start = Gauge(
        "cf525_certificate_start_timestamp_seconds",
        "When that certificate's life began.",
        ["host", "zone"],
        registry=found,
    )
    for row in report.hosts:
        if row.severity not in (Severity.OK, Severity.NOT_APPLICABLE):
            cause = row.headline or ",".join(row.risks)
            state.labels(row.host, row.zone, row.severity.value, row.edge_status, cause).set(1)
        if row.expires is not None:
            expiry.labels(row.host, row.zone).set(row.expires.timestamp())
        if row.begins is not None:
            start.labels(row.host, row.zone).set(row.begins.timestamp())
