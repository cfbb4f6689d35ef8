"""Expressions of rules that mean to cost: patterns, nesting, lists, lots, calls upon calls."""

from collections.abc import Callable
from random import Random
from typing import Final

from cf525.account.expression import Truth, facts, holds
from cf525.account.expression.evaluate import MAX_STEPS
from cf525.edge.budget import budget
from cf525.model.parsing import parse_target

LONGEST: Final = 4_096
_NAMES: Final = (
    *("http.host", "http.request.uri.path", "http.request.uri.query", "ssl", "ip.src"),
    *("http.request.uri", "cf.edge.server_port", "http.request.uri.args.names[*]"),
    *('http.request.headers["x"][0]', "cf.random_seed", "a", "http.request.uri.args.values[*]"),
)
_ATOMS: Final = ("", "(?:)", "a", "(a)", "[a-z]", ".", "(?:a|)", "()", r"\w", "[^x]", "(?i:a)", "^")
_MARKS: Final = (
    "*",
    "+",
    "?",
    "*?",
    "{0,9999999}",
    "{99}",
    "{0,1000}",
    "{1,}",
    "{3999}",
    "{0}",
    "",
)
_CALLS: Final = (
    *("lower", "upper", "url_decode", "len", "to_string", "concat", "remove_query_args", "any"),
    *("all", "coalesce", "regex_replace", "wildcard_replace", "split", "join", "remove_bytes"),
    *("starts_with", "substring", "nosuch", "has_value", "hash_in_range"),
)
TARGETS: Final = tuple(
    parse_target(f"https://www.example.com{path}")
    for path in (
        "/",
        "/" + "a" * 4_000,
        "/?" + "&".join(f"a{number}=a" for number in range(400)),
        "/%61" + "/a%2561" * 400 + "?" + "a" * 900,
    )
)


def _pattern(random: Random, room: int) -> str:
    shape = random.randrange(5)
    if shape == 0:
        unit = random.choice(_ATOMS) + random.choice(_MARKS)
        return unit * random.randint(1, max(1, room // max(1, len(unit))))
    if shape == 1:
        depth = random.randint(1, 60)
        return "(" * depth + random.choice(_ATOMS) + (")" + random.choice(_MARKS)) * depth
    if shape == 2:
        return "|".join([random.choice(_ATOMS) + random.choice(_MARKS)] * random.randint(1, room))
    if shape == 3:
        return "[" + "".join(chr(random.randint(33, 0x2FF)) for _ in range(room)) + "]*"
    return "".join(random.choice(r"ab|()[]{}*+?\.^$-,:=!<>019dwsDWSbBAzxpPik") for _ in range(room))


def _text(random: Random, room: int) -> str:
    text = _pattern(random, max(1, min(room, random.choice((8, 60, 800, 4_000)))))[: max(0, room)]
    if random.random() < 0.3:
        return 'r#"' + text + '"#'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _matching(random: Random, room: int) -> str:
    kind = random.choice(("matches", "~", "wildcard", "strict wildcard", "contains", "eq"))
    return f"{random.choice(_NAMES)} {kind} {_text(random, room - 60)}"


def _nested(random: Random, room: int) -> str:
    opening, closing = random.choice(
        (("(", ")"), ("not ", ""), ("!", ""), *((f"{name}(", ")") for name in _CALLS))
    )
    depth = random.randint(1, max(1, room // (len(opening) + len(closing))))
    return opening * depth + random.choice(_NAMES) + closing * depth


def _chained(random: Random, room: int) -> str:
    word = random.choice((" or ", " and ", " xor ", "||", "&&"))
    unit = random.choice((_small, _called, lambda each, _: each.choice(_NAMES)))(random, 60)
    return word.join([unit] * max(1, room // (len(unit) + len(word))))


def _small(random: Random, room: int) -> str:
    return random.choice(
        (
            'http.host matches "a*a*b"',
            "hash_in_range(0, 100, cf.random_seed) < 10",
            "cf.edge.server_port bitwise_and 255",
            'any(http.request.uri.args.names[*] contains "a")',
            "ip.src in $list",
            f"len({random.choice(_NAMES)}) gt 0x{'f' * random.randint(1, 40)}",
        )
    )


def _called(random: Random, room: int) -> str:
    given = [
        random.choice((*_NAMES, '"a"', '"*"', "7", '"r"')) for _ in range(random.randint(0, 4))
    ]
    return f"{random.choice(_CALLS)}({', '.join(given)})"


def _doubling(random: Random, room: int) -> str:
    unit = ", ".join([random.choice(_NAMES[:8])] * random.randint(2, 30))
    inner = f"concat({unit})"
    while len(inner) < room // 3:
        inner = f"concat({inner}, {inner})"
    return f'any({inner}[*] contains "a")' if random.random() < 0.3 else f'{inner} contains "aab"'


def _member(random: Random, room: int) -> str:
    item = random.choice(
        ("1", "1..2", '"a"', "1.1.1.1", "::/0", "2001:db8::1/64", "::::::::", "-1")
    )
    items = " ".join([item] * (max(1, room - 60) // (len(item) + 1)))
    lot = random.choice(("", "hash_in_range(0,9,a) < 3 and ", "any(", "not "))
    return f"{lot}{random.choice(_NAMES)} in {{{items}}}" + (")" if lot == "any(" else "")


def _junk(random: Random, room: int) -> str:
    words = (*_NAMES, *_CALLS, *' ()[]{}"$*<>=!&|^~-:.,#r0a', "eq", "in", "matches", '"', 'r#"')
    return "".join(random.choice(words) for _ in range(room // 4))


_SHAPES: Final[tuple[Callable[[Random, int], str], ...]] = (
    *(_matching, _nested, _chained, _doubling, _member, _junk, _called),
)


def made(random: Random) -> str:
    """An expression that Cloudflare's own bound on the length would let through."""
    room = random.choice((60, 400, LONGEST))
    text = random.choice(_SHAPES)(random, room)
    if random.random() < 0.3:
        text += random.choice((" or ", " and ", " xor ")) + random.choice(_SHAPES)(random, 200)
    return text[:LONGEST]


holds("ssl", {})  # the grammar is read once, at nobody's expense


def attack(random: Random) -> str:
    """Carry one to the evaluator: it answers, and pays for it from its own budget alone."""
    expression, target = made(random), random.choice(TARGETS)
    with budget(10 * MAX_STEPS, "the run") as run:
        answer = holds(expression, facts(target, "example.com"))
    assert run.left >= 9 * MAX_STEPS - 1, f"{expression[:200]!r} took more than its own"
    assert (answer.truth is Truth.DEPENDS) == bool(answer.on), expression[:200]
    return answer.truth.value
