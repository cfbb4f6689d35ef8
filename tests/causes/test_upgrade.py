"""Failures that began at once: an upgrade at the origin, or a change at Cloudflare."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.model import Finding, Insight, LoggedChange
from tests.causes.scenarios import diagnosed, in_context, route, scripted
from tests.causes.test_scenarios import ROOT, refusing

FIRST = datetime(2026, 5, 20, 3, 10, tzinfo=UTC)
BEGUN = Insight(
    since=FIRST - timedelta(hours=6), until=FIRST + timedelta(hours=1), first=FIRST, audited=True
)
CHANGE = LoggedChange(at=FIRST - timedelta(minutes=4), what="ssl", old="full", new="strict")


def refused(folder: Path, alert: int) -> Case:
    with scripted(refusing(alert)) as place:
        (case,), _ = diagnosed(route(place), trust=ROOT, folder=folder)
    return case


def told(case: Case, insight: Insight | None = None, server: str = "") -> Finding | None:
    known = findings([in_context(case, insight=insight, server=server)])
    return next((each for each in known if each.id == "changed-by-upgrade"), None)


@pytest.mark.parametrize("alert", [112, 80])
def test_a_name_refused_at_once_without_a_change_points_to_an_upgrade(
    alert: int, tmp_path: Path
) -> None:
    finding = told(refused(tmp_path, alert), BEGUN)
    assert finding is not None
    assert (finding.contributing, finding.confidence) == (True, "low")
    assert "2026-05-20 03:10Z" in finding.explanation
    assert any("no change of this zone" in each.text for each in finding.evidence)
    assert finding.remedies[0].platform == "any"


@pytest.mark.parametrize(
    "insight",
    [
        None,
        replace(BEGUN, first=None),
        replace(BEGUN, audited=False),  # what was not read is no "nothing changed"
        replace(BEGUN, changes=(CHANGE,)),
        replace(BEGUN, since=FIRST - timedelta(minutes=1)),  # it may have failed all along
    ],
)
def test_without_a_beginning_or_with_a_change_nothing_is_said_of_upgrades(
    insight: Insight | None, tmp_path: Path
) -> None:
    assert told(refused(tmp_path, 112), insight) is None


def test_a_refusal_that_speaks_of_no_name_is_no_upgrade(tmp_path: Path) -> None:
    assert told(refused(tmp_path, 70), BEGUN) is None


def test_a_server_whose_newer_versions_refuse_unknown_names_is_named(tmp_path: Path) -> None:
    case = refused(tmp_path, 112)
    finding = told(case, server="Nginx Proxy Manager")
    assert finding is not None
    assert "from version 2.9.20 on" in finding.explanation
    assert finding.remedies[0].platform == "Nginx Proxy Manager"
    assert told(case, server="nginx") is None
