"""Sites that stand beside the files in use and are not enabled: what a name may have been meant
to be answered by. Lines are looked at as text; nothing here says what such a site would answer.
"""

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from cf525.model import Place
from cf525.servers.foretold import Fault
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.tree import Tree, shown

MOST: Final = 200
LARGE: Final = 200_000
_FOLDERS: Final = ("sites-available", "conf.d", "sites-enabled")


def led_to(fault: Fault, library: Library, tree: Tree, host: str, words: Sequence[str]) -> Fault:
    """The fault with that line before its own, where there is one. ``words`` are the directives
    that give names to a site."""
    site = _not_enabled(library, tree.main, tree.files, host, words)
    if site is None:
        return fault
    return replace(
        fault,
        places=(site, *fault.places),
        evidence=(*fault.evidence, "a file that is not enabled has the name"),
    )


def _not_enabled(
    library: Library, main: str, files: Iterable[str], host: str, words: Sequence[str]
) -> Place | None:
    """The line that gives the host to a site which no file in use includes."""
    used = {library.real(each) for each in files}
    name = rf"(?:{'|'.join(words)})\s(?:[^#\n]*[\s\"'])?{re.escape(host)}(?=[\s;\"']|$)"
    pattern = re.compile(rf"^\s*{name}", re.IGNORECASE)
    root = posixpath.dirname(main)
    found = (
        path for each in _FOLDERS for path in library.matching(posixpath.join(root, each, "*"))
    )
    for path in islice(found, MOST):
        content = library.read(path)
        if library.real(path) in used or isinstance(content, Absence) or len(content) > LARGE:
            continue
        text = decoded(content)
        if "443" not in text:
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if pattern.match(line[:2000]):
                return Place(file=path, line=number, text=shown(line))
    return None
