"""The catalogue as a whole: pages and causes belong together, and every page renders."""

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.cause import CATALOGUE, cause
from cf525.causes.explain import explain, nearest
from cf525.causes.families import FAMILIES
from cf525.causes.page import load, page_ids, render
from cf525.causes.signs.alerts import ALERTS
from cf525.model import Confidence, EdgeStatus, Status
from tests.causes.scenarios import TARGET, route

HOSTILE = "a\x1b[2J`$(reboot)`'; rm -rf / #\n<script>"

FACT_NAMES = (
    "anchor answer apex automatic behind box changed excluded expired host_header inside newer "
    "platform share uncovered waited "
    "shown spoken target visitor why wildcard "
    "because in_clear told_in_clear unanswered "
    "accepts alert defect good group how issuer key known_name line mend names not_after offered "
    "owner record rule served service shut taken detail later software state subject version "
    "wanted zone"
)
FACTS = dict.fromkeys(FACT_NAMES.split(), HOSTILE) | {"aop": "none"}

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
    prose = [page.title, page.explanation, *(remedy.text for remedy in page.remedies)]
    assert not any("\x1b" in text for text in prose)
    commands = [command for remedy in page.remedies for command in remedy.commands]
    assert not any("reboot" in command or "<script>" in command for command in commands)


@pytest.mark.parametrize("id", page_ids())
def test_a_page_with_usual_values_has_commands_to_copy(id: str) -> None:
    usual = dict.fromkeys(FACT_NAMES.split(), "www.example.com") | {"aop": "none"}
    page = render(id, CASE, usual, ())
    commands = [command for remedy in page.remedies for command in remedy.commands]
    assert not any("check-this-value" in command for command in commands)


@pytest.mark.parametrize("id", page_ids())
def test_a_page_says_how_to_check_and_what_would_prove_it_wrong(id: str) -> None:
    page = load(id)
    assert page.meta["status"]
    assert page.meta["modes"]
    titles = [title for title, _ in page.sections]
    assert "Check" in titles
    assert "Wrong if" in titles
    for title, text in page.sections:
        if title.startswith("Stop-gap"):
            assert "Cost: " in text
            assert "Undo: " in text


def test_no_page_sells_a_lower_mode_as_a_fix() -> None:
    for id in page_ids():
        for title, text in load(id).sections:
            if title.startswith("Fix"):
                assert "SSL to Full" not in text
                assert "SSL to Flexible" not in text


def test_the_recognised_platform_comes_first() -> None:
    page = render("no-tls-on-443", CASE, FACTS, ("HAProxy",))
    assert page.remedies[0].platform == "HAProxy"
    assert page.remedies[-1].cost


def test_every_alert_explained_leads_to_causes_that_exist() -> None:
    for number, (meaning, causes) in ALERTS.items():
        assert meaning.endswith(".")
        assert set(causes) <= set(CATALOGUE), number


def test_a_cause_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="port-refused"):
        cause("port-refused", "521")(lambda case: None)


def test_nearest_topics_are_offered() -> None:
    assert "sni-rejected-112" in nearest("sni-reject")
    assert explain("alert 999") is None
    assert "525" in (explain("525") or "")
