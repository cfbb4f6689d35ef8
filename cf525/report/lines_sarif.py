"""A look at a configuration as SARIF 2.1.0: code review shows each finding at its line.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0. Names of files stay as they were given, so that
they are those of the repository.
"""

import hashlib
import json
from typing import Any, Final
from urllib.parse import quote

from cf525.model import Confidence, Finding, Place, Report
from cf525.report.audit.sarif import SCHEMA
from cf525.report.escape import everywhere, for_terminal

_LEVELS: Final = {
    Confidence.HIGH: "error",
    Confidence.MEDIUM: "warning",
    Confidence.LOW: "note",
}


def render(report: Report) -> str:
    """The log with one run; nothing in it for a healthy configuration."""
    found = [each for each in report.findings if each.places]
    rules = {each.id: _rule(each) for each in found}
    ids = list(rules)
    run = {
        "tool": {
            "driver": {
                "name": "cf525",
                "version": report.tool_version,
                "rules": list(rules.values()),
            }
        },
        "invocations": [{"executionSuccessful": not report.edge_status.unknown}],
        "results": [_result(each, ids.index(each.id), report) for each in found],
        "columnKind": "unicodeCodePoints",
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(everywhere(log), indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "shortDescription": {"text": finding.title},
        "help": {"text": f"cf525 explain {finding.id}"},
    }


def _result(finding: Finding, index: int, report: Report) -> dict[str, Any]:
    title = finding.title[:1].upper() + finding.title[1:]
    proof = finding.evidence[0].text if finding.evidence else ""
    text = f"{report.target.host}: {finding.edge_status}. {title}: {proof}."
    first = finding.places[0]
    key = f"{report.target.host}/{finding.id}/{first.file}/{first.text}"
    return {
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": "note" if finding.contributing else _LEVELS[finding.confidence],
        "message": {"text": text},
        "locations": [_location(each) for each in finding.places[:1]],
        "relatedLocations": [
            {"id": number, **_location(each)} for number, each in enumerate(finding.places[1:], 1)
        ],
        "partialFingerprints": {"line/v1": hashlib.sha256(key.encode()).hexdigest()[:32]},
    }


def _location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line:
        snippet = {"text": place.text}
        physical["region"] = {"startLine": place.line, "snippet": snippet}
    return {"physicalLocation": physical}


def _uri(file: str) -> str:
    """The name as it was given, but for what no URI holds and no screen shows."""
    return "".join(
        each
        if each.isprintable() and for_terminal(each) == each
        else quote(each, errors="surrogateescape")
        for each in file
    )
