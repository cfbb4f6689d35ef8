"""The linear-time matcher agrees with Python's engine where both mean the same."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.edge import regex
from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import Unsupported, matches, replace_first

CHARS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(?:ab)", "(a)"])
QUANTIFIED = st.builds(
    lambda atom, mark: atom + mark,
    CHARS,
    st.sampled_from(["", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{1,}"]),
)
PATTERNS = st.builds(
    lambda begin, parts, end: begin + "".join(parts) + end,
    st.sampled_from(["", "^", r"\b"]),
    st.lists(QUANTIFIED, min_size=1, max_size=5),
    st.sampled_from(["", r"\z", "|b"]),
)


@given(PATTERNS, st.text(alphabet="ab1 ", max_size=12))
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    theirs = re.search(pattern.replace(r"\z", r"\Z"), text)
    assert matches(pattern, text) is (theirs is not None)
    if theirs is not None:
        replaced = text[: theirs.start()] + "<" + theirs.group(0) + ">" + text[theirs.end() :]
        assert replace_first(pattern, text, lambda groups: f"<{groups[0]}>") == replaced


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^/api/.*$", "/api/x", True),
        ("^$", "", True),
        ("a$", "a\n", False),
        (r"\.(?:jpe?g|png)$", "/x.jpeg", True),
        (r"(?i)ABC", "xabc", True),
        (r"(?i:A)b", "aB", False),
        (r"(?i)[a-c]x", "BX", True),
        (r"(?-i:a)", "A", False),
        ("(?s)a.b", "a\nb", True),
        ("a.b", "a\nb", False),
        (r"[\d-]+x", "1-2x", True),
        (r"[]]", "]", True),
        (r"[^\s]", " ", False),
        (r"[+\-.]", "-", True),
        (r"\x41", "A", True),
        (r"\bfoo\B", "a foobar", True),
        ("(?P<n>a)(?<m>b)", "ab", True),
        ("a{0}b", "b", True),
        ("(a|)b", "b", True),
        (r"\/", "/", True),
        ("(x*)*y", "xxxy", True),
    ],
)
def test_it_knows_the_syntax_of_rules(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    "pattern",
    [
        *[
            r"(",
            r")",
            r"a)",
            r"[",
            r"[a",
            r"*a",
            r"(?=a)",
            r"(?<=a)",
            r"\1",
            r"\p{L}",
            r"[[:alpha:]]",
            r"[a&&b]",
            r"a{",
            r"a{x}",
            r"a{1,99999}",
        ],
        *["(a{99}){99}", "(?x)a", "\\", r"\xzz", "(?P<n", "(?"],
        "(" * 80 + ")" * 80,
    ],
)
def test_what_it_does_not_know_it_says(pattern: str) -> None:
    with pytest.raises(Unsupported):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(a+)+$", False),
        ("(a|a)*$", True),
        ("(.*)*x", False),
        ("a*a*a*a*a*a*b", False),
        ("(a?){30}a{30}", True),
    ],
)
def test_a_hostile_pattern_ends_within_few_steps(
    pattern: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A matcher that tries every way would need more steps than there are atoms."""
    monkeypatch.setattr(regex, "MAX_STEPS", 20 * 500)
    assert matches(pattern, "a" * 500 + "!") is expected


@given(st.text(max_size=30), st.text(max_size=20))
def test_no_pattern_makes_it_raise_anything_else(pattern: str, text: str) -> None:
    try:
        found = matches(pattern, text)
    except Unsupported:
        found = False
    assert found in (True, False)


DEAR = [
    "(?:){0,9999999}",
    "(?:(?:){0,9999}){0,9999}",
    "(?:a{0,1000}){0,1000}",
    "|".join(["a{3000}"] * 400),
    "()" * 1_900,
    "(" * 40 + "a" + ")" * 40 + "{0,99999999}",
    "[" + "".join(chr(0x100 + 2 * each) for each in range(2_000)) + "]*",
    "(?:a?){3999}" * 3,
    "(a*)*" * 300,
]


@pytest.mark.parametrize("pattern", DEAR, ids=range(len(DEAR)))
def test_no_pattern_costs_more_than_its_budget(pattern: str) -> None:
    text = "a" * 4_000
    with budget(regex.MAX_STEPS, "it") as own, suppress(Unsupported, OverBudget):
        matches(pattern, text)
    assert 0 < regex.MAX_STEPS - own.left <= regex.MAX_STEPS + regex.MAX_PROGRAM
    with suppress(Unsupported):  # and by itself it ends as well
        matches(pattern, text)


def test_what_is_compiled_already_costs_the_same() -> None:
    spent = []
    for _ in range(2):
        with budget(regex.MAX_STEPS, "it") as own:
            assert matches("(?:once|twice){1,20}x", "oncetwicex")
        spent.append(own.left)
    assert spent[0] == spent[1] < regex.MAX_STEPS


def test_a_branch_costs_no_copy_of_the_others() -> None:
    made: list[int] = []
    real = regex._either

    def counting(branches: list[regex.Fragment]) -> regex.Fragment:
        program = real(branches)
        made.append(len(program))
        return program

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regex, "_either", counting)
        assert matches("|".join(["ab"] * 700), "xab")
    assert sum(made) < 4 * 700 + 4


def test_all_patterns_of_an_expression_share_one_budget() -> None:
    text, found = "ab" * 200, []
    with budget(regex.MAX_STEPS, "it"), suppress(OverBudget):
        for each in range(200):
            found.append(matches(f"(?:a|b)*c{each}", text))
    assert 0 < len(found) < 200


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("^(?:a){0,3}$", "aaa", True),
        ("^(?:a){0,3}$", "aaaa", False),
        ("^(?:ab){1,3}?$", "ababab", True),
        ("^[a-cb-df]+$", "abcdf", True),
        ("^[a-cb-df]+$", "abcdef", False),
        (r"^[^\d\-x]+$", "abc", True),
        (r"^[^\d\-x]+$", "ab-c", False),
        ("^(?:)*$", "", True),
    ],
)
def test_repetitions_and_classes_mean_what_they_meant(
    pattern: str, text: str, expected: bool
) -> None:
    assert matches(pattern, text) is expected
