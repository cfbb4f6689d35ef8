"""The Rules language in tables: every operator in both spellings, and Kleene's truth tables."""

import operator
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.account.expression import Truth, Visitor, facts, holds
from cf525.model.parsing import parse_target

URL = "https://www.example.com:8443/api/v1/items?a=1&b=two"
FACTS = facts(parse_target(URL), "example.com")
T, F, D = Truth.TRUE, Truth.FALSE, Truth.DEPENDS
OF = {True: T, False: F}


def truth(expression: str) -> Truth:
    return holds(expression, FACTS).truth


NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq, "==": operator.eq, "ne": operator.ne, "!=": operator.ne,
    "lt": operator.lt, "<": operator.lt, "le": operator.le, "<=": operator.le,
    "gt": operator.gt, ">": operator.gt, "ge": operator.ge, ">=": operator.ge,
}  # fmt: skip


@pytest.mark.parametrize(("sign", "number"), list(product(NUMBERS, (443, 8442, 8443, 8444))))
def test_numbers_compare_in_both_spellings(sign: str, number: int) -> None:
    expected = OF[NUMBERS[sign](8443, number)]
    assert truth(f"cf.edge.server_port {sign} {number}") is expected


@pytest.mark.parametrize(("sign", "number"), list(product(NUMBERS, (0, 443))))
def test_an_unknown_number_depends(sign: str, number: int) -> None:
    assert truth(f"ip.src.asnum {sign} {number}") is D


STRINGS: list[tuple[str, bool]] = [
    ('http.host eq "www.example.com"', True),
    ('http.host eq "WWW.example.com"', False),
    ('http.host ne "www.example.com"', False),
    ('http.host lt "x"', True),
    ('http.host gt "x"', False),
    ('http.host contains "example"', True),
    ('http.host contains "Example"', False),
    ('http.host matches "^www[.]"', True),
    ('http.host matches "^example"', False),
    ('http.host ~ "com$"', True),
    ('http.host wildcard "WWW.*"', True),
    ('http.host wildcard "shop.*"', False),
    ('http.host strict wildcard "WWW.*"', False),
    ('http.host strict wildcard "www.*.com"', True),
    ('http.host in {"a" "www.example.com"}', True),
    ('http.host in {"a" "b"}', False),
    ('not http.host in {"a" "b"}', True),
    ("cf.edge.server_port in {443 8000..9000}", True),
    ("cf.edge.server_port in {443 9000..9999}", False),
    ('starts_with(http.request.uri.path, "/api")', True),
    ('starts_with(http.request.uri.path, "/shop")', False),
    ('ends_with(http.request.uri.path, "items")', True),
    ('ends_with(http.request.uri.path, "item")', False),
    ('lower("ABC") eq "abc"', True),
    ('upper(http.host) eq "WWW.EXAMPLE.COM"', True),
    ('concat(http.host, "/", "x") eq "www.example.com/x"', True),
    ('substring(http.host, 0, 3) eq "www"', True),
    ('substring(http.host, 4) eq "example.com"', True),
    ('substring(http.host, -3) eq "com"', True),
    ('regex_replace(http.host, "^www[.]", "") eq "example.com"', True),
    ("len(http.host) eq 15", True),
    ("len(http.host) gt 15", False),
    ('any(http.request.uri.args["a"][*] eq "1")', True),
    ('any(http.request.uri.args["a"][*] eq "2")', False),
    ('all(http.request.uri.args["b"][*] eq "two")', True),
    ('http.request.uri.args["b"][0] eq "two"', True),
    ('http.request.uri.query eq "a=1&b=two"', True),
    ('http.request.full_uri contains ":8443/"', True),
]


@pytest.mark.parametrize(("expression", "expected"), STRINGS)
def test_strings_and_functions(expression: str, expected: bool) -> None:
    assert truth(expression) is OF[expected]
    assert truth(f"not ({expression})") is OF[not expected]


LEAF = {T: "true", F: "false", D: 'ip.src.country eq "DE"'}


def conjunction(left: Truth, right: Truth) -> Truth:
    if F in (left, right):
        return F
    return T if (left, right) == (T, T) else D


def disjunction(left: Truth, right: Truth) -> Truth:
    if T in (left, right):
        return T
    return F if (left, right) == (F, F) else D


def exclusive(left: Truth, right: Truth) -> Truth:
    return D if D in (left, right) else OF[left is not right]


LOGIC = {
    "and": conjunction, "&&": conjunction, "or": disjunction, "||": disjunction,
    "xor": exclusive, "^^": exclusive,
}  # fmt: skip


@pytest.mark.parametrize(("sign", "left", "right"), list(product(LOGIC, LEAF, LEAF)))
def test_kleenes_tables(sign: str, left: Truth, right: Truth) -> None:
    expression = f"{LEAF[left]} {sign} {LEAF[right]}"
    assert truth(expression) is LOGIC[sign](left, right)


@pytest.mark.parametrize(("sign", "value"), list(product(("not", "!"), LEAF)))
def test_negation(sign: str, value: Truth) -> None:
    expected = {T: F, F: T, D: D}[value]
    assert truth(f"{sign} ({LEAF[value]})") is expected


PRECEDENCE: list[tuple[str, Truth]] = [
    ("true or false and false", T),
    ("(true or false) and false", F),
    ("true xor true or true", T),
    ("not false and false", F),
    ("not (false and false)", T),
    ("false and false or true", T),
    ("true and false xor true", T),
    ("true || false && false", T),
]


@pytest.mark.parametrize(("expression", "expected"), PRECEDENCE)
def test_precedence(expression: str, expected: Truth) -> None:
    assert truth(expression) is expected


TREES = st.recursive(
    st.sampled_from(list(LEAF.values())),
    lambda inner: st.one_of(
        st.builds(lambda one: f"not ({one})", inner),
        st.builds(
            lambda one, sign, two: f"({one}) {sign} ({two})",
            inner,
            st.sampled_from(["and", "or", "xor"]),
            inner,
        ),
    ),
    max_leaves=6,
)


@given(TREES, TREES)
def test_de_morgan(one: str, two: str) -> None:
    assert truth(f"not (({one}) and ({two}))") is truth(f"(not ({one})) or (not ({two}))")
    assert truth(f"not (({one}) or ({two}))") is truth(f"(not ({one})) and (not ({two}))")


@given(TREES, TREES, TREES)
def test_order_and_grouping_do_not_matter(one: str, two: str, three: str) -> None:
    for sign in ("and", "or", "xor"):
        assert truth(f"({one}) {sign} ({two})") is truth(f"({two}) {sign} ({one})")
        left = truth(f"(({one}) {sign} ({two})) {sign} ({three})")
        assert left is truth(f"({one}) {sign} (({two}) {sign} ({three}))")


@given(TREES)
def test_what_depends_is_decided_by_what_it_depends_on(tree: str) -> None:
    """A tree that holds for both countries or for neither does not depend on the country alone."""
    target = parse_target(URL)
    german = holds(tree, facts(target, "example.com", Visitor(country="DE"))).truth
    french = holds(tree, facts(target, "example.com", Visitor(country="FR"))).truth
    assert german is not D
    assert french is not D
    if truth(tree) is not D:
        assert german is french is truth(tree)


def test_a_visitors_headers_are_known_when_they_are_given() -> None:
    visitor = Visitor(headers={"x-beta": "yes", "cookie": "a=1", "user-agent": "curl/8"})
    known = facts(parse_target(URL), "example.com", visitor)
    for expression in (
        'any(http.request.headers["x-beta"][*] eq "yes")',
        'http.cookie contains "a=1"',
        'http.user_agent contains "curl"',
    ):
        assert holds(expression, known).truth is T
        assert truth(expression) is D


def test_the_tables_are_long_enough() -> None:
    count = len(NUMBERS) * 6 + 2 * len(STRINGS) + len(LOGIC) * 9 + 6 + len(PRECEDENCE)
    assert count >= 200  # beside those of the other module, 300 and more in all


@pytest.mark.parametrize(
    ("now", "truth"), [(1_800_000_000, Truth.TRUE), (1_900_000_000, Truth.FALSE)]
)
def test_a_rule_may_name_the_second_in_which_it_ends(now: int, truth: Truth) -> None:
    expression = '(http.host eq "www.example.com") and http.request.timestamp.sec lt 1850000000'
    known = facts(parse_target("www.example.com"), "example.com", at=now)
    assert holds(expression, known).truth is truth
    unknown = facts(parse_target("www.example.com"), "example.com")
    assert holds(expression, unknown).truth is Truth.DEPENDS
