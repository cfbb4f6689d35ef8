"""From edits to a changed library, and from that to one unified diff that ``patch -p0`` applies.

GNU patch takes neither absolute names nor symbolic links: a file is called as the library calls
the real one, without a leading slash. Line ends and a missing last newline stay as they are.
"""

import difflib
from collections.abc import Iterable, Iterator

from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Overlaid, decoded

CONTEXT = 1
"""Lines around a change: patch needs no more, and a screen has no room for them."""
_NO_END = "\\ No newline at end of file\n"


def applied(edits: Iterable[Edit], library: Overlaid) -> Overlaid | None:
    """The library with the edits made; None where a file of them cannot be read."""
    by_file: dict[str, list[Edit]] = {}
    for each in dict.fromkeys(edits):
        by_file.setdefault(each.file, []).append(each)
    texts = dict(library.texts)
    for file, own in by_file.items():
        content = library.read(file)
        if isinstance(content, Absence):
            return None
        text = "".join(_edited(decoded(content), own))
        texts[library.real(file)] = text.encode("utf-8", "surrogateescape")
    return Overlaid(library.below, texts)


def diff_of(library: Overlaid, before: dict[str, bytes]) -> str:
    """The unified diff from the files ``before`` (by real name) to the library's own."""
    parts: list[str] = []
    for name, content in library.texts.items():
        old = decoded(before.get(name, b""))
        parts += _diff(name.lstrip("/"), old, decoded(content))
    return "".join(parts)


def _edited(text: str, edits: list[Edit]) -> list[str]:
    lines = _lines(text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for edit in sorted(edits, key=lambda each: (each.first, each.last), reverse=True):
        at = edit.first - 1
        if at == len(lines) and lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        lines[at : edit.last] = [f"{line}{end}" for line in edit.lines]
    return lines


def _diff(name: str, old: str, new: str) -> Iterator[str]:
    for line in difflib.unified_diff(_lines(old), _lines(new), name, name, n=CONTEXT):
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def _lines(text: str) -> list[str]:
    """The lines with their ends; only line feeds end one."""
    parts = text.split("\n")
    lines = [f"{each}\n" for each in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
