"""Whether an expression holds for a request of which only part is known.

Three values (Kleene's logic): true, false, or it depends, with the fields it depends on. An
unknown field, function, type or pattern makes its own leaf depend and never raises; the rest of
the expression may still decide.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, TypeAlias

from cf525.account.expression.functions import FUNCTIONS, wildcard_groups
from cf525.account.expression.syntax import (
    Call,
    Compare,
    Field,
    Index,
    Listed,
    Literal,
    Logic,
    Member,
    Node,
    Not,
    Range,
    parse,
)
from cf525.edge.budget import OverBudget, budget, spend
from cf525.edge.regex import Unsupported, matches
from cf525.values import dataclass


class Truth(StrEnum):
    """Whether an expression holds."""

    TRUE = "true"
    FALSE = "false"
    DEPENDS = "depends"


@dataclass(frozen=True, slots=True)
class Answer:
    """``on`` names what it depends on: fields, functions or lists; empty when it is certain.

    ``share`` says for which part of the requests or visitors it holds, where a lot decides it.
    """

    truth: Truth
    on: tuple[str, ...] = ()
    share: str = ""


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A value that is not known, because of these fields."""

    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Missing(Undetermined):
    """A value that is known not to be there: nil, which ``coalesce`` passes over."""


@dataclass(frozen=True, slots=True)
class Each:
    """The elements behind ``[*]``: what is applied to it is applied to every one of them."""

    values: tuple[Any, ...]


Facts: TypeAlias = Mapping[str, Any]
"""Fields by name. A map that is known in part holds ``Undetermined`` under ``None``."""

UNPARSED: Final = Answer(Truth.DEPENDS, ("an expression this version cannot read",))


MAX_STEPS: Final = 30_000
"""Of one expression, reading it included: some 25 ms."""
RUN_STEPS: Final = 40 * MAX_STEPS
"""Of all expressions of a run for one target: a second."""


def of_a_run() -> AbstractContextManager[object]:
    """All expressions within share one budget, which is the last bound on their number."""
    return budget(RUN_STEPS, "more steps than the rules of one run may take")


def holds(expression: str, facts: Facts) -> Answer:
    """Whether ``expression`` holds under ``facts``; what would cost too much *depends*."""
    try:
        with budget(MAX_STEPS, "more steps than one rule may take"):
            return _answer(expression, facts)
    except OverBudget as spent:
        return Answer(Truth.DEPENDS, (str(spent),))
    except RecursionError:
        return UNPARSED


def _answer(expression: str, facts: Facts) -> Answer:
    node = parse(expression)
    if node is None:
        return UNPARSED
    value = _evaluate(node, facts)
    if isinstance(value, bool):
        return Answer(Truth.TRUE if value else Truth.FALSE)
    on = (
        value.on if isinstance(value, Undetermined) else frozenset({"a value that is no condition"})
    )
    return Answer(Truth.DEPENDS, tuple(sorted(on)), _share(node, facts))


_LOT: Final = "hash_in_range"
_DRAWN: Final = "\0drawn"
_DRAWS: Final = 100


def _share(node: Node, facts: Facts) -> str:
    """The part of the requests for which the condition holds, where one lot alone decides it.

    ``hash_in_range(0, 100, cf.random_seed) < 10`` holds for 10 % of requests; with another seed,
    such as the address, for 10 % of visitors. Each hundredth is tried.

    Source: developers.cloudflare.com/changelog, 2026-10-02 (hash_in_range for all plans).
    """
    try:
        lots = {each for each in walk(node) if isinstance(each, Call) and each.name == _LOT}
        if len(lots) != 1:
            return ""
        (lot,) = lots
        drawn = [
            _evaluate(node, {**facts, _DRAWN: (number + 0.5) / _DRAWS}) for number in range(_DRAWS)
        ]
    except (RecursionError, OverBudget):
        return ""  # that it depends is known without
    if not all(isinstance(value, bool) for value in drawn):
        return ""
    whose = "requests" if Field("cf.random_seed") in lot.arguments else "visitors"
    held = sum(drawn)
    return f"{held} % of {whose}" if held else f"less than 1 % of {whose}"


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        match each:
            case Not(of) | Index(of, _) | Member(of, _) | Listed(of, _):
                waiting.append(of)
            case Logic(_, left, right) | Compare(_, left, right):
                waiting += [left, right]
            case Call(_, arguments):
                waiting += arguments


def _evaluate(node: Node, facts: Facts) -> Any:
    spend(3)
    match node:
        case Literal(value):
            return value
        case Field(name):
            return facts.get(name, Undetermined(frozenset({name})))
        case Not(of):
            value = _evaluate(of, facts)
            return _each(_negate, value)
        case Logic(kind, left, right):
            return _logic(kind, _evaluate(left, facts), right, facts)
        case Compare(kind, left, right):
            return _apply(lambda a, b: _compare(kind, a, b), left, right, facts=facts)
        case Member(of, items):
            return _apply(lambda value: _member(value, items), of, facts=facts)
        case Listed(of, name):
            value = _evaluate(of, facts)
            known = value.on if isinstance(value, Undetermined) else frozenset()
            return Undetermined(known | {f"the list {name}"})
        case Index(of, key):
            return _index(_evaluate(of, facts), key)
        case Call(name, arguments):
            return _call(name, arguments, facts)


def _negate(value: Any) -> Any:
    return not value if isinstance(value, bool) else _nonsense("not")


def _nonsense(what: str) -> Undetermined:
    return Undetermined(frozenset({f"{what} of values it does not fit"}))


def _logic(kind: str, left: Any, right_node: Node, facts: Facts) -> Any:
    """Kleene's and, or and xor; a decided side may settle it whatever the other is."""
    if isinstance(left, bool) and left == (kind == "or") and kind != "xor":
        return left
    right = _evaluate(right_node, facts)
    if isinstance(right, bool) and right == (kind == "or") and kind != "xor":
        return right
    if isinstance(left, bool) and isinstance(right, bool):
        return left != right if kind == "xor" else right
    on: frozenset[str] = frozenset()
    for side in (left, right):
        if not isinstance(side, bool):
            on |= side.on if isinstance(side, Undetermined) else _nonsense(kind).on
    spend(len(on) // 4)
    return Undetermined(on)


def _apply(function: Callable[..., Any], *nodes: Node, facts: Facts) -> Any:
    """A function of known values, over every element where one argument is ``Each``."""
    values = [_evaluate(node, facts) for node in nodes]
    return _spread(function, values)


def _spread(function: Callable[..., Any], values: Sequence[Any]) -> Any:
    spend(7 + sum(map(_bulk, values)))
    on = [value.on for value in values if isinstance(value, Undetermined)]
    if on:
        return Undetermined(frozenset().union(*on))
    spread = [index for index, value in enumerate(values) if isinstance(value, Each)]
    if not spread:
        return function(*values)
    if len(spread) > 1:
        return _nonsense("two [*]")
    at = spread[0]
    return Each(
        tuple(
            _spread(function, [*values[:at], element, *values[at + 1 :]])
            for element in values[at].values
        )
    )


def _bulk(value: Any) -> int:
    """What it costs to go over the value once."""
    if isinstance(value, str):
        return len(value) // 32
    if isinstance(value, list | Mapping):
        return len(value)
    return len(value.on) // 4 if isinstance(value, Undetermined) else 0


def _each(function: Callable[[Any], Any], value: Any) -> Any:
    return _spread(function, [value])


_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _compare(kind: str, left: Any, right: Any) -> Any:
    if isinstance(left, IPv4Network | IPv6Network):
        left, right = left.network_address, getattr(right, "network_address", right)
    if type(left) is not type(right):
        return _nonsense(kind)
    if kind in _ORDER:
        return _ORDER[kind](left, right)
    if kind == "bitwise_and" and type(left) is int:
        return bool(left & right)
    if not isinstance(left, str):
        return _nonsense(kind)
    if kind == "contains":
        return right in left
    if kind == "matches":
        try:
            return matches(right, left)
        except Unsupported:
            return Undetermined(frozenset({f"the pattern {right!r}"}))
    if kind in ("wildcard", "strict wildcard"):
        return wildcard_groups(right, left, strict=kind != "wildcard") is not None
    return _nonsense(kind)


def _member(value: Any, items: Sequence[Literal | Range]) -> Any:
    spend(2 * len(items))
    return any(_in(value, item) for item in items)


def _in(value: Any, item: Literal | Range) -> bool:
    try:
        if isinstance(item, Range):
            low, high = item.low, item.high
            if isinstance(low, int) or isinstance(high, int):
                return bool(low <= value <= high) if type(value) is int else False  # type: ignore[operator]
            return bool(low.network_address <= value.network_address <= high.network_address)
        if isinstance(item.value, IPv4Network | IPv6Network):
            return bool(value.subnet_of(item.value))
    except (TypeError, AttributeError):
        return False  # an IPv6 address is in no IPv4 range
    return type(value) is type(item.value) and value == item.value


def _index(value: Any, key: str | int | None) -> Any:
    if isinstance(value, Undetermined):
        return value
    if isinstance(value, Each):
        spend(len(value.values))
        return value if key is None else Each(tuple(_index(each, key) for each in value.values))
    if isinstance(value, Mapping) and isinstance(key, str):
        missing = Missing(frozenset({f"the absence of {key!r}"}))
        return value.get(key, value.get(None, missing))
    if isinstance(value, Mapping) and key is None:
        if None in value:
            return value[None]
        return Each(tuple(value.values()))
    if isinstance(value, list):
        if key is None:
            return Each(tuple(value))
        if isinstance(key, int) and 0 <= key < len(value):
            return value[key]
        return Missing(frozenset({"an element that is not there"}))
    return _nonsense("an index")


def _call(name: str, nodes: Sequence[Node], facts: Facts) -> Any:
    if name in ("any", "all") and len(nodes) == 1:
        return _reduce(name, _evaluate(nodes[0], facts))
    if name == "coalesce":
        return _first_there([_evaluate(node, facts) for node in nodes])
    if name == _LOT and _DRAWN in facts:
        return _drawn(nodes, facts)
    function = FUNCTIONS.get(name)
    if function is None:
        return Undetermined(frozenset({f"the function {name}"}))

    def guarded(*values: Any) -> Any:
        try:
            return function(*values)
        except (TypeError, ValueError):
            return Undetermined(frozenset({f"the function {name}"}))

    return _apply(guarded, *nodes, facts=facts)


def _first_there(values: Sequence[Any]) -> Any:
    """The first value that is not nil; unknown as soon as one before it may be there or not."""
    for value in values:
        if not isinstance(value, Missing):
            return value
    return Missing(frozenset({"a value that is not there"}))


def _drawn(nodes: Sequence[Node], facts: Facts) -> Any:
    """The number that a lot gives: from the first bound up to, and without, the second."""
    low, high = (_evaluate(node, facts) for node in nodes[:2]) if len(nodes) > 2 else (0, 0)
    if type(low) is not int or type(high) is not int or low >= high:
        return Undetermined(frozenset({f"the function {_LOT}"}))
    return low + int(facts[_DRAWN] * (high - low))


def _reduce(name: str, value: Any) -> Any:
    if isinstance(value, Undetermined):
        return value
    if not isinstance(value, Each):
        return _nonsense(name)
    spend(len(value.values))
    deciding = name == "any"
    if any(each is deciding for each in value.values):
        return deciding
    on = [each.on for each in value.values if isinstance(each, Undetermined)]
    return Undetermined(frozenset().union(*on)) if on else not deciding
