"""Expressions of Cloudflare's Rules language as a tree.

``parse`` turns text into nodes and nothing more; what a node means for a request is in
``evaluate``. Whatever does not parse is None, never an exception: the language grows.
"""

import re
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cf525.edge.budget import give_back, spend
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH: Final = 16_384
"""Four times Cloudflare's own limit on an expression."""

Network: TypeAlias = IPv4Network | IPv6Network
Constant: TypeAlias = str | int | bool | Network


@dataclass(frozen=True, slots=True)
class Literal:
    value: Constant


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends belong to it."""

    low: int | Network
    high: int | Network


@dataclass(frozen=True, slots=True)
class Field:
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element by name or position; ``key`` is None for ``[*]``, every element."""

    of: "Node"
    key: str | int | None


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``operator`` is the English form: ``eq``, ``contains``, ``strict wildcard`` ..."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Member:
    of: "Node"
    items: tuple[Literal | Range, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Membership in a list of the account, which is not read."""

    of: "Node"
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    of: "Node"


@dataclass(frozen=True, slots=True)
class Logic:
    """``operator`` is ``and``, ``or`` or ``xor``."""

    operator: str
    left: "Node"
    right: "Node"


Node: TypeAlias = Literal | Field | Index | Call | Compare | Member | Listed | Not | Logic

_OPERATORS: Final = {
    "==": "eq",
    "!=": "ne",
    "<=": "le",
    "<": "lt",
    ">=": "ge",
    ">": "gt",
    "~": "matches",
    "&": "bitwise_and",
}


_TOKEN: Final = lazy_pattern(
    r'"(?:\\[\s\S]|[^"\\])*(?:"|\Z)|[\w.]*(?::[\w.]*)+(?:/\d+)?|[\w.]+|[^\s\w]'
)
_STEPS_A_TOKEN: Final = 25


def parse(text: str) -> Node | None:
    """The tree of an expression; None when it is not understood. Raises OverBudget."""
    if len(text) > MAX_LENGTH:
        return None
    tokens = sum(1 for _ in _TOKEN.finditer(text)) + 2 * text.count("..")
    spend(_STEPS_A_TOKEN * tokens)
    known = _parsed.cache_info().hits
    node = _parsed(text)
    if _parsed.cache_info().hits > known:
        give_back(_STEPS_A_TOKEN * tokens)
    return node


@lru_cache(maxsize=256)
def _parsed(text: str) -> Node | None:
    from lark.exceptions import LarkError

    try:
        tree = _parser().parse(text)
    except (LarkError, ValueError, RecursionError):
        return None
    return tree if isinstance(tree, Node) else None


@cache
def _parser() -> "Lark":
    from lark import Lark, Transformer, v_args

    @v_args(inline=True)
    class Build(Transformer[Any, Any]):
        """One method a rule of the grammar."""

        def either(self, left: Node, right: Node) -> Node:
            return Logic("or", left, right)

        def exclusive(self, left: Node, right: Node) -> Node:
            return Logic("xor", left, right)

        def both(self, left: Node, right: Node) -> Node:
            return Logic("and", left, right)

        def negated(self, of: Node) -> Node:
            return Not(of)

        def operator(self, token: str) -> str:
            word = " ".join(token.split())
            return _OPERATORS.get(word, word)

        def compared(self, left: Node, operator: str, right: Node) -> Node:
            return Compare(operator, left, right)

        def set(self, *items: Literal | Range) -> tuple[Literal | Range, ...]:
            return items

        def member(self, of: Node, items: tuple[Literal | Range, ...]) -> Node:
            return Member(of, items)

        def listed(self, of: Node, name: str) -> Node:
            return Listed(of, str(name))

        def indexed(self, of: Node, key: Literal | None) -> Node:
            value = None if key is None else key.value
            assert value is None or isinstance(value, str | int)
            return Index(of, value)

        def each(self, _star: str) -> None:
            return None

        def field(self, name: str) -> Node:
            return Literal(name == "true") if name in ("true", "false") else Field(str(name))

        def call(self, name: str, *arguments: Node | None) -> Node:
            return Call(str(name), tuple(each for each in arguments if each is not None))

        def text(self, token: str) -> Literal:
            return Literal(_unescape(token[1:-1]))

        def raw_text(self, token: str) -> Literal:
            return Literal(token[token.index('"') + 1 : token.rindex('"')])

        def integer(self, token: str) -> Literal:
            return Literal(int(token, 16 if "x" in token else 10))

        def address(self, token: str) -> Literal:
            return Literal(ip_network(str(token), strict=False))

        def integers(self, low: str, high: str) -> Range:
            return Range(int(low, 0), int(high, 0))

        def addresses(self, low: str, high: str) -> Range:
            return Range(ip_network(str(low)), ip_network(str(high)))

    return Lark(
        (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        transformer=Build(),
    )


def _unescape(text: str) -> str:
    r"""A quoted string's value: ``\"``, ``\\``, ``\xHH`` and octal ``\NNN``; others as they are."""

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "x":
            return chr(int(code[1:], 16))
        return chr(int(code, 8)) if code.isdigit() else code

    return re.sub(r'\\(x[0-9a-fA-F]{2}|[0-7]{3}|["\\])', replace, text)
