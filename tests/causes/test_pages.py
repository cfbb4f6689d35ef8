"""A page and its matcher cannot part, and a page never costs a report."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment, meta

import cf525
from cf525.causes import filling, templates
from cf525.causes.cause import CATALOGUE, cause
from cf525.causes.families import FAMILIES
from cf525.causes.filling import EXAMPLES, render, variables
from cf525.causes.match import Match
from cf525.causes.matching import findings
from cf525.causes.page import Page, _sections, load, page_ids
from cf525.changes.catalogue import MAKERS
from cf525.edge.modes import NAMES
from cf525.model import Confidence, Config, Shell
from tests.causes.test_catalogue import CASE

STATUS = re.compile(
    r"5\d\d|1\d\d\d|origin-\d{3}|ok|unknown|not-applicable|redirect-loop|edge-tls|unloadable",
)
TAGS = {"sh", "powershell", "nginx", "apache", "haproxy", "caddy"} | {
    *("yaml", "properties", "js", "go", "json", "xml", "ini", "lighttpd"),
}


def used(page: Page) -> set[str]:
    """The variables a page's texts ask for."""
    texts = [page.title, page.explanation, *(each.text for each in page.sections)]
    parse = Environment(autoescape=True).parse
    return set[str]().union(*(meta.find_undeclared_variables(parse(text)) for text in texts))


@pytest.mark.parametrize("id", page_ids())
def test_a_page_asks_for_nothing_that_nobody_gives(id: str) -> None:
    page = load(id)
    assert used(page) - set(variables(CASE)) <= set(page.facts)


@pytest.mark.parametrize("id", page_ids())
def test_a_page_declares_no_fact_that_it_does_not_use(id: str) -> None:
    page = load(id)
    assert set(page.facts) <= used(page)
    assert all(page.facts.values())


@pytest.mark.parametrize("id", page_ids())
def test_a_page_says_where_its_cause_leads_and_when_it_arises(id: str) -> None:
    page = load(id)
    assert all(STATUS.fullmatch(each) for each in page.statuses), page.statuses
    assert set(page.modes) <= set(NAMES)
    assert len(set(page.statuses)) == len(page.statuses)
    assert CATALOGUE[id].statuses == page.statuses
    assert FAMILIES


@pytest.mark.parametrize("id", page_ids())
def test_a_page_fills_in_with_its_own_examples_and_without_what_may_be_missing(id: str) -> None:
    page = load(id)
    bare = {name: text for name, text in page.facts.items() if name not in page.optional}
    for facts in (page.facts, bare):
        assert not page.misfit(facts)
        assert not render(id, CASE, facts, ()).unfilled


@pytest.mark.parametrize("id", page_ids())
def test_every_fence_is_of_a_known_kind_and_every_change_exists(id: str) -> None:
    for section in load(id).sections:
        assert section.platform != "others"
        for tag in re.findall(r"^```([a-z]*)", section.text, re.MULTILINE)[::2]:
            assert tag in TAGS
        for name in re.findall(r"^@change ([\w-]+)", section.text, re.MULTILINE):
            assert name in MAKERS
        for part in section.blocks():
            assert part.text.strip()


def test_every_common_variable_has_an_example() -> None:
    assert set(EXAMPLES) == set(variables(CASE))


def test_a_cause_needs_a_page() -> None:
    with pytest.raises(ValueError, match="has no page"):
        cause("a-cause-without-a-page")(lambda case: None)
    assert "a-cause-without-a-page" not in CATALOGUE


def test_facts_that_do_not_fit_are_named() -> None:
    page = load("cert-expired")
    assert page.misfit({"defect": "", "not_after": ""}) == ""
    assert page.misfit({"defect": ""}) == "the page cert-expired lacks not_after"
    assert "does not know names" in page.misfit({"defect": "", "not_after": "", "names": ""})


# -- a page that fails ------------------------------------------------------------------------


def test_a_missing_fact_costs_the_sentences_that_need_it() -> None:
    page = render("cert-expired", CASE, {"defect": "It has expired."}, ())
    assert page.title == "the certificate has expired (…)"
    assert page.explanation.startswith("It has expired.")
    assert page.remedies
    assert any("not_after" in each for each in page.unfilled)


def test_an_explanation_that_fails_says_so_and_keeps_the_remedies() -> None:
    page = render("cert-expired", CASE, {"not_after": "2026-01-02"}, ())
    assert page.title == "the certificate has expired (2026-01-02)"
    assert "could not be filled in" in page.explanation
    assert "cf525 explain cert-expired" in page.explanation
    assert page.remedies


class Broken:
    """A value that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __bool__(self) -> bool:
        raise ArithmeticError("neither true nor false")


@pytest.mark.parametrize("id", page_ids())
def test_no_value_can_stop_a_page(id: str) -> None:
    for facts in ({}, {name: Broken() for name in load(id).facts}):
        page = render(id, CASE, facts, ("nginx",))
        assert page.title
        assert page.explanation
        assert isinstance(page.remedies, tuple)


def test_a_remedy_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*given: object, **more: object) -> None:
        raise ValueError("no such change")

    whole = render("cert-expired", CASE, load("cert-expired").facts, ())
    monkeypatch.setattr(filling, "make", failing)
    page = render("cert-expired", CASE, load("cert-expired").facts, ())
    assert len(page.remedies) == len(whole.remedies)
    assert page.remedies[:-1] == whole.remedies[:-1]
    assert "could not be filled in" in page.remedies[-1].text


def test_a_page_that_cannot_even_be_read_leaves_title_and_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(case: object) -> dict[str, object]:
        raise RuntimeError("no variables")

    monkeypatch.setattr(filling, "variables", failing)
    page = render("cert-expired", CASE, load("cert-expired").facts, ())
    assert page.title
    assert "could not be filled in" in page.explanation


def test_the_finding_of_a_failing_page_keeps_its_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(confidence=Confidence.HIGH, evidence=(), facts={})
    entry = replace(CATALOGUE["cert-expired"], match=lambda case: match, needs=())
    monkeypatch.setitem(CATALOGUE, "cert-expired", entry)
    monkeypatch.setattr("cf525.causes.matching.render", render)
    (found,) = (each for each in findings((CASE,)) if each.id == "cert-expired")
    assert found.title
    assert "could not be filled in" in found.explanation


# -- typed parts ------------------------------------------------------------------------------


def test_what_is_run_and_what_is_configuration_are_told_apart() -> None:
    facts = {**load("default-vhost-cert").facts, "asleep": ""}
    page = render("default-vhost-cert", CASE, facts, ("nginx",))
    config, shell = page.remedies[0].parts[-2:]
    assert isinstance(config, Config)
    assert (config.server, config.file) == ("nginx", "/etc/nginx/conf.d/www.example.com.conf")
    assert config.text.startswith("server {")
    assert shell == Shell(commands=("nginx -t && nginx -s reload",))


def test_windows_commands_are_not_for_sh() -> None:
    page = render("cert-expired", CASE, load("cert-expired").facts, ())
    iis = render("self-signed", CASE, load("self-signed").facts, ("IIS",)).remedies[0]
    assert [each.shell for each in iis.parts if isinstance(each, Shell)] == ["powershell"]
    assert page.remedies


def test_a_heading_that_is_none_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValueError, match="no section called Stop-gap"):
        list(_sections("words\n\n## Stop-gap\n@change grey-record\n"))


ODD: tuple[object, ...] = ("x.example", "a b\x00;'\n", "", 5, True, ("a", "b"))


@pytest.mark.parametrize("code", [False, True])
def test_a_text_without_logic_is_filled_in_as_jinja2_would(code: bool) -> None:
    filled = 0
    for page in sorted((Path(cf525.__file__).parent / "causes" / "runbook").rglob("*.md")):
        for text in page.read_text().split("\n\n"):
            if "{{" not in text or templates.LOGIC.search(text):
                continue
            names = re.findall(r"\{\{ *(\w+) *\}\}", text)
            for value in ODD:
                for end in ("", "\n", "\n\n"):
                    given = dict.fromkeys(names, value)
                    told = templates.fill(text + end, given, code=code)
                    assert told == templates.compiled(text + end, code).render(given)
            filled += 1
    assert filled > 100
