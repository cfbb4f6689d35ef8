"""The functions of the Rules language that can be computed from a request alone.

Each takes plain values and returns one; wrong types or counts raise ValueError or TypeError,
which the evaluator turns into "not known". Functions that are not in the table (hashes, HMAC,
JSON, random values) are not known either.

Source: developers.cloudflare.com/ruleset-engine/rules-language/functions.
"""

import re
from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from cf525.edge.regex import replace_first

MAX_TEXT: Final = 65_536
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER: Final = str.maketrans(ascii_lowercase, ascii_uppercase)


def wildcard_groups(pattern: str, text: str, *, strict: bool) -> list[str] | None:
    r"""What each ``*`` of the pattern stands for, lazily; None when the text does not match.

    ``\*`` is a literal asterisk. Case counts only when ``strict``.
    """
    pieces = [piece.replace("\0", "*") for piece in _literal_stars(pattern).split("*")]
    wanted, given = (pieces, text) if strict else ([p.lower() for p in pieces], text.lower())
    if len(given) != len(text):  # a letter whose lower case is longer: positions would shift
        given = text
    if len(pieces) == 1:
        return [] if given == wanted[0] else None
    if not given.startswith(wanted[0]):
        return None
    groups, position = [], len(wanted[0])
    for piece in wanted[1:-1]:
        found = given.find(piece, position)
        if found < 0:
            return None
        groups.append(text[position:found])
        position = found + len(piece)
    last = len(given) - len(wanted[-1])
    if last < position or not given.endswith(wanted[-1]):
        return None
    return [*groups, text[position:last]]


def _literal_stars(pattern: str) -> str:
    return re.sub(r"\\([*\\])", lambda m: "\0" if m.group(1) == "*" else "\\", pattern)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is wanted")
    return value


def _lower(text: Any) -> str:
    return _text(text).translate(_LOWER)


def _upper(text: Any) -> str:
    return _text(text).translate(_UPPER)


def _concat(*parts: Any) -> Any:
    if parts and all(isinstance(part, list) for part in parts):
        return [each for part in parts for each in part]
    joined = "".join(_to_string(part) for part in parts)
    if len(joined) > MAX_TEXT:
        raise ValueError("too long")
    return joined


def _to_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _text(value)


def _len(value: Any) -> int:
    return len(_text(value).encode()) if isinstance(value, str) else len(value)


def _substring(text: Any, start: int, end: int | None = None) -> str:
    return _text(text).encode()[start:end].decode(errors="replace")


def _url_decode(text: Any, options: str = "") -> str:
    if "u" in options:
        raise ValueError("escapes of four digits are not followed")
    rounds = 10 if "r" in options else 1
    value = _text(text)
    for _ in range(rounds):
        decoded = unquote_plus(value)
        if decoded == value:
            break
        value = decoded
    return value


def _expand(replacement: str, groups: list[str], first: int) -> str:
    """``${N}`` is group N, ``$$`` a dollar sign."""

    def one(match: re.Match[str]) -> str:
        if match.group(0) == "$$":
            return "$"
        number = int(match.group(1)) - first
        return groups[number] if 0 <= number < len(groups) else ""

    return re.sub(r"\$\$|\$\{(\d{1,2})\}", one, replacement)


def _regex_replace(source: Any, pattern: str, replacement: str) -> str:
    return replace_first(
        _text(pattern), _text(source), lambda groups: _expand(replacement, groups, 0)
    )


def _wildcard_replace(source: Any, pattern: str, replacement: str, flags: str = "") -> str:
    groups = wildcard_groups(_text(pattern), _text(source), strict="s" in flags)
    return _text(source) if groups is None else _expand(replacement, groups, 1)


def _has_key(mapping: Mapping[str, Any], key: str) -> bool:
    return _text(key) in mapping


def _has_value(values: Any, value: Any) -> bool:
    if isinstance(values, Mapping):
        values = list(values.values())
    if not isinstance(values, list):
        raise TypeError("an array or a map is wanted")
    return value in values


def _split(text: Any, separator: str, most: int) -> list[str]:
    if not 1 <= most <= 128:
        raise ValueError("limit")
    return _text(text).split(_text(separator), most - 1)


def _join(parts: list[str], separator: str) -> str:
    return _text(separator).join(_text(part) for part in parts)


def _remove_bytes(text: Any, unwanted: str) -> str:
    return _text(text).translate(dict.fromkeys(map(ord, set(_text(unwanted)))))


def _remove_query_args(query: Any, *names: str) -> str:
    kept = [
        part for part in _text(query).split("&") if unquote(part.partition("=")[0]) not in names
    ]
    return "&".join(kept)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "lower": _lower,
    "upper": _upper,
    "concat": _concat,
    "to_string": _to_string,
    "len": _len,
    "substring": _substring,
    "starts_with": lambda text, prefix: _text(text).startswith(_text(prefix)),
    "ends_with": lambda text, suffix: _text(text).endswith(_text(suffix)),
    "url_decode": _url_decode,
    "regex_replace": _regex_replace,
    "wildcard_replace": _wildcard_replace,
    "has_key": _has_key,
    "has_value": _has_value,
    "split": _split,
    "join": _join,
    "remove_bytes": _remove_bytes,
    "remove_query_args": _remove_query_args,
}
