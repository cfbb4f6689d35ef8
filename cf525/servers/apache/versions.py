"""Apache's ``<IfVersion>``: what of it is settled for every 2.4, which is what is read here.

What differs between releases of 2.4 is taken as the newest would, and said to depend on it; so is
a pattern. Source: modules/metadata/mod_version.c of httpd 2.4.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Final

Version = tuple[int, int, int]
RANGE: Final[tuple[Version, Version]] = ((2, 4, 1), (2, 4, 999))
_TESTS: Final[dict[str, Callable[[Version, Version], bool]]] = {
    "=": operator.eq,
    "==": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def of_version(args: Sequence[str]) -> tuple[bool, str]:
    """Whether the condition holds, and why that is not sure."""
    text = " ".join(args)
    words = list(args) if len(args) != 1 or args[0].startswith("!") else ["=", *args]
    test = words[0].removeprefix("!") if words else ""
    negated = bool(words) and words[0].startswith("!")
    if len(words) == 1:
        test, words = "=", ["=", test]
    wanted = _version(words[1]) if len(words) == 2 else None
    if test not in _TESTS or wanted is None:
        return not negated, f"<IfVersion {text}> depends on the version"
    oldest, newest = (_TESTS[test](each, wanted) is not negated for each in RANGE)
    return newest, "" if oldest is newest else f"<IfVersion {text}> depends on the version"


def _version(text: str) -> Version | None:
    parts = text.split(".")
    if len(parts) > 3 or not all(each.isascii() and each.isdigit() for each in parts):
        return None
    major, minor, last = (int(each[:9]) for each in (*parts, "0", "0")[:3])
    return major, minor, last
