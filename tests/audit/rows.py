"""Rows and reports for tests of what is made of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cf525.audit.tally import summed
from cf525.model import (
    AuditReport,
    CertificateFacts,
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
    HostRow,
    Provenance,
    Report,
    Route,
    RouteStatus,
    Severity,
    Status,
    Target,
    Traffic,
    ZoneFacts,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def row(host: str = "www.z.example", severity: Severity = Severity.OK, **changes: Any) -> HostRow:
    given: dict[str, Any] = {
        "host": host,
        "zone": host.partition(".")[2],
        "severity": severity,
        "edge_status": Status("525") if severity is Severity.BROKEN else "ok",
        "confidence": Confidence.HIGH,
        "summary": "a sentence.",
        "mode": "strict",
    }
    return HostRow(**{**given, **changes})


def many_rows(count: int) -> Iterator[HostRow]:
    """Hosts of all sorts, ten in a zone."""
    severities = (Severity.BROKEN, Severity.OK, Severity.OK, Severity.AT_RISK)
    for number in range(count):
        host = f"host-{number}.zone-{number // 10}.example"
        yield row(host, severities[number % 4], headline="sni-reset")


def traffic(host: str = "www.z.example", **changes: Any) -> Traffic:
    given: dict[str, Any] = {"host": host, "zone": "z.example", "statuses": {"525": 40}}
    return Traffic(**{**given, **changes})


def audited(*rows: HostRow, **changes: Any) -> AuditReport:
    given: dict[str, Any] = {"tool_version": "1", "started_at": NOW, "ended_at": NOW, "zones": 1}
    return summed(AuditReport(**{**given, **changes}), rows)


def verdict(observation: str = "o1", **changes: Any) -> ChainVerdict:
    leaf = CertificateFacts(
        index=0,
        sha256="00",
        not_before=changes.pop("begins", None),
        not_after=changes.pop("ends", NOW + timedelta(days=80)),
    )
    given: dict[str, Any] = {
        "observation": observation,
        "accepted": True,
        "confidence": Confidence.HIGH,
        "at": NOW,
        "names": ("www.z.example",),
        "certificates": (leaf,),
    }
    return ChainVerdict(**{**given, **changes})


def mismatch() -> Defect:
    return Defect(code="hostname_mismatch", kind=DefectClass.REJECTED, index=0, text="other name")


def route(number: int = 1, mode: str = "strict", **changes: Any) -> Route:
    given: dict[str, Any] = {
        "id": f"r{number}",
        "mode": mode,
        "scheme": "https",
        "address": f"203.0.113.{number}",
        "port": 443,
        "sni": "www.z.example",
        "host_header": "www.z.example",
        "provenance": {"mode": Provenance(source="api", detail="zone setting")},
    }
    return Route(**{**given, **changes})


def report(
    *statuses: str, mode: str = "strict", edge_status: str | None = None, **changes: Any
) -> Report:
    """A report with one route for each status."""
    given: dict[str, Any] = {
        "tool_version": "1",
        "started_at": NOW,
        "target": Target(scheme="https", host="www.z.example", port=443),
        "edge_status": Status(edge_status or max(statuses, key=lambda each: each != "ok")),
        "confidence": Confidence.HIGH,
        "summary": "a sentence.",
        "routes": tuple(route(number, mode) for number, _ in enumerate(statuses, 1)),
        "route_statuses": tuple(
            RouteStatus(
                route=f"r{number}",
                edge=EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason=""),
                observation=f"o{number}",
            )
            for number, status in enumerate(statuses, 1)
        ),
        "zone": ZoneFacts(id="1", name="z.example", ssl=mode),
    }
    return Report(**{**given, **changes})
