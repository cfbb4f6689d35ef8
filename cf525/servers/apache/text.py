"""Apache's text: lines with their continuations, the words of a line, a module's name.

What the words mean is the reader's.
"""

import re
from collections.abc import Iterator
from typing import Final

from cf525.patterns import lazy_pattern

_WORD: Final = lazy_pattern(r'"((?:\\.|[^"\\])*)"?|\'((?:\\.|[^\'\\])*)\'?|([^\s"\']\S*)')


def module(name: str) -> str:
    """``mod_ssl.c`` as ``ssl_module``."""
    if name.endswith(".c"):
        return f"{name.removeprefix('mod_').removesuffix('.c')}_module"
    return name


def words_of(text: str) -> tuple[str, ...]:
    return tuple(
        re.sub(r"\\(.)", r"\1", double or single) or bare
        for double, single, bare in _WORD.findall(text)
    )


def joined(texts: list[str]) -> Iterator[tuple[int, str]]:
    """The lines with their continuations, without comments and empty ones."""
    number = 0
    while number < len(texts):
        first, text = number + 1, texts[number]
        while text.endswith("\\") and number + 1 < len(texts):
            number += 1
            text = text[:-1] + texts[number]
        number += 1
        if text.strip() and not text.lstrip().startswith("#"):
            yield first, text
