"""An audit as JUnit XML: a suite a zone, a case a host, for any CI system.

A broken host is a failure, one that cannot be told an error, one off the edge is skipped; a risk
fails only when the caller fails on it.
"""

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from cf525.model import AuditReport, HostRow, Severity
from cf525.report.audit.words import cause, unfinished
from cf525.report.escape import for_machine


def render(report: AuditReport, *, fail_at_risk: bool = False) -> str:
    """The XML document."""
    failing = {Severity.BROKEN, Severity.AT_RISK} if fail_at_risk else {Severity.BROKEN}
    root = ET.Element("testsuites", name="cf525 audit")
    rows = sorted(report.hosts, key=lambda row: (row.zone, row.host))
    for zone, hosts in groupby(rows, key=lambda row: row.zone):
        _suite(root, zone, list(hosts), failing, report)
    gaps = [(gap.zone, gap.reason) for gap in report.gaps]
    if unfinished(report):
        gaps.append(("audit", unfinished(report)))
    if gaps:
        _gaps(root, gaps, report)
    _escape(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: ET.Element, zone: str, rows: list[HostRow], failing: set[Severity], report: AuditReport
) -> None:
    suite = _begin(
        root,
        zone,
        report,
        tests=len(rows),
        failures=sum(row.severity in failing for row in rows),
        errors=sum(row.severity is Severity.UNKNOWN for row in rows),
        skipped=sum(row.severity is Severity.NOT_APPLICABLE for row in rows),
    )
    for row in rows:
        case = ET.SubElement(suite, "testcase", classname=zone, name=row.host, time="0")
        said = cause(row) or row.summary
        if row.severity in failing:
            kind = row.headline or ",".join(row.risks) or row.edge_status
            failure = ET.SubElement(case, "failure", type=kind, message=said)
            failure.text = row.summary
        elif row.severity is Severity.UNKNOWN:
            ET.SubElement(case, "error", type=row.headline or "unknown", message=said)
        elif row.severity is Severity.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=row.summary)
        elif row.severity is Severity.AT_RISK:
            ET.SubElement(case, "system-out").text = said


def _gaps(root: ET.Element, listed: Sequence[tuple[str, str]], report: AuditReport) -> None:
    suite = _begin(
        root, "not audited", report, tests=len(listed), failures=0, errors=len(listed), skipped=0
    )
    for name, reason in listed:
        case = ET.SubElement(suite, "testcase", classname="zones", name=name, time="0")
        ET.SubElement(case, "error", type="not-audited", message=reason)


def _begin(root: ET.Element, name: str, report: AuditReport, **counts: int) -> ET.Element:
    attributes = {key: str(value) for key, value in counts.items()}
    attributes["timestamp"] = f"{report.started_at:%Y-%m-%dT%H:%M:%S}"
    return ET.SubElement(root, "testsuite", {"name": name, "time": "0", **attributes})


def _escape(root: ET.Element) -> None:
    """Make every text and attribute such as XML 1.0 can hold."""
    for each in root.iter():
        each.text = None if each.text is None else for_machine(each.text)
        for name, value in each.attrib.items():
            each.set(name, for_machine(value))
