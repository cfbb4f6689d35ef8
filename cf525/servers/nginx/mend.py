"""Edits of nginx's configuration: a directive replaced, a line put into a block.

An edit is only made where the text of a directive is found again as it was read; else there is
none, and so no patch.
"""

import re
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.tree import Directive, shown

_INDENT = lazy_pattern(r"[ \t]*")
_GAP: Final = r"(?:\s|(?<=\s)#[^\n]*\n)"
"""What stands between two words of a statement: space, and comments to the end of their line."""


class Mender:
    """Makes edits for the files of a library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._lines: dict[str, list[str]] = {}

    def lines(self, file: str) -> list[str]:
        """The lines of a file without their ends."""
        if file not in self._lines:
            content = self.library.read(file)
            text = "" if isinstance(content, Absence) else decoded(content)
            self._lines[file] = [each.rstrip("\r") for each in text.split("\n")]
        return self._lines[file]

    def line(self, place: Place) -> str | None:
        """The line of a place as it may be printed."""
        lines = self.lines(place.file)
        return shown(lines[place.line - 1]) if 0 < place.line <= len(lines) else None

    def replaced(self, directive: Directive, *words: str) -> tuple[Edit, ...]:
        """The directive with other words in place of it; without any, it goes."""
        first, last = directive.line, directive.end
        lines = self.lines(directive.file)[first - 1 : last]
        if not lines:
            return ()
        text = "\n".join(lines)
        written = (directive.name, *directive.args)
        words_of = (rf"[\"']?{re.escape(each)}[\"']?" for each in written)
        pattern = rf"{_GAP}+".join(words_of) + rf"{_GAP}*;"
        found = re.search(rf"(?:(?<=[\s;{{}}])|^){pattern}", text)
        if found is None:
            return ()
        new = " ".join(words) + ";" if words else ""
        text = text[: found.start()] + new + text[found.end() :]
        kept = () if not text.strip() else tuple(text.split("\n"))
        return (Edit(file=directive.file, first=first, last=last, lines=kept),)

    def without(self, directive: Directive, *flags: str) -> tuple[Edit, ...]:
        """The directive without some of its arguments."""
        kept = [each for each in directive.args if each not in flags]
        return self.replaced(directive, directive.name, *kept)

    def inserted(self, block: Directive, *statements: str) -> tuple[Edit, ...]:
        """Statements as the first ones of a block."""
        lines = self.lines(block.file)
        if not 0 < block.line <= len(lines):
            return ()
        at = block.line
        while at <= len(lines) and "{" not in lines[at - 1]:
            at += 1
        if at > len(lines):
            return ()
        line = lines[at - 1]
        head, _, tail = line.partition("{")
        if tail.strip() and not tail.strip().startswith("#"):
            new = f"{head}{{ {' '.join(statements)}{tail if tail[:1].isspace() else f' {tail}'}"
            return (Edit(file=block.file, first=at, last=at, lines=(new,)),)
        indent = self._indent(block, line)
        made = tuple(f"{indent}{each}" for each in statements)
        return (Edit(file=block.file, first=at + 1, last=at, lines=made),)

    def _indent(self, block: Directive, line: str) -> str:
        children = [each for each in block.block or () if each.file == block.file]
        if children and children[0].line > block.line:
            found = _INDENT.match(self.lines(block.file)[children[0].line - 1])
            return found[0] if found is not None else ""
        found = _INDENT.match(line)
        return (found[0] if found is not None else "") + "    "
