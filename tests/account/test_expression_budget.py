"""What an expression may cost: one budget for reading, compiling and matching, one for the run."""

import pytest

from cf525.account.elsewhere import rules_elsewhere
from cf525.account.expression import Truth, evaluate, facts, holds, of_a_run
from cf525.account.expression.evaluate import MAX_STEPS, RUN_STEPS
from cf525.account.readings import READINGS, ReadResult
from cf525.account.treatment import Treatments, base_plan
from cf525.edge import budget as purse
from cf525.edge.budget import budget
from cf525.model.parsing import parse_target

TARGET = parse_target("https://www.example.com/" + "a" * 3_900)
FACTS = facts(TARGET, "example.com")
TOO_MUCH = "more steps than one rule may take"
DEAR = {
    "matching": "http.request.uri.path matches " + '"' + "a*" * 40 + 'b"',
    "many patterns": " or ".join(['http.request.uri.path matches "a*a*b"'] * 100),
    "patterns that do not compile": " or ".join(['http.host matches "a{1900}a{1900}"'] * 90),
    "tokens": "(" * 2_000 + "ssl" + ")" * 2_000,
    "a list": "cf.edge.server_port in {" + "1 " * 2_000 + "}",
    "a list of ranges": "cf.edge.server_port in {" + "1..2 " * 800 + "}",
    "a lot": " or ".join(["hash_in_range(0,100,ip.src)<1"] * 150),
    "long values": " or ".join(['lower(http.request.uri.path) eq "x"'] * 105),
}


@pytest.mark.parametrize("expression", DEAR.values(), ids=DEAR)
def test_beyond_its_budget_an_expression_depends_and_says_so(expression: str) -> None:
    with budget(5 * MAX_STEPS, "the run") as run:
        answer = holds(expression, FACTS)
    assert (answer.truth, answer.on) == (Truth.DEPENDS, (TOO_MUCH,))
    assert run.left >= 4 * MAX_STEPS - 1


def test_what_ends_in_nothing_costs_nothing() -> None:
    assert holds('http.host matches "(?:){0,9999999}"', FACTS).truth is Truth.TRUE


def test_all_parts_of_an_expression_share_its_budget() -> None:
    part = 'http.request.uri.path contains "b"'
    assert holds(part, FACTS).truth is Truth.FALSE
    assert holds(" or ".join([part] * 60), FACTS).truth is Truth.FALSE
    pattern = 'http.request.uri.path matches "ab"'
    assert holds(pattern, FACTS).truth is Truth.FALSE
    assert holds(" or ".join([pattern] * 60), FACTS).on == (TOO_MUCH,)


def test_what_was_read_before_costs_the_expression_the_same_and_the_run_less() -> None:
    expression = " or ".join(f'http.host eq "never{number}.example.com"' for number in range(60))
    left = []
    for _ in range(2):
        with budget(5 * MAX_STEPS, "the run") as run:
            holds(expression, FACTS)
        left.append(run.left)
    assert left[0] < left[1] < 5 * MAX_STEPS


def test_the_rules_of_a_run_share_a_budget_too() -> None:
    answers = []
    with of_a_run():
        for number in range(2 * RUN_STEPS // MAX_STEPS):
            text = f'http.request.uri.path matches "{"a*" * 40}{number}"'
            answers.append(holds(f"{text} or ssl", FACTS))
    assert answers[0].on == (TOO_MUCH,)
    assert answers[-1].on == ("more steps than the rules of one run may take",)
    assert holds("ssl", FACTS).truth is Truth.TRUE  # the next run has its own


def test_a_spent_run_says_nothing_of_other_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {
        "id": "r",
        "enabled": True,
        "action": "set_config",
        "action_parameters": {"ssl": "full"},
        "expression": 'http.request.uri.path eq "/api"',
    }
    read = {each.id: ReadResult() for each in READINGS}
    read["config_rules"] = ReadResult({"rules": [rule]})
    plans = Treatments((base_plan(TARGET, read),))
    told = rules_elsewhere(plans, TARGET, read, FACTS)
    assert [each.text.partition(" go ")[0] for each in told] == ["Requests for /api"]
    monkeypatch.setattr(evaluate, "RUN_STEPS", 100)
    with of_a_run():
        told = rules_elsewhere(plans, TARGET, read, FACTS)
    assert [each.text for each in told] == [
        "Whether rules treat other paths of this host otherwise takes too long to work out."
    ]


def test_a_budget_within_another_never_has_more_than_that() -> None:
    with budget(10, "outer") as outer:
        with budget(100, "inner") as inner:
            inner.spend(4)
            with pytest.raises(purse.OverBudget, match="outer"):
                inner.spend(7)
        assert outer.empty
    purse.spend(10**9)  # where nobody set one, steps are free
