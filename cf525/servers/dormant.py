"""Sites that stand beside the files in use and are not loaded: what a name may have been meant to
be answered by. Lines are looked at as text; nothing here says what such a site would answer, only
how it would come to be loaded.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.foretold import Edit, Fault, Foretold
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.question import Question
from cf525.servers.tree import Directive, Tree, shown

MOST: Final = 200
LARGE: Final = 200_000
_FOLDERS: Final = ("sites-available", "conf.d", "sites-enabled", "conf-available")
_PUT_AWAY: Final = lazy_pattern(
    r"(?:\.(?:disabled|off|bak|old|orig|save|dpkg-\w+|rpm\w+)|~)$", re.IGNORECASE
)
"""Endings that people and packages give to what is not to be loaded."""


def led_to(
    fault: Fault, library: Library, tree: Tree, question: Question, words: Sequence[str]
) -> Fault:
    """The fault with that line before its own, where there is one, and with what would load it in
    place of what would have another site answer.
    ``words`` are the directives that give names to a site."""
    site = _not_loaded(library, tree, question, words)
    if site is None or (fault.edits and _PUT_AWAY.search(site.file)):
        return fault  # an old copy is no better than a site that takes the name
    own = posixpath.dirname(site.file)
    missed = next((each for each in tree.globs if posixpath.dirname(each[1]) == own), None)
    facts = {**fault.facts, "asleep": site.file, "awake": _awake(site.file, tree, missed)}
    if missed is None:
        text = "a file that is not enabled has the name"
        return replace(
            fault,
            places=(site, *fault.places),
            evidence=(text, *fault.evidence),
            facts=facts,
            edits=(),
        )
    directive, pattern = missed
    text = (
        f"a file that is not loaded has the name: {directive.name} takes "
        f"{posixpath.basename(pattern)} alone, and it is called {posixpath.basename(site.file)}"
    )
    return replace(
        fault,
        places=(site, directive.place, *fault.places),
        evidence=(text, *fault.evidence),
        facts=facts,
        edits=_included(directive, site.file, library),
    )


def commented(fault: Fault, library: Library, files: Sequence[str], pattern: str) -> Fault:
    """The fault with a line before its own that would do and stands behind a comment sign."""
    wanted = re.compile(rf"\s*#+\s*{pattern}", re.IGNORECASE)
    for path in files[:MOST]:
        content = library.read(path)
        if isinstance(content, Absence) or len(content) > LARGE:
            continue
        for number, line in enumerate(decoded(content).split("\n"), start=1):
            if wanted.match(line[:2000]):
                place = Place(file=path, line=number, text=shown(line))
                told = ("the line that would do it is commented out", *fault.evidence)
                return replace(fault, places=(place, *fault.places), evidence=told)
    return fault


def instead(found: Foretold, default: Fault) -> Foretold:
    """The foretold with the fault of a default site, whose certificate is not to be exchanged
    where another site is there to answer."""
    found = replace(found, if_refused=default)
    return replace(found, others=(), foreign=True) if "asleep" in default.facts else found


def _folders(tree: Tree) -> Iterator[str]:
    """Where sites lie: the folders that are included, then those beside the main file."""
    yield from (posixpath.dirname(pattern) for _, pattern in tree.globs)
    root = posixpath.dirname(tree.main)
    yield from (posixpath.join(root, each) for each in _FOLDERS)


def _not_loaded(
    library: Library, tree: Tree, question: Question, words: Sequence[str]
) -> Place | None:
    """The line that gives the host to a site which no file in use includes."""
    used = {library.real(each) for each in tree.files}
    name = rf"(?:{'|'.join(words)})\s(?:[^#\n]*[\s\"'])?{re.escape(question.host)}(?=[\s;:\"']|$)"
    pattern = re.compile(rf"^\s*{name}", re.IGNORECASE)
    folders = dict.fromkeys(each for each in _folders(tree) if not set(each) & set("*?["))
    found = (path for each in folders for path in library.matching(posixpath.join(each, "*")))
    put_away: Place | None = None
    for path in islice(found, MOST):
        content = library.read(path)
        if library.real(path) in used or isinstance(content, Absence) or len(content) > LARGE:
            continue
        text = decoded(content)
        if str(question.port) not in text:
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if pattern.match(line[:2000]):
                place = Place(file=path, line=number, text=shown(line))
                if _PUT_AWAY.search(path) is None:
                    return place
                put_away = put_away or place  # an old copy, unless nothing else has the name
                break
    return put_away


def _awake(path: str, tree: Tree, missed: tuple[Directive, str] | None) -> str:
    """The name under which the file would be loaded; empty where no pattern tells one."""
    base = posixpath.basename(path)
    patterns = [missed[1]] if missed is not None else [each for _, each in tree.globs]
    if missed is None:
        patterns = [e for e in patterns if posixpath.basename(posixpath.dirname(e)) in _FOLDERS]
    for pattern in sorted(patterns, key=lambda each: "sites-" not in each):
        folder, wanted = posixpath.split(pattern)
        for name in (base, _PUT_AWAY.sub("", base), base + wanted.removeprefix("*")):
            target = posixpath.join(folder, name)
            if fnmatchcase(name, wanted) and target != path and set(name).isdisjoint("*?["):
                return target
    return ""


def _included(directive: Directive, path: str, library: Library) -> tuple[Edit, ...]:
    """The file named behind the directive that passes it over."""
    content = library.read(directive.file)
    lines = [] if isinstance(content, Absence) else decoded(content).split("\n")
    line = lines[directive.line - 1].rstrip("\r") if directive.line <= len(lines) else ""
    written = directive.argument()
    ended = ";" if line.rstrip().endswith(";") else ""
    bare = re.fullmatch(r"(\s*)(\S+)\s+[\"']?(\S+?)[\"']?\s*;?\s*", line)
    if bare is None or bare[3] != written or " " in path or _PUT_AWAY.search(path):
        return ()
    name = posixpath.join(posixpath.dirname(written), posixpath.basename(path))
    new = f"{bare[1]}{bare[2]} {name}{ended}"
    return (Edit(file=directive.file, first=directive.line + 1, last=directive.line, lines=(new,)),)
