"""What an API may give for a number or a time is read strictly, and is never a fault."""

from typing import Any

import pytest

from cf525.account.spectrum import spectrum_application
from cf525.changes.standing import ends_at, in_force, untouched
from cf525.model.decoding import whole_number
from cf525.model.fix import FixRequest, RequestKind
from cf525.model.parsing import parse_target
from tests.fixing.test_steps import NOW

ODD: list[Any] = ["²", "9" * 5000, "٣", "-1", "1.5", "", " 1", "1_0", None, True, 1.5, [], {}, -1]
RULE = FixRequest(kind=RequestKind.RULE, method="POST", path="x", look="y", ref="cf525_a_b_c")


@pytest.mark.parametrize("odd", ODD, ids=lambda each: repr(each)[:20])
def test_what_is_no_number_is_none(odd: Any) -> None:
    assert whole_number(odd) is None
    assert untouched(RULE, {"version": odd}, {"version": "2"}, 0) == ()
    assert untouched(RULE, {"version": "2"}, {"version": odd}, 0) == ()


@pytest.mark.parametrize("known", ["0", "12", 12])
def test_what_is_a_number_is_one(known: Any) -> None:
    assert whole_number(known) == int(known)


@pytest.mark.parametrize(
    "rule",
    [
        {"expression": "(true) and http.request.timestamp.sec lt 999999999999"},
        {"expression": "http.request.timestamp.sec lt ٣٣"},
        {"expression": "true", "description": "x; until 2027-99-99T99:99:99Z"},
        {"expression": "true", "description": "x; until ٢٠٢٧-01-01T00:00:00Z"},
        {"expression": None, "description": 5},
    ],
    ids=repr,
)
def test_a_rule_whose_end_is_no_time_is_in_force(rule: dict[str, Any]) -> None:
    assert ends_at(rule) is None
    assert in_force(rule, NOW)


@pytest.mark.parametrize("ports", ["²", "9" * 5000, "1-" + "9" * 5000])
def test_a_port_of_spectrum_that_is_none_serves_nothing(ports: str) -> None:
    rows = [{"dns": {"name": "www.example.com"}, "protocol": f"tcp/{ports}"}]
    assert spectrum_application(rows, parse_target("www.example.com")) is None
