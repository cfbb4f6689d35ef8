"""Marks around the parts of a text that follow what somebody else wrote.

Our sentences quote origins, whole or in part, wrapped, escaped or cut: such parts are found again
by their words, however they stand there, and put between ``⟦`` and ``⟧``. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from cf525.report.escape import for_terminal

OPEN: Final = "⟦"
CLOSE: Final = "⟧"
MOST_FOREIGN: Final = 120
MOST_TEXT: Final = 6_000
RUN: Final = 3
"""So many words that follow each other as in a foreign text are taken for a part of it: however
our sentence cut it, wrapped it, or took the tags and spaces between them away."""
SHORT: Final = 8
"""Words. The first two of a text that has no more are known by themselves too, because a sentence
of ours may show no more of it."""
NUMBER: Final = re.compile(r"[0-9a-f.:x%/-]*", re.IGNORECASE)
"""An address, a version, a fingerprint."""
OUR_WORDS: Final = frozenset({"http", "https", "cn"})
_ESCAPED: Final = (
    r"(?:<|&lt;)U\\?\+[0-9A-Fa-f]{4,6}\\?(?:>|&gt;)"
    r"|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\[abtnvfr]"
)
"""What a character without a shape is written as, in any of our forms."""
_WORD: Final = re.compile(_ESCAPED + r"|([^\W_]+)")
_SIGN: Final = re.compile(_ESCAPED + r"|([^\W_]+|[^\x00-\x7f\s])")
"""A word; and where signs are used as letters (circled, squared, of flags), each sign one."""
_TAG: Final = re.compile(r"<[^<>]*>")


Runs = frozenset[tuple[str, ...]]


def runs_of(texts: Iterable[str]) -> Runs:
    """Every run of words of these texts, with their tags and without; of a short text all of it."""
    found: set[tuple[str, ...]] = set()
    for text in texts:
        for form in {each for one in _forms(text) for each in (one, *_untagged(one))}:
            for kind in (_WORD, _SIGN):
                words = [_folded(each) for each in _words(kind, form)]
                found.update(tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1))
                if len(words) <= SHORT:
                    found.add(tuple(words[: RUN - 1]))
    found.discard(())
    return frozenset(found)


def _words(kind: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [each for each in kind.finditer(text) if each[1]]


def _folded(word: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", word[0]).casefold()


def _untagged(text: str) -> tuple[str, str]:
    return _TAG.sub(" ", text), _TAG.sub("", text)


def _forms(text: str) -> set[str]:
    """The ways a foreign text may get into a sentence: as it is, without what has no shape, as
    the bytes it was, read as another encoding."""
    if text.isascii() and text.isprintable():
        return {text}
    encoded = text.encode("utf-8", "replace")
    return {
        text,
        "".join(char for char in text if for_terminal(char) == char),
        "".join(char for char in text if char.isprintable()),
        repr(encoded),
        encoded.decode("latin-1"),
        text.encode("latin-1", "ignore").decode("utf-8", "replace"),
        text.encode("ascii", "ignore").decode(),
        text.encode("ascii", "backslashreplace").decode(),
    }


def marked(text: str, foreign: Runs, *, ours: Iterable[str] = (), most: int = MOST_TEXT) -> str:
    """The text with every part that follows a foreign one between marks, cut at ``most``.

    ``ours`` are the names that were asked about: they need no marks, whoever wrote them too.
    """
    text = text.replace(OPEN, "[").replace(CLOSE, "]")
    own = OUR_WORDS | {_folded(each) for name in ours for each in _words(_WORD, name)}
    parts: list[str] = []
    done = 0
    for start, end in _joined(chain(_spans(_WORD, text, foreign), _spans(_SIGN, text, foreign))):
        said = text[start:end]
        if NUMBER.fullmatch(said) or own.issuperset(_folded(one) for one in _words(_SIGN, said)):
            continue
        shown = said if len(said) <= MOST_FOREIGN else f"{said[:MOST_FOREIGN]}…"
        parts += [text[done:start], OPEN, shown, CLOSE]
        done = end
    whole = "".join([*parts, text[done:]])
    kept = "".join(char if char == "\n" else for_terminal(char) for char in whole)
    return kept if len(kept) <= most else f"{_closed(kept[:most])} … (cut)"


def _spans(kind: re.Pattern[str], text: str, foreign: Runs) -> Iterator[tuple[int, int]]:
    """Where words stand that follow each other as they do in a foreign text."""
    words = _words(kind, text)
    known = [_folded(each) for each in words]
    for at in range(len(words)):
        for run in range(1, RUN + 1):
            if at + run <= len(words) and tuple(known[at : at + run]) in foreign:
                yield words[at].start(), words[at + run - 1].end()


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _closed(text: str) -> str:
    return f"{text}{CLOSE}" if text.count(OPEN) > text.count(CLOSE) else text
