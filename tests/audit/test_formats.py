"""Every format of an audit: valid by its own rules, and harmless with hostile names."""

import json
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
import yaml
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from cf525.model import AuditReport, Risk, Severity, Unknown, ZoneGap
from cf525.report.audit import html, junit, markdown, prometheus, sarif, table
from cf525.report.plain import from_plain, to_json, to_plain
from cf525.report.schemas import json_schema
from tests.audit.rows import NOW, audited, many_rows, row, traffic

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "fixtures" / "schemas"
HOSTILE = "<script>alert(1)</script>|`*_[x](y)\x1b[2J\u202e\"'&"


def everything() -> AuditReport:
    """One row of each kind, with everything filled in."""
    return audited(
        row(
            "www.z.example",
            Severity.BROKEN,
            headline="cert-expired",
            title="the certificate has expired",
            traffic=traffic(share=0.25, data_centers=("FRA",), sampled=True),
            expires=NOW - timedelta(days=1),
        ),
        row("bare.z.example", Severity.BROKEN),
        row("soon.z.example", Severity.AT_RISK, risks=(Risk.EXPIRES, Risk.FLEXIBLE)),
        row("tunnel.z.example", Severity.UNKNOWN, headline="tunnel", title="a tunnel"),
        row("ok.y.example", expires=NOW + timedelta(days=50)),
        row("up.full.example", upgrade=True, mode="full"),
        row("grey.z.example", Severity.NOT_APPLICABLE),
        gaps=(ZoneGap(zone="x.example", reason="the token lacks DNS Read"),),
        unknowns=(Unknown(id="no-triage", text="No triage.", next="Give a right."),),
        complete=False,
        stopped="interrupted",
    )


def hostile() -> AuditReport:
    return audited(
        row(
            HOSTILE,
            Severity.BROKEN,
            zone=HOSTILE,
            edge_status=HOSTILE,
            headline=HOSTILE,
            title=HOSTILE,
            summary=HOSTILE,
            mode=HOSTILE,
        ),
        gaps=(ZoneGap(zone=HOSTILE, reason=HOSTILE),),
    )


EMPTY = audited()
REPORTS = [everything(), hostile(), EMPTY]


@pytest.mark.parametrize("report", REPORTS)
def test_json_follows_its_schema_and_comes_back_the_same(report: AuditReport) -> None:
    plain = json.loads(to_json(report))
    Draft202012Validator(json_schema(AuditReport)).validate(plain)
    assert from_plain(AuditReport, plain) == report


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("fail_at_risk", [True, False])
def test_junit_follows_its_schema_and_counts_itself(
    report: AuditReport, fail_at_risk: bool
) -> None:
    text = junit.render(report, fail_at_risk=fail_at_risk)
    xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd")).validate(text)
    root = ET.fromstring(text)
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            held = sum(case.find(element) is not None for case in cases)
            assert int(suite.attrib[name]) == held
    failures = root.findall(".//failure")
    wanted = ("broken", "at-risk") if fail_at_risk else ("broken",)
    assert len(failures) == sum(report.counts[each] for each in wanted)


@pytest.mark.parametrize("report", REPORTS)
def test_sarif_follows_its_schema_and_its_rules_resolve(report: AuditReport) -> None:
    log = json.loads(sarif.render(report))
    schema = json.loads((SCHEMAS / "sarif.json").read_text())
    Draft202012Validator(schema).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    prints = [each["partialFingerprints"]["host/v1"] for each in run["results"]]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize("report", REPORTS)
def test_prometheus_parses_and_says_what_the_report_says(report: AuditReport) -> None:
    families = {
        each.name: each for each in text_string_to_metric_families(prometheus.render(report))
    }
    counted = {
        sample.labels["severity"]: sample.value for sample in families["cf525_hosts"].samples
    }
    assert counted == report.counts
    problems = families["cf525_host_problem"].samples
    assert {sample.labels["host"] for sample in problems} == {
        each.host for each in report.hosts if each.severity.rank < Severity.OK.rank
    }
    assert families["cf525_complete"].samples[0].value == report.complete
    assert all(each.documentation for each in families.values())


def test_markdown_shows_what_is_broken_first_and_no_healthy_host() -> None:
    text = markdown.render(everything())
    assert text.index("Broken now") < text.index("Will break") < text.index("Cannot tell")
    assert "25\\.0%" in text or "25.0%" in text
    assert "ok.y.example" not in text
    assert "full.example" in text
    assert "Not finished" in text


def test_markdown_cannot_be_broken_by_a_name() -> None:
    text = markdown.render(hostile())
    line = next(each for each in text.splitlines() if each.startswith("| \\<") or "alert" in each)
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    unescaped = re.findall(r"(?<!\\)\|", line)
    assert len(unescaped) == 6


def test_the_table_names_the_worst_first_and_fits_its_width() -> None:
    lines = table.render(everything(), width=90)
    text = "\n".join(f"{line.label}{line.text}" for line in lines)
    assert text.index("BROKEN NOW (2)") < text.index("WILL BREAK (1)") < text.index("CANNOT TELL")
    assert max(len(line.text) for line in lines) <= 90
    assert "continue with --resume" in text.lower()
    assert "SAFE UPGRADES" in text


def test_the_table_is_bounded_and_escaped() -> None:
    many = audited(*(row(f"h{number}.z.example", Severity.BROKEN) for number in range(90)))
    assert len(table.render(many)) < 60
    assert len(table.render(many, verbose=True)) > 90
    text = "".join(line.text for line in table.render(hostile()))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_html_escapes_every_name_and_names_its_policy() -> None:
    text = html.render(hostile(), [])
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("<script") == 1
    assert "default-src 'none'" in text
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text)


def test_a_plain_report_of_an_audit_has_no_null_lists() -> None:
    plain = to_plain(EMPTY)
    assert all(plain[name] == [] for name in ("hosts", "gaps", "unknowns", "safe_upgrades"))


RULES = ROOT / "docs" / "integrations" / "prometheus-rules.yml"
DASHBOARD = ROOT / "docs" / "integrations" / "grafana.json"


def expressions() -> list[str]:
    """Every expression of the alert rules and of the dashboard."""
    rules = [
        rule["expr"]
        for each in yaml.safe_load(RULES.read_text())["groups"]
        for rule in each["rules"]
    ]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return rules + [target["expr"] for panel in panels for target in panel["targets"]]


def test_rules_and_dashboard_ask_for_what_is_exported() -> None:
    """Every metric, label and severity that they name is one of an audit, or of its exporter."""
    text = prometheus.render(audited(*many_rows(8), row(expires=NOW, begins=NOW)))
    exported = {each.name: each for each in text_string_to_metric_families(text)}
    by_exporter = {"cf525_audit_failures_total"}
    severities = {each.value for each in Severity}
    for expression in expressions():
        for name in re.findall(r"cf525_\w+", expression):
            assert name in exported.keys() | by_exporter, expression
        for severity in re.findall(r'severity="([^"]+)"', expression):
            assert severity in severities, expression
    labels = {
        name for each in exported.values() for sample in each.samples for name in sample.labels
    }
    assert set(re.findall(r"\$labels\.(\w+)", RULES.read_text())) <= labels


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    places = [each["gridPos"] for each in json.loads(DASHBOARD.read_text())["panels"]]
    cells = [
        (x, y)
        for each in places
        for x in range(each["x"], each["x"] + each["w"])
        for y in range(each["y"], each["y"] + each["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
