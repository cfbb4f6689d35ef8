"""The catalogue as a whole: pages and causes belong together, and every page renders."""

import subprocess
from dataclasses import replace

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.cause import CATALOGUE, cause
from cf525.causes.explain import explain, nearest
from cf525.causes.families import FAMILIES
from cf525.causes.filling import render
from cf525.causes.page import load, page_ids
from cf525.causes.signs.alerts import ALERTS
from cf525.changes.render import shell
from cf525.model import Change, Confidence, EdgeStatus, Remedy, Shell, Status, ZoneFacts
from tests.causes.scenarios import TARGET, route
from tests.servers.process import require

HOSTILE = "a\x1b[2J`$(reboot)`'; rm -rf / #\n<script>"

FACTS = {name: HOSTILE for id in page_ids() for name in load(id).facts} | {"aop": "none"}

CASE = Case(
    context=Context(target=TARGET),
    route=route(("203.0.113.7", 443)),
    status=EdgeStatus(status=Status("525"), confidence=Confidence.HIGH, reason="test"),
)


def test_every_cause_has_a_page_and_every_page_a_cause() -> None:
    assert FAMILIES
    assert set(page_ids()) == set(CATALOGUE)


@pytest.mark.parametrize("id", page_ids())
def test_a_page_renders_and_hostile_values_stay_harmless(id: str) -> None:
    page = render(id, CASE, FACTS, ("nginx",))
    assert page.title
    assert page.explanation
    assert page.remedies
    assert any(not remedy.cost for remedy in page.remedies)
    assert not page.unfilled
    prose = [page.title, page.explanation, *(remedy.text for remedy in page.remedies)]
    assert not any("\x1b" in text for text in prose)
    lines = [line for remedy in page.remedies for line in lines_of(remedy)]
    assert not any("reboot" in line or "<script>" in line for line in lines)


def lines_of(remedy: Remedy) -> list[str]:
    """All that is made to be copied."""
    changes = [each for each in remedy.parts if isinstance(each, Change)]
    return [*remedy.commands, *(line for each in changes for line in shell(each))]


@pytest.mark.parametrize("id", page_ids())
def test_a_page_with_usual_values_has_commands_to_copy(id: str) -> None:
    usual = dict.fromkeys(FACTS, "www.example.com") | {"aop": "none"}
    page = render(id, CASE, usual, ())
    lines = [line for remedy in page.remedies for line in lines_of(remedy)]
    assert not any("check-this-value" in line for line in lines)


@pytest.mark.parametrize("id", page_ids())
def test_a_shell_understands_the_commands_of_a_page(id: str) -> None:
    bash = require("bash")
    for facts in (dict.fromkeys(FACTS, "www.example.com") | {"aop": "none"}, FACTS):
        for remedy in render(id, CASE, facts, ()).remedies:
            for part in remedy.parts:
                if isinstance(part, Shell) and part.shell == "sh":
                    script = "\n".join(part.commands).replace("<check-this-value>", "VALUE")
                    read = subprocess.run([bash, "-n", "-c", script], capture_output=True)
                    assert read.returncode == 0, read.stderr


@pytest.mark.parametrize("id", page_ids())
def test_a_page_says_how_to_check_and_what_would_prove_it_wrong(id: str) -> None:
    page = load(id)
    titles = [each.title for each in page.sections]
    assert "Check" in titles
    assert "Wrong if" in titles
    for remedy in render(id, CASE, FACTS, ()).remedies:
        if remedy.platform == "stop-gap":
            assert remedy.cost
            assert remedy.undo


def test_no_page_sells_a_lower_mode_as_a_fix() -> None:
    for id in page_ids():
        for remedy in render(id, CASE, FACTS, ()).remedies:
            if not remedy.cost:
                assert "SSL to Full" not in remedy.text
                assert "SSL to Flexible" not in remedy.text


def test_a_change_that_the_plan_lacks_is_told_and_not_offered() -> None:
    facts = {"known_name": "old.example.com"}
    for plan, offered in (("free", False), ("enterprise", True), ("", True)):
        zone = ZoneFacts(id="0123", name="example.com", plan=plan)
        case = replace(CASE, context=Context(target=TARGET, zone=zone))
        stop_gap = render("sni-rejected-112", case, facts, ()).remedies[-1]
        assert any(isinstance(each, Change) for each in stop_gap.parts) is offered
        assert ("this zone has Free" in stop_gap.text) is not offered
        assert bool(stop_gap.cost and stop_gap.undo) is offered


def test_the_recognised_platform_comes_first() -> None:
    page = render("cert-expired", CASE, FACTS, ("HAProxy",))
    assert page.remedies[0].platform == "HAProxy"
    assert page.remedies[-1].cost


def test_every_alert_explained_leads_to_causes_that_exist() -> None:
    for number, (meaning, causes) in ALERTS.items():
        assert meaning.endswith(".")
        assert set(causes) <= set(CATALOGUE), number


def test_a_cause_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="port-refused"):
        cause("port-refused")(lambda case: None)


def test_nearest_topics_are_offered() -> None:
    assert "sni-rejected-112" in nearest("sni-reject")
    assert explain("alert 999") is None
    assert "525" in (explain("525") or "")
