"""Every matcher gives its page the facts that the page declares.

What the tests match at all is checked by a fixture of all tests (``tests/conftest.py``). Here
stand the causes whose situation no test can bring about on this machine, and a reading of the
source that finds a fact forgotten in a branch which no test takes.
"""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cf525.causes.case import Case, Context
from cf525.causes.cause import CATALOGUE
from cf525.causes.families import FAMILIES
from cf525.causes.matching import matches
from cf525.causes.page import load
from cf525.model import (
    ChainVerdict,
    Confidence,
    Defect,
    DefectClass,
    EdgeStatus,
    Ending,
    Insight,
    LoggedChange,
    Observation,
    Stage,
    Status,
)
from tests.causes.scenarios import TARGET, route
from tests.sources import parsed

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CONTEXT = Context(target=TARGET)


def seen(address: str, stage: Stage, ending: Ending) -> Observation:
    return Observation(
        id=f"o-{address}",
        route="r1",
        profile="cloudflare",
        variation=None,
        address=address,
        port=443,
        sni=TARGET.host,
        started_at=NOW,
        stage=stage,
        ending=ending,
    )


def case(
    address: str = "203.0.113.7",
    ending: Ending = Ending.DONE,
    status: str = "ok",
    stage: Stage = Stage.START,
) -> Case:
    return Case(
        context=CONTEXT,
        route=route((address, 443), mode="strict"),
        status=EdgeStatus(status=Status(status), confidence=Confidence.HIGH, reason="test"),
        edge=seen(address, stage, ending),
    )


def six_and_four() -> Case:
    good = case("203.0.113.8")
    return replace(case("2001:db8::7", Ending.REFUSED, "521"), siblings=(good,))


def after_a_change() -> Case:
    insight = Insight(
        since=NOW - timedelta(hours=6),
        until=NOW,
        first=NOW,
        changes=(
            LoggedChange(at=NOW - timedelta(minutes=4), what="ssl", old="full", new="strict"),
        ),
    )
    return replace(case(), context=replace(CONTEXT, insight=insight))


def revoked() -> Case:
    verdict = ChainVerdict(
        observation="o-203.0.113.7",
        accepted=False,
        confidence=Confidence.HIGH,
        at=NOW,
        names=(TARGET.host,),
        defects=(Defect(code="revoked", kind=DefectClass.LIKELY, index=0, text="It is revoked."),),
    )
    return replace(case(status="526"), verdict=verdict)


RARE = {
    "port-filtered": case(ending=Ending.CONNECT_TIMEOUT, status="522"),
    "no-route": case(ending=Ending.UNREACHABLE, status="523"),
    "ipv6-only-broken": six_and_four(),
    "changed-just-before": after_a_change(),
    "revoked": revoked(),
}


@pytest.mark.parametrize("id", sorted(RARE))
def test_a_cause_that_no_lab_can_show_fits_its_page(id: str) -> None:
    found = {cause.id: match for cause, match in matches(RARE[id])}
    assert id in found
    assert not load(id).misfit(found[id].facts)


def given() -> Iterator[tuple[str, set[str]]]:
    """The names of facts in every Match that a matcher builds itself, as far as they are
    written out."""
    for family in FAMILIES:
        for function in ast.walk(parsed(inspect.getsource(family))):
            if isinstance(function, ast.FunctionDef) and (id := registered(function)):
                for call in ast.walk(function):
                    names = written_out(call)
                    if names is not None:
                        yield id, names


def registered(function: ast.FunctionDef) -> str:
    for each in function.decorator_list:
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "cause":
            return str(ast.literal_eval(each.args[0]))
    return ""


def written_out(call: ast.AST) -> set[str] | None:
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != "Match":
        return None
    facts = next((each.value for each in call.keywords if each.arg == "facts"), None)
    if facts is None:
        return set()
    if not isinstance(facts, ast.Dict) or not all(
        isinstance(key, ast.Constant) for key in facts.keys
    ):
        return None
    return {str(ast.literal_eval(key)) for key in facts.keys if key is not None}


GIVEN = list(given())


@pytest.mark.parametrize(("id", "names"), GIVEN, ids=[id for id, _ in GIVEN])
def test_the_facts_written_into_a_matcher_are_those_of_its_page(id: str, names: set[str]) -> None:
    assert not load(id).misfit(names)


def test_most_matchers_are_read() -> None:
    with_matcher = {id for id, each in CATALOGUE.items() if each.match is not None}
    assert len({id for id, _ in GIVEN}) > len(with_matcher) / 2
