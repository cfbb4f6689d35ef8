"""A Caddyfile as the JSON that Caddy itself makes of it: nobody else can.

The program is handed words in which every import is done, and copies of the certificates that it
opens while it reads: so a patch can be tried before a byte of the configuration is touched, and no
text leads it to a file of this host.
"""

import posixpath
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cf525.errors import UsageError
from cf525.patterns import lazy_pattern
from cf525.reading.confined import confined
from cf525.servers.caddy import refusal
from cf525.servers.caddy.lexer import NotCaddyfile, Word, written
from cf525.servers.caddy.unfolding import (
    NOT_READ,
    ON_THE_SERVER,
    OPENED,
    Missing,
    Unfolded,
    unfolded,
)
from cf525.servers.library import Absence, Library, What, decoded

MAX_OUTPUT: Final = 8 << 20
MAX_CERTIFICATE: Final = 1 << 20
SECONDS: Final = 20
_NOT_STARTED: Final = 126
_ERROR: Final = lazy_pattern(
    r"^Error: (?:adapting config using caddyfile: )?(?:\S+?:\d+(?:: | - Error: ))?"
)
_AT: Final = lazy_pattern(r":(\d+)(?:: | - Error)")
_EDGES: Final = "'\"`:,.;()[]{}"
_WORDS: Final = """
error errors during parsing adapting config using caddyfile unrecognized unknown
directive directives option options subdirective argument arguments wrong count or and
unexpected line ending after before token next on same new of for in is are not a an the
to be with without no at by expected expecting expect missing invalid syntax parse value
values key keys block blocks server site sites address addresses duplicate already
defined definition define ambiguous module must may cannot can only one more than once
specified empty bad duration size status code port host scheme matcher matchers snippet
file files open read reading such certificate certificates global ordered registered
it's use has have multiple block's EOF opening closing brace braces curly space
"""
_VOCABULARY: Final = frozenset(_WORDS.split())
"""Words of Caddy's own messages: of others none is shown that stands in an imported file alone."""


def adapted(library: Library, path: str) -> bytes:
    """The JSON, or a refusal where Caddy does not take the file. Raises UsageError where Caddy is
    not here."""
    binary = shutil.which("caddy")
    shown = library.shown(path)
    if binary is None:
        raise UsageError(
            f"{shown} is a Caddyfile, which only caddy itself reads, and it is not installed here",
            hint=ON_THE_SERVER,
        )
    try:
        found = unfolded(library, path)
        with TemporaryDirectory(prefix="cf525-") as folder:
            return _asked(str(Path(binary).absolute()), _Handed(library, path, found, Path(folder)))
    except NotCaddyfile as error:
        own = error.file == path
        where = "" if own else f" ({library.shown(error.file)}:{error.line})"
        return refusal(f"{error}{where}", error.line if own else 0)


def alone(name: str, library: Library, path: str) -> None:
    """Raises UsageError where a text that came without its files imports one."""
    try:
        found = unfolded(library, path)
    except Missing:
        found = None
    except NotCaddyfile:
        return
    if found is None or found.unmatched or found.files != [path]:
        raise UsageError(f"{name} imports files, which are not here", hint=ON_THE_SERVER)


def files_of(library: Library, path: str) -> tuple[str, ...]:
    """A Caddyfile and what it imports, as the library calls them."""
    try:
        return tuple(unfolded(library, path).files)
    except (NotCaddyfile, UsageError):
        return (path,)


def _asked(binary: str, handed: "_Handed") -> bytes:
    """What Caddy says to the words."""
    place = handed.put()
    words = [binary, "adapt", "--adapter", "caddyfile", "--config", str(place)]
    try:
        done = confined(words, handed.folder, seconds=SECONDS, most=MAX_OUTPUT)
    except (OSError, TimeoutError):
        done = None
    if done is None or done.status in (_NOT_STARTED, 127):
        raise UsageError(f"caddy could not be run on {handed.shown(handed.path)}")
    return handed.refused(done.said) if done.status else done.output


class _Handed:
    """What Caddy is given, in a folder of its own, and how its words lead back to the files."""

    def __init__(self, library: Library, path: str, found: Unfolded, folder: Path) -> None:
        self.library = library
        self.path = path
        self.found = found
        self.folder = folder
        self.copies: dict[str, str] = {}
        self.lines: list[Word] = []

    def shown(self, path: str) -> str:
        return self.library.shown(path)

    def put(self) -> Path:
        """The file for Caddy. Raises NotCaddyfile."""
        words: list[Word] = []
        opening = False
        for word in self.found.words:
            opening = (opening and not word.first) or word.text in OPENED
            is_path = opening and word.text not in OPENED and word.text not in ("{", "}")
            words.append(replace(word, text=self._copy(word)) if is_path else word)
        text, self.lines = written(words)
        place = self.folder / "Caddyfile"
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
        return place

    def _copy(self, word: Word) -> str:
        """The name of a copy of the file that Caddy opens. It is not there where that one is not;
        where that is not known, or it cannot be read here, something stands in for it."""
        full = posixpath.normpath(posixpath.join(posixpath.dirname(word.file), word.text))
        place = self.folder / f"{len(self.copies)}.pem"
        self.copies[str(place)] = word.text
        content = self.library.read(full, What.CERTIFICATES)
        if isinstance(content, bytes) and len(content) <= MAX_CERTIFICATE:
            place.write_bytes(content)
        elif content is Absence.FOLDER:
            place.mkdir()
        elif content is not Absence.LOOP and not (
            content is Absence.MISSING and self.library.complete
        ):
            place.write_text(
                f"-----BEGIN CERTIFICATE-----\n{NOT_READ}\n-----END CERTIFICATE-----\n"
            )
        return str(place)

    def refused(self, said: bytes) -> bytes:
        """Why Caddy refuses it, and the line that is to blame."""
        last = said.decode("utf-8", "replace").strip().split("\n")[-1]
        named = _AT.search(last)
        number = int(named[1]) if named is not None else 0
        text = _ERROR.sub("", last)
        foreign = len(self.found.files) > 1
        for place, name in sorted(self.copies.items(), reverse=True):
            text = text.replace(place, name)
        text = text.replace(str(self.folder / "Caddyfile"), self.shown(self.path))
        text = self._own(text) if foreign else text
        line = 0
        if 0 < number <= len(self.lines):
            word = self.lines[number - 1]
            line = word.line
            if word.file != self.path:
                text += f" ({self.shown(word.file)}:{word.line})"
                line = self._imported_at(word)
        return refusal("".join(each if each.isprintable() else "?" for each in text[:300]), line)

    def _own(self, text: str) -> str:
        """A message less the words that stand in imported files alone: one of those may be no
        Caddyfile, and its text nobody's to see."""
        content = self.library.read(self.path)
        own = decoded(content) if isinstance(content, bytes) else ""
        known = {each.strip(_EDGES) for each in (*own.split(), self.shown(self.path))}
        return " ".join(
            each if (bare := each.strip(_EDGES)) in known or bare.lower() in _VOCABULARY else "…"
            for each in text.split(" ")
        )

    def _imported_at(self, word: Word) -> int:
        for number, line in self.found.imported_at.items():
            own = self.found.words[number]
            if (own.file, own.line) == (word.file, word.line):
                return line
        return 0
