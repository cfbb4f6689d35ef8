"""TOML that somebody else wrote, read at no more than its size is worth.

The standard library keeps every beginning of a dotted key, so that one key of 40 KB takes 1.6 GB:
how deep keys lead is counted before it sees the text, with the strings and comments of TOML told
apart as it does itself. Opens no files, and knows nothing of what the keys mean.
"""

import re
from typing import Any, Final

from cf525.patterns import lazy_pattern

MAX_DEPTH: Final = 60
MAX_PARTS: Final = 200_000
_TOKEN: Final = lazy_pattern(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+"
    r"|(?P<dot>\.)"
    r"|(?P<end>[\n=,\[\]{}])",
    re.DOTALL,
)
"""A string, a comment, a dot of a key (or number), or what ends a key. A string without an end
takes the rest of its line or text: there the standard library stops too."""


def loads(text: str, deepest: int = MAX_DEPTH) -> dict[str, Any]:
    """The tables of a text. Raises ValueError for what is no TOML, and for keys or values that are
    nested deeper than any configuration."""
    if depth_of(text, deepest) > deepest:
        raise ValueError("it is nested deeper than any configuration")
    if parts_of(text) > MAX_PARTS:
        raise ValueError("it holds more than any configuration")
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested deeper than any configuration") from None


def parts_of(text: str, enough: int = MAX_PARTS) -> int:
    """How many parts of keys, values and brackets there are, each of which may become a table;
    no more are counted than one over ``enough``."""
    parts = 0
    for token in _TOKEN.finditer(text):
        parts += token["dot"] is not None or token["end"] not in (None, "\n")
        if parts > enough:
            break
    return parts


def depth_of(text: str, enough: int = MAX_DEPTH) -> int:
    """How many dots the deepest key has; no more is counted than one over ``enough``."""
    deepest = dots = 0
    for token in _TOKEN.finditer(text):
        if token["end"] is not None:
            dots = 0
        elif token["dot"] is not None:
            dots += 1
            deepest = max(deepest, dots)
            if deepest > enough:
                break
    return deepest
