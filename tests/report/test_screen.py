"""The first screen: what decides stands in ten rows, all of it in twenty-four."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cf525.causes.signs.table import known_platforms
from cf525.lab.demo import DemoResult
from cf525.lab.scenarios import SCENARIOS, Scenario
from cf525.model import Agreement, Comparison, Config, Recognised, Report, Unknown
from cf525.report.chosen import asks_for_server, fix_for, servers_of
from cf525.report.line import Line
from cf525.report.paste import LOADS
from cf525.report.screen import DECIDING_ROWS, HEALTHY_ROWS, ROWS, render, rows

SERVERS_WORDS = ("nginx -t", "apachectl", "systemctl reload haproxy", "caddy reload")


pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def reports(demo: Mapping[str, DemoResult]) -> Mapping[str, Report]:
    return {host: each.report for host, each in demo.items()}


def text_of(lines: list[Line]) -> list[str]:
    return [f"{each.label}{each.text}" for each in lines]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each.host for each in SCENARIOS])
def test_every_scenario_fits_its_screen(scenario: Scenario, reports: Mapping[str, Report]) -> None:
    report = reports[scenario.host]
    lines = render(report)
    assert rows(lines) <= (HEALTHY_ROWS if report.edge_status.works else ROWS)
    told = [each for each in text_of(lines) if each[:9].strip() not in ("", "PASTE")]
    assert [each for each in told if len(each) > 80 and " " in each.strip()] == []
    if report.edge_status.fails:
        first = [each for each in text_of(lines) if each.strip()][: DECIDING_ROWS + 6]
        labels = [each.split()[0] for each in first]
        assert labels[0] == str(report.edge_status)
        assert {"WHY", "FIX", "THEN"} <= set(labels)
        assert labels.index("WHY") < labels.index("FIX") < labels.index("THEN")


def test_only_what_could_change_the_verdict_is_open(reports: Mapping[str, Report]) -> None:
    for report in reports.values():
        shown = " ".join("\n".join(text_of(render(report))).split())
        for unknown in report.unknowns:
            if not unknown.could_change_verdict:
                assert " ".join(unknown.text.split()[:6]) not in shown


def test_no_servers_lines_where_nothing_tells_which_server_it_is(
    reports: Mapping[str, Report],
) -> None:
    report = reports["www.example.com"]
    assert report.server is None
    assert asks_for_server(report)
    shown = "\n".join(text_of(render(report)))
    assert not any(each in shown for each in SERVERS_WORDS)
    assert "--server nginx" in shown


def test_the_named_servers_own_lines_stand_there_with_the_names_of_the_case(
    reports: Mapping[str, Report],
) -> None:
    named = Recognised(platform="nginx", ground="--server")
    report = replace(reports["www.example.com"], server=named)
    assert not asks_for_server(report)
    shown = "\n".join(text_of(render(report)))
    assert "server_name www.example.com" in shown
    assert "nginx -t && nginx -s reload" in shown
    assert "HAProxy" not in shown
    assert rows(render(report)) <= ROWS


def test_a_fix_that_is_lines_alone_still_says_what_to_do(reports: Mapping[str, Report]) -> None:
    named = Recognised(platform="Apache", ground="--server")
    lines = text_of(render(replace(reports["ciphers.example.com"], server=named)))
    said = next(each for each in lines if each.startswith(" FIX"))
    assert said.startswith(" FIX   Apache: ")
    assert len(said) > 40


def test_a_platform_without_a_fix_of_its_own_gets_the_steps_for_all(
    reports: Mapping[str, Report],
) -> None:
    report = replace(
        reports["www.example.com"], server=Recognised(platform="a made-up one", ground="test")
    )
    finding = report.headline_finding
    assert finding is not None
    remedy = fix_for(report, finding)
    assert remedy is not None
    assert remedy.platform == "any"
    assert "a made-up one" not in servers_of(finding)


def test_a_word_of_the_trade_is_explained_once(reports: Mapping[str, Report]) -> None:
    shown = " ".join("\n".join(text_of(render(reports["www.example.com"]))).split())
    assert shown.count("(the name in the TLS hello)") == 1


def test_a_stop_gap_names_its_price_and_an_end_is_said_where_there_is_none(
    reports: Mapping[str, Report],
) -> None:
    expired = " ".join(" ".join(text_of(render(reports["expired.example.com"]))).split())
    assert "NOW only if FIX must wait: a Configuration Rule that sets SSL to Full" in expired
    assert "Price: " in expired
    ciphers = " ".join(" ".join(text_of(render(reports["ciphers.example.com"]))).split())
    assert "NOW nothing at Cloudflare mends this 525" in ciphers


def test_hostile_words_cannot_leave_their_line(reports: Mapping[str, Report]) -> None:
    report = reports["www.example.com"]
    finding = report.headline_finding
    assert finding is not None
    hostile = replace(finding, title="x\x1b[2J\n\ry‮", explanation="\x07" * 9)
    unknown = Unknown(id="new", text="a\x1b]0;t\x07b", next="c\x00d")
    lines = render(replace(report, findings=(hostile,), unknowns=(unknown,)))
    joined = "".join(text_of(lines))
    assert not any(ord(each) < 32 or each in "‮\x7f" for each in joined)


def test_an_edge_that_fails_otherwise_than_the_direct_test_is_said(
    reports: Mapping[str, Report],
) -> None:
    report = reports["expired.example.com"]
    text = "through the edge at FRA the URL answers 525, while the direct test points to 526"
    apart = Comparison(agreement=Agreement.DIFFERS, text=text, next="Ask on the origin.")
    labels = [each.label for each in render(replace(report, comparison=apart))]
    assert " EDGE" in labels
    confirmed = replace(apart, agreement=Agreement.CONFIRMED)
    assert " EDGE" not in [e.label for e in render(replace(report, comparison=confirmed))]


def named_server(report: Report, platform: str) -> Report:
    return replace(report, server=Recognised(platform=platform, ground="--server"))


@pytest.mark.parametrize("platform", ["nginx", "Apache", "HAProxy", "Caddy"])
def test_how_a_changed_configuration_is_tested_and_loaded_is_never_left_out(
    reports: Mapping[str, Report], platform: str
) -> None:
    loads = known_platforms()[platform].loads
    changed = 0
    for report in (named_server(each, platform) for each in reports.values()):
        finding = report.headline_finding
        remedy = fix_for(report, finding) if finding is not None else None
        if remedy is None or not any(isinstance(each, Config) for each in remedy.parts):
            continue
        shown = " ".join("\n".join(text_of(render(report))).replace("\\\n", " ").split())
        assert loads.split()[0] + " " in shown.partition("MORE")[0], report.target.host
        assert LOADS.search(shown), report.target.host
        changed += 1
    assert changed >= 3


def test_a_long_proof_loses_its_last_parts_and_is_never_cut(reports: Mapping[str, Report]) -> None:
    report = reports["www.example.com"]
    finding = report.headline_finding
    assert finding is not None
    told = "; ".join(f"with the suite number {each} → another outcome" for each in range(40))
    long = replace(finding, evidence=(replace(finding.evidence[0], text=told),))
    shown = " ".join("\n".join(text_of(render(replace(report, findings=(long,))))).split())
    assert "with the suite number 0 → another outcome;" in shown
    assert "more outcomes)" in shown
    assert "…" not in shown


def test_what_came_out_alike_stands_together() -> None:
    screens = Path(__file__).with_name("screens")
    shown = (screens / "20-hello-intolerance.txt").read_text()
    assert shown.count("TLS 1.2 only") == 1
    for each in screens.glob("*.txt"):
        assert "…" not in each.read_text(), each.name


def test_a_narrow_screen_cuts_no_fact_and_no_argument(reports: Mapping[str, Report]) -> None:
    """Every sentence of a wide screen's first answer stands on one of 50 columns, in more lines."""
    for host, report in reports.items():
        lines = text_of(render(report, width=50))
        told = " ".join(" ".join(lines).split())
        said = [each for each in lines if each[:7].strip() in ("WHY", "FIX", "NOW", "THEN")]
        assert all(len(each) <= 50 for each in said), (host, said)
        if report.visit is not None and report.visit.told:
            assert f", {report.visit.colo}" in told or not report.visit.colo, host
        assert "--server …" not in told, host
        wide = " ".join(" ".join(text_of(render(report, width=80))).split())
        if "add --server" in wide:
            assert "...)" in told, host
