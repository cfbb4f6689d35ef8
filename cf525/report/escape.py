"""Makes text from the network harmless for where it is shown."""

import unicodedata
from typing import Final

_BIDIRECTIONAL: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def for_terminal(text: str) -> str:
    """Control characters, escapes and text-direction marks become visible code points.

    A server that sends ``ESC [ 2 J`` in a certificate's name must not clear anybody's screen.
    Line feeds stay: the caller decides on layout.
    """
    return "".join(
        char if char == "\n" or _harmless(char) else f"<U+{ord(char):04X}>" for char in text
    )


def _harmless(char: str) -> bool:
    return char not in _BIDIRECTIONAL and unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
