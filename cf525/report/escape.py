"""Makes text from the network harmless for where it is shown."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from cf525.patterns import lazy_pattern

_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    chr(code) for start, end in ((0xFE00, 0xFE10), (0xE0100, 0xE01F0)) for code in range(start, end)
)
"""Characters without a shape that Unicode does not count as formats: fillers, and the variation
selectors, in which whole texts can be hidden."""
_CATEGORIES: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Control, format (direction, zero width, tags), surrogate, private use, line and paragraph."""
_MARKS: Final = lazy_pattern(r"([\\`*_{}\[\]()#+!|~>-])")


def for_terminal(text: str) -> str:
    """Control characters and what has no shape of its own become visible code points.

    A server that sends ``ESC [ 2 J`` in a certificate's name must not clear anybody's screen, and
    a name with a zero-width space in it must not look like another. Line feeds stay: the caller
    decides on layout.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char == "\n" or _harmless(char) else f"<U+{ord(char):04X}>" for char in text
    )


def code(line: str) -> str:
    """A line of configuration, which is to be copied: with its tabs, which are part of a patch."""
    return "\t".join(map(for_terminal, line.split("\t")))


def without_controls(text: str) -> str:
    """The text with a replacement character for whatever acts on a screen; tabs and lines stay."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        char if char in "\n\t" or _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def for_machine(text: str) -> str:
    """Text for a format that machines read and people see: XML 1.0 too can hold what is left."""
    shown = for_terminal(text)
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in shown)


def in_json(text: str) -> str:
    """JSON of the same value, in which nothing acts on a screen or goes unseen there.

    ``json.dumps`` escapes what is below a space; what is above ASCII stands within strings alone.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        char
        if char == "\n" or _harmless(char)
        else json.dumps(char).strip('"').replace("\x7f", "\\u007f")
        for char in text
    )


def everywhere(value: Any) -> Any:
    """Plain data with every text in it, the names of members too, made harmless for machines."""
    if isinstance(value, str):
        return for_machine(value)
    if isinstance(value, Mapping):
        return {for_machine(str(name)): everywhere(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [everywhere(each) for each in value]
    return value


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    plain = for_terminal(text).replace("\n", " ")
    return _MARKS.sub(r"\\\1", plain).replace("&", "&amp;").replace("<", "&lt;")


def _harmless(char: str) -> bool:
    return char not in _UNSEEN and unicodedata.category(char) not in _CATEGORIES
