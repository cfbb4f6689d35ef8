"""A Caddyfile with every import done: files and snippets put in, what they are given filled in.

Caddy is handed the outcome, in which nothing is left to import, so that it opens no file that was
not read here. Reads through a library alone; starts nothing.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from cf525.errors import UsageError
from cf525.patterns import lazy_pattern
from cf525.servers.caddy.lexer import NotCaddyfile, Word, without_marks, words_of
from cf525.servers.library import Absence, Library, decoded, is_pattern
from cf525.values import dataclass

MAX_FILES: Final = 300
MAX_LINES: Final = 200_000
MAX_WORDS: Final = 1_000_000
"""How many words are looked at, those of imports each time anew."""
MAX_FILLED: Final = 4 << 20
"""Characters of words into which something that an import gives is filled."""
MAX_IMPORTS: Final = 100
"""How deep imports may stand in each other."""
IMPORT: Final = "import"
OPENED: Final = frozenset(("trusted_ca_cert_file", "trusted_leaf_cert_file"))
"""Statements whose files Caddy opens already where it reads a Caddyfile (2.6, and as obsolete ones
up to 2.11): all others name files that it opens when it starts."""
NOT_READ: Final = "Y2Y1MjU6IGEgZmlsZSB0aGF0IHdhcyBub3QgcmVhZA=="
"""What stands for the certificates of such a file where nobody knows what it holds; Caddy takes
over what is in the block and looks at it when it starts."""
_BRACES: Final = frozenset("{}")
_GIVEN: Final = lazy_pattern(r"\{args(?:\.(\d{1,6})|\[(\d{0,6})(:?)(\d{0,6})\])\}")
_BESIDE_TLS: Final = frozenset(
    (
        *("reverse_proxy", "to", "respond", "redir", "header", "root", "basic_auth", "basicauth"),
        *("email", "dns", "acme_dns", "key_id", "mac_key", "log", "output", "format", "rewrite"),
        *("uri", "handle_path", "php_fastcgi"),
    )
)
"""Statements whose words do not decide over a handshake."""
ON_THE_SERVER: Final = "on the server: caddy adapt --config FILE | cf525 lint - --host NAME"


@dataclass(slots=True)
class Unfolded:
    """The words with all imports done, and the files they came from, the main one first, and the
    patterns that no file fits."""

    words: list[Word] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    imported_at: dict[int, int] = field(default_factory=dict)
    """For a word of another file, by its number, the line of the main file that imports it."""


def unfolded(library: Library, path: str) -> Unfolded:
    """Raises NotCaddyfile where Caddy would refuse the text, and UsageError where it cannot be
    known here what it says."""
    return _Unfolding(library, path).done()


class _Unfolding:
    def __init__(self, library: Library, path: str) -> None:
        self.library = library
        self.path = path
        self.found = Unfolded()
        self.snippets: dict[str, list[Word]] = {}
        self.read: dict[str, list[Word]] = {}
        self.level = 0
        self.steps = 0
        self.lines = 0
        self.left = MAX_FILLED
        self.line = 0  # of the main file, where an import of it stands

    def done(self) -> Unfolded:
        self._walk(self._of(self.path), ())
        return self.found

    def _of(self, path: str) -> list[Word]:
        if path not in self.read:
            content = self.library.read(path)
            shown = self.library.shown(path)
            if len(self.read) >= MAX_FILES:
                raise UsageError(f"{shown} is one of more than {MAX_FILES} files.")
            if isinstance(content, Absence):
                raise UsageError(f"{shown} cannot be read.")
            self.found.files.append(path)
            self.read[path] = words_of(decoded(content), path)
        return self.read[path]

    def _walk(self, words: Sequence[Word], within: tuple[str, ...]) -> None:
        """Takes over the words, doing the imports among them."""
        at = 0
        while at < len(words):
            word, end = words[at], _end_of_line(words, at)
            self._counted(end - at)
            body = self._snippet(words, at) if self.level == 0 else 0
            if word.text == IMPORT:
                if not within:
                    self.line = word.line
                self._import(words[at:end], within)
            elif not body:
                self._take(words[at:end])
            at = body or end

    def _counted(self, words: int) -> None:
        self.steps += words
        self.lines += 1
        if self.steps > MAX_WORDS or self.lines > MAX_LINES:
            raise UsageError(
                f"{self.library.shown(self.path)} unfolds to more than {MAX_LINES:,} lines by its "
                "imports: no configuration is so large",
                hint="name the one file that holds the site",
            )

    def _take(self, line: Sequence[Word]) -> None:
        """A line without an import, as Caddy is to see it."""
        taken: list[Word] = []
        for word in line:
            self._known(line[0], word)
            text = without_marks(word.text)
            if text == IMPORT:  # whether Caddy does it there differs by its version
                raise UsageError(
                    f"{self.library.shown(word.file)}:{word.line} has an import that begins no "
                    "line, which is not read here",
                    hint=ON_THE_SERVER,
                )
            if word.file != self.path:
                self.found.imported_at[len(self.found.words) + len(taken)] = self.line
            if text != word.text and not text and not word.quote:
                continue
            taken.append(replace(word, text=text, first=not taken))
            if not word.quote and text in _BRACES:
                self.level += 1 if text == "{" else -1
        self.found.words += taken

    def _known(self, first: Word, word: Word) -> None:
        """Raises UsageError where a variable of the server's environment may decide: the
        environment here is another one, and holds what is not to be shown."""
        if word.unknown and (first.text not in _BESIDE_TLS or word is first):
            raise UsageError(
                f"{self.library.shown(word.file)} takes {{${word.unknown}}} from the environment "
                "of the server, which is not known here",
                hint=ON_THE_SERVER,
            )

    def _snippet(self, words: Sequence[Word], at: int) -> int:
        """Keeps the snippet that begins here; where it ends, or 0 where none begins."""
        name = words[at].text
        opened = at + 1 < len(words) and words[at + 1].text == "{"
        if not (name.startswith("(") and name.endswith(")") and opened):
            return 0
        depth = 1
        for end in range(at + 2, len(words)):
            text = words[end].text
            depth += (text == "{") - (text == "}")
            if depth == 0:
                self._counted(end - at)
                self.snippets[name[1:-1]] = list(words[at + 2 : end])
                return end + 1
        return 0

    def _import(self, line: Sequence[Word], within: tuple[str, ...]) -> None:
        word = line[0]
        for each in line:
            self._known(word, each)
        if len(line) < 2 or not line[1].text:
            raise NotCaddyfile(
                "wrong argument count or unexpected line ending after 'import'",
                word.file,
                word.line,
            )
        if line[-1].text == "{":
            raise UsageError(
                f"{self.library.shown(word.file)}:{word.line} gives a block to an import, which is "
                "not read here",
                hint=ON_THE_SERVER,
            )
        name, given = line[1].text, [each.text for each in line[2:]]
        for key, words in self._meant(name, word):
            if key in within:
                raise NotCaddyfile("a cycle of imports", word.file, word.line)
            if len(within) >= MAX_IMPORTS:
                raise UsageError(
                    f"{self.library.shown(self.path)} unfolds to imports that stand in each other "
                    f"more than {MAX_IMPORTS} deep."
                )
            self._walk(self._given(words, given), (*within, key))

    def _meant(self, name: str, word: Word) -> Iterator[tuple[str, list[Word]]]:
        """A snippet, or the files that a pattern stands for. Raises NotCaddyfile where it means
        nothing."""
        if name in self.snippets:
            yield f"({name})", self.snippets[name]
            return
        pattern = posixpath.join(posixpath.dirname(word.file), name)
        found = [
            each
            for each in self.library.matching(pattern)
            if self.library.read(each) is not Absence.FOLDER
        ]
        if not found and not is_pattern(name):
            shown = name if word.file == self.path else "…"  # that file may be none of Caddy's
            raise Missing(f"File to import not found: {shown}", word.file, word.line)
        if not found:
            self.found.unmatched.append(name)
        for each in found:
            yield each, self._of(each)

    def _given(self, words: Sequence[Word], given: Sequence[str]) -> list[Word]:
        """The words with what the import gives in the places for it; what is not given stays."""
        if not any("{args" in word.text for word in words):
            return list(words)
        done: list[Word] = []
        for word in words:
            whole = _GIVEN.fullmatch(word.text)
            if whole is not None and whole[3]:
                many = given[int(whole[2] or 0) : int(whole[4]) if whole[4] else None]
                new = [replace(word, text=each, first=False) for each in many]
                if new:
                    new[0] = replace(new[0], first=word.first)
            else:
                new = [replace(word, text=_filled(word.text, given, self.left))]
            if new != [word]:
                self.left -= sum(len(each.text) + 1 for each in new)
            if self.left < 0:
                raise UsageError(
                    f"{self.library.shown(self.path)} unfolds to words without end.",
                    hint="name the one file that holds the site",
                )
            done += new
        return done


class Missing(NotCaddyfile):
    """An import of a file that is not there."""


def _end_of_line(words: Sequence[Word], at: int) -> int:
    end = at + 1
    while end < len(words) and not words[end].first:
        end += 1
    return end


def _filled(text: str, given: Sequence[str], most: int) -> str:
    """A word's text with single ones filled in; what is longer than ``most`` is cut."""
    pieces, at, size = [], 0, 0
    for match in _GIVEN.finditer(text):
        number = match[1] or match[2]
        if match[3] or not number or int(number) >= len(given):
            continue
        pieces += [text[at : match.start()], given[int(number)]]
        size += len(pieces[-1])
        at = match.end()
        if size > most:
            break
    return "".join((*pieces, text[at:]))
