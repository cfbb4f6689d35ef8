"""An audit as SARIF 2.1.0, for code-scanning pages that show alerts.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0. A host is a logical location, a cause or a risk a
rule; nothing here points into source files, so each result also names the zone as its artifact.
"""

import hashlib
import json
from typing import Any, Final

from cf525.model import AuditReport, HostRow, Severity
from cf525.report.audit.words import RISKS, cause, unfinished
from cf525.report.escape import everywhere

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS: Final = {
    Severity.BROKEN: "error",
    Severity.AT_RISK: "warning",
    Severity.UNKNOWN: "note",
}


def render(report: AuditReport) -> str:
    """The log with one run."""
    rows = [row for row in report.hosts if row.severity in _LEVELS]
    rules: dict[str, dict[str, Any]] = {}
    results = [_result(row, id, rules) for row in rows for id in _ids(row)]
    run = {
        "tool": {
            "driver": {
                "name": "cf525",
                "version": report.tool_version,
                "informationUri": "https://developers.cloudflare.com/support/troubleshooting/"
                "http-status-codes/cloudflare-5xx-errors/error-525/",
                "rules": list(rules.values()),
            }
        },
        "invocations": [_invocation(report)],
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(everywhere(log), indent=2, ensure_ascii=False) + "\n"


def _ids(row: HostRow) -> tuple[str, ...]:
    if row.headline is not None:
        return (row.headline,)
    return tuple(risk.value for risk in row.risks) or (f"edge-status-{row.edge_status}",)


def _result(row: HostRow, id: str, rules: dict[str, dict[str, Any]]) -> dict[str, Any]:
    described = {risk.value: text for risk, text in RISKS.items()}
    title = described.get(id) or row.title or id
    rules.setdefault(
        id,
        {
            "id": id,
            "shortDescription": {"text": title},
            "help": {"text": f"cf525 explain {id}"},
        },
    )
    return {
        "ruleId": id,
        "ruleIndex": list(rules).index(id),
        "level": _LEVELS[row.severity],
        "message": {"text": f"{row.host}: {cause(row) or row.summary}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": f"zones/{row.zone}"}},
                "logicalLocations": [{"fullyQualifiedName": row.host, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {
            "host/v1": hashlib.sha256(f"{row.host}/{id}".encode()).hexdigest()[:32]
        },
    }


def _invocation(report: AuditReport) -> dict[str, Any]:
    notes = [f"{gap.zone}: {gap.reason}" for gap in report.gaps]
    notes += filter(None, [unfinished(report)])
    return {
        "executionSuccessful": report.complete,
        "startTimeUtc": f"{report.started_at:%Y-%m-%dT%H:%M:%SZ}",
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": note}} for note in notes
        ],
    }
