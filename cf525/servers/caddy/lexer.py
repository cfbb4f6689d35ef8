"""The words of a Caddyfile, told apart as Caddy's own lexer does, and written so that it reads
them again as they are.

Variables with a default are filled in first, as Caddy does before it looks at words; one without
leaves a mark. Quotes, backticks, heredocs, escaped ends of lines and comments are known here; what
a word means is not.
"""

import re
from collections.abc import Iterable
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Go takes for a space; Python's own notion has four control characters more."""
_BARE: Final = lazy_pattern(rf"[^{_SPACE}\\]+")
_GAP: Final = lazy_pattern(rf"[{_SPACE}]")
_QUOTED: Final = lazy_pattern(r'(?:[^"\\]|\\.)*+', re.DOTALL)
_HEREDOC: Final = lazy_pattern(r"<<([A-Za-z0-9_-]+)\r?\n")
_PLAIN: Final = lazy_pattern(r"(?!#|<<)[!#-\[\]-_a-~]+")
"""What may stand without quotes: printable ASCII but quotes, backticks and backslashes."""
_MARK: Final = lazy_pattern("\udffe([^\udfff]*)\udfff")
MAX_WORDS: Final = 1_000_000
"""Of a file; the words of imports count each time anew."""
_CLEAN: Final = lazy_pattern(r"[^A-Za-z0-9_.-]")


class NotCaddyfile(ValueError):
    """A text that Caddy's lexer refuses, or words that it cannot be handed; with the place."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Word:
    """A word at its place. ``first`` is whether it begins a line, which an escaped end of line does
    not; ``quote`` is what stood around it."""

    text: str
    file: str
    line: int
    first: bool
    quote: str = ""

    @property
    def unknown(self) -> str:
        """The variable without a default in it; empty where there is none."""
        found = _MARK.search(self.text)
        return found[1] if found is not None else ""


def words_of(text: str, file: str) -> list[Word]:
    """All words. Raises NotCaddyfile."""
    return _Lexer(_filled(text.removeprefix("\ufeff")), file).words()


def without_marks(text: str) -> str:
    """A word's text with nothing in place of variables that are not known."""
    return _MARK.sub("", text)


def written(words: Iterable[Word]) -> tuple[str, list[Word]]:
    """The words as a text of which Caddy makes the same words, and for each line of it the word
    that it begins with. Raises NotCaddyfile."""
    pieces: list[str] = []
    lines: list[Word] = []
    for word in words:
        piece = _one(word)
        if word.first or not pieces:
            pieces.append("\n" if pieces else "")
            lines.append(word)
        else:
            pieces.append(" ")
        lines += [word] * piece.count("\n")
        pieces.append(piece)
    return "".join(pieces) + "\n", lines


def _one(word: Word) -> str:
    text = word.text
    if "{$" in text:  # it would be filled in a second time
        raise NotCaddyfile("a variable stands within a variable", word.file, word.line)
    if not word.quote and _PLAIN.fullmatch(text):
        return text
    ticked, quoted = "`" not in text, not text.endswith("\\") and '\\"' not in text
    if ticked and (word.quote == "`" or not quoted):
        return f"`{text}`"
    if not quoted:
        raise NotCaddyfile("a word has all kinds of quotes", word.file, word.line)
    return '"' + text.replace('"', '\\"') + '"'


def _filled(text: str) -> str:
    """Defaults in place of variables. What a default leaves is not looked at again."""
    done: list[str] = []
    at = 0
    while (begin := text.find("{$", at)) >= 0 and (end := text.find("}", begin)) >= 0:
        name, colon, default = text[begin + 2 : end].partition(":")
        value = default if colon else f"\udffe{_CLEAN.sub('?', name[:60])}\udfff"
        done += [text[at:begin], value if name or colon else text[begin : end + 1]]
        at = end + 1
    return "".join((*done, text[at:]))


class _Lexer:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self.line = 1
        self.first = True
        self.found: list[Word] = []

    def words(self) -> list[Word]:
        text, size = self.text, len(self.text)
        while self.at < size:
            here = text[self.at]
            if here == "\n":
                self.line, self.first = self.line + 1, True
                self.at += 1
            elif _GAP.match(here):
                self.at += 1
            elif here == "#":
                end = text.find("\n", self.at)
                self.at = size if end < 0 else end
            elif here == '"':
                self._quoted()
            elif here == "`":
                end = text.find("`", self.at + 1)
                end = size if end < 0 else end
                self._add(text[self.at + 1 : end], end + 1, "`")
            elif heredoc := _HEREDOC.match(text, self.at):
                self._heredoc(heredoc[1], heredoc.end())
            elif here == "\\" and _GAP.match(text, self.at + 1):
                self._escaped()
            else:
                self._bare()
        return self.found

    def _add(self, text: str, end: int, quote: str = "") -> None:
        if len(self.found) >= MAX_WORDS:
            raise NotCaddyfile("more words than any configuration has", self.file, self.line)
        self.found.append(Word(text, self.file, self.line, self.first, quote))
        self.line += self.text.count("\n", self.at, end)
        self.first = False
        self.at = end

    def _quoted(self, escape: str = "") -> None:
        begin = self.at + 1
        if escape and begin < len(self.text):  # it stays in force for the first character
            escape, begin = escape + self.text[begin], begin + 1
        match = _QUOTED.match(self.text, begin)
        if match is None:
            return
        self._add((escape + match[0]).replace('\\"', '"'), match.end() + 1, '"')

    def _escaped(self) -> None:
        """A backslash before space: the end of a line behind it ends none; a word that comes
        first has it, as Caddy goes on to escape."""
        text = self.text
        self.at += 1
        while self.at < len(text) and text[self.at] != "\n" and _GAP.match(text, self.at):
            self.at += 1
        if text.startswith("#", self.at):
            end = text.find("\n", self.at)
            self.at = len(text) if end < 0 else end
        if text.startswith("\n", self.at):
            self.line += 1
            self.at += 1
        elif text.startswith('"', self.at):
            self._quoted("\\")
        elif self.at < len(text) and text[self.at] != "`":
            self._bare("\\")

    def _bare(self, escape: str = "") -> None:
        """Up to a space; a backslash stands for itself, but before the end of a line."""
        at, text = self.at, self.text
        pieces = list[str]()
        if escape:
            pieces.append("<" if text[at] == "<" else escape + text[at])
            at += 1
        while at < len(text):
            if match := _BARE.match(text, at):
                pieces.append(match[0])
                at = match.end()
            elif text[at] == "\\" and at + 1 < len(text) and not _GAP.match(text, at + 1):
                pieces.append(text[at : at + 2] if pieces or text[at + 1] != "<" else "<")
                at += 2
            else:
                break
        if not pieces:  # a backslash at the very end
            self.at = len(text)
            return
        if text.startswith("\\", at) and not text.startswith("\\\n", at):
            at += 1  # one before a space ends with the word
        self._add("".join(pieces), at)

    def _heredoc(self, marker: str, begin: int) -> None:
        """A text up to its marker, less the spaces that stand before the marker."""
        end = self.text.find(marker, begin)
        if end < 0:
            raise NotCaddyfile("incomplete heredoc", self.file, self.line)
        *lines, padding = self.text[begin:end].replace("\r", "").split("\n")
        for number, line in enumerate(lines, 1):
            if line and (padding.strip() or not line.startswith(padding)):
                raise NotCaddyfile(
                    "mismatched leading whitespace in heredoc", self.file, self.line + number
                )
        body = "\n".join(line[len(padding) :] for line in lines)
        self._add(body, end + len(marker), "<")
