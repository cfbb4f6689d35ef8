"""Edits of configurations that are made of lines: words put in, taken out or replaced.

As with nginx an edit is only made where the words are found as they were read.
"""

import re
from collections.abc import Sequence

from cf525.model import Place
from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Library, decoded


class LineMender:
    """Makes edits for the lines of a library's files."""

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
        """The line of a place as it stands in the file."""
        lines = self.lines(place.file)
        return lines[place.line - 1] if 0 < place.line <= len(lines) else None

    def words(self, place: Place, old: Sequence[str], new: Sequence[str]) -> tuple[Edit, ...]:
        """These words, one behind the other, as others; without ``new`` they go."""
        line = self.line(place)
        if line is None or not old:
            return ()
        pattern = r"\s+".join(rf"[\"']?{re.escape(each)}[\"']?" for each in old)
        found = re.search(rf"(?<![^\s\[]){pattern}(?![^\s\]])", line)
        if found is None and line.endswith("\\"):
            return self._continued(place, old, new)
        if found is None:
            return ()
        before, after = line[: found.start()], line[found.end() :]
        if not new:
            before = before.rstrip()
        return self.whole(place, before + " ".join(new) + after)

    def _continued(self, place: Place, old: Sequence[str], new: Sequence[str]) -> tuple[Edit, ...]:
        """The same for a statement that goes on in the next lines: it becomes one line."""
        lines = self.lines(place.file)
        last = place.line
        while last < len(lines) and lines[last - 1].endswith("\\"):
            last += 1
        text = "".join(each.removesuffix("\\") for each in lines[place.line - 1 : last])
        pattern = r"\s+".join(rf"[\"']?{re.escape(each)}[\"']?" for each in old)
        found = re.search(rf"(?<!\S){pattern}(?!\S)", text)
        if found is None:
            return ()
        text = text[: found.start()] + " ".join(new) + text[found.end() :]
        return (Edit(file=place.file, first=place.line, last=last, lines=(text,)),)

    def added(self, place: Place, *words: str) -> tuple[Edit, ...]:
        """Words at the end of a line, before a comment."""
        line = self.line(place)
        if line is None:
            return ()
        code, mark, comment = _without_comment(line)
        return self.whole(place, f"{code.rstrip()} {' '.join(words)}{mark}{comment}")

    def whole(self, place: Place, text: str) -> tuple[Edit, ...]:
        """Another text in place of the line."""
        return (Edit(file=place.file, first=place.line, last=place.line, lines=(text,)),)

    def removed(self, place: Place) -> tuple[Edit, ...]:
        return (Edit(file=place.file, first=place.line, last=place.line, lines=()),)

    def behind(self, place: Place, *lines: str) -> tuple[Edit, ...]:
        """New lines behind one, indented as the line that follows it."""
        own = self.lines(place.file)
        if not 0 < place.line <= len(own):
            return ()
        following = own[place.line] if place.line < len(own) else ""
        indent = following[: len(following) - len(following.lstrip())] if following.strip() else ""
        indent = indent or "    "
        made = tuple(f"{indent}{each}" for each in lines)
        return (Edit(file=place.file, first=place.line + 1, last=place.line, lines=made),)


def _without_comment(line: str) -> tuple[str, str, str]:
    found = re.search(r"\s#", line)
    if found is None:
        return line, "", ""
    return line[: found.start()], " ", line[found.start() + 1 :]
