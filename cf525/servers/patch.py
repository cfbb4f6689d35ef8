"""From edits to a changed library, and from that to one unified diff that ``patch -p0`` applies.

GNU patch takes neither absolute names nor symbolic links: a file is called as the library calls
the real one, without a leading slash. Line ends and a missing last newline stay as they are. A name
that patch could read as another one has no diff.
"""

import difflib
from collections.abc import Iterable, Iterator

from cf525.patterns import lazy_pattern
from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Overlaid, decoded

CONTEXT = 1
"""Lines around a change: patch needs no more, and a screen has no room for them."""
_PLAIN = lazy_pattern(r"[^\s\"'\\](?:[^\s\"'\\]| (?=[^\s\"'\\]))*")
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
    """The unified diff from the files ``before`` (by real name) to the library's own; empty where
    the name of one of them is not plain."""
    if not all(map(is_plain, library.texts)):
        return ""
    parts: list[str] = []
    for name, content in library.texts.items():
        old = decoded(before.get(name, b""))
        parts += _diff(name.lstrip("/"), old, decoded(content))
    return "".join(parts)


def is_plain(name: str) -> bool:
    """Whether patch reads a name in a diff's head as the very same: it is printable, has neither
    quotes nor backslashes, and leads nowhere up."""
    return (
        name.isprintable()
        and _PLAIN.fullmatch(name) is not None
        and ".." not in name.split("/")
        and name.strip("/") != "dev/null"
    )


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
    head = f"{name}\t" if " " in name else name  # where a name with spaces ends
    for line in difflib.unified_diff(_lines(old), _lines(new), head, head, n=CONTEXT):
        yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def _lines(text: str) -> list[str]:
    """The lines with their ends; only line feeds end one."""
    parts = text.split("\n")
    lines = [f"{each}\n" for each in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
