"""nginx's language: text to directives with file and line, includes followed.

Not checked here: whether a directive exists or takes these arguments; what is unknown is carried
along. crossplane was tried: it opens files by itself (no printed configuration, no copied tree, no
bounds) and tells where a block begins and not where it ends, which a patch needs.

Source: src/core/ngx_conf_file.c of nginx 1.22 to 1.29.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.bounds import Unfolding
from cf525.servers.certificates import in_words
from cf525.servers.library import MAX_DEPTH, MAX_FILES, Absence, Library, decoded, is_pattern, tells
from cf525.servers.tree import MAX_LINE, Directive, Tree, shown

_TOKEN: Final = lazy_pattern(
    r"(?P<space>\s+)|(?P<comment>#[^\n]*)"
    r"|(?P<quoted>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<mark>[;{}])|(?P<word>(?:\\.|\$\{|[^\s;{\\])+)|(?P<rest>.)",
    re.DOTALL,
)
_MARK: Final = lazy_pattern(r"^# configuration file (.+):$", re.MULTILINE)
_OWN: Final = lazy_pattern(
    r"^[ \t]*(?:(?:http|server|events|stream)\s*\{|upstream\s+\S+\s*\{"
    r"|(?:server_name|ssl_certificate|ssl_protocols|proxy_pass|worker_processes|include)"
    r"[ \t]+[^;{}\n]+;)",
    re.MULTILINE,
)
_LUA: Final = "_by_lua_block"
_ESCAPES: Final = {"t": "\t", "r": "\r", "n": "\n"}
MAX_PARAMETER: Final = 4096
"""Characters of a parameter from which on nginx takes a quote or brace to be missing."""
BOM: Final = "\ufeff"


@dataclass(slots=True)
class _Token:
    text: str
    line: int
    quoted: bool = False
    unclosed: bool = False

    def mark(self, wanted: str) -> bool:
        return not self.quoted and self.text == wanted


def is_dump(text: str) -> bool:
    """Whether a text is what ``nginx -T`` prints."""
    return _MARK.search(text) is not None


def split_dump(text: str) -> dict[str, str]:
    """The files that ``nginx -T`` printed, the main one first."""
    marks = list(_MARK.finditer(text))
    files: dict[str, str] = {}
    for number, mark in enumerate(marks):
        until = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        # A mark ends in a newline, and each file is followed by an empty line.
        body = text[mark.end() + 1 : until]
        files.setdefault(posixpath.normpath(mark[1]), body.removesuffix("\n"))
    return files


def looks_like(text: str) -> bool:
    """Whether a text is nginx's language: a block that only nginx has, or a statement of one."""
    return is_dump(text) or _OWN.search(text) is not None


def read_all(library: Library, mains: tuple[str, ...]) -> Tree:
    """The configuration that begins in the first of ``mains``; further ones are read behind it,
    as files of a folder that are meant to be included."""
    main = mains[0]
    root = Directive(name="", args=(), file=main, line=0, end=0, block=[])
    tree = Tree(main=main, root=root)
    reader = _Reader(library, tree)
    for each in mains:
        reader.file(each, root, 0, None)
    if not any(True for _ in root.all("http", "stream")):
        tree.whole = False
        tree.unread.append("the main file, with what stands around these servers,")
    return tree


class _Reader:
    def __init__(self, library: Library, tree: Tree) -> None:
        self.library = library
        self.tree = tree
        self.folder = posixpath.dirname(tree.main)
        self.bounds = Unfolding(library.shown(tree.main), MAX_FILES)
        self.within: list[str] = []

    def file(self, path: str, into: Directive, depth: int, by: Directive | None) -> None:
        """Reads one file into a block."""
        content = self.library.read(path)
        if isinstance(content, Absence):
            self._absent(path, content, by)
            return
        text = decoded(content)
        self.tree.files.append(path)
        if text.startswith(BOM):
            self.broken(path, 1, "the file begins with a byte-order mark", text.split("\n", 1)[0])
            text = text[1:]
        lines = text.split("\n")
        tokens = list(_tokens(text))
        self.bounds.file()
        self.within.append(self.library.real(path))
        _Parser(self, path, lines, tokens, depth).into(into)
        self.within.pop()

    def _absent(self, path: str, absence: Absence, by: Directive | None) -> None:
        place = by.place if by is not None else Place(file=path, line=0)
        if not tells(self.library, absence):
            self.tree.unread.append(path)
            self.tree.whole = False
            return
        text = f"{self.library.shown(path)} {in_words(absence)}"
        self.tree.wrong(place, text)

    def include(self, directive: Directive, into: Directive, depth: int) -> None:
        """Reads what an ``include`` names, into the block it stands in."""
        path = posixpath.join(self.folder, directive.argument())
        if depth >= MAX_DEPTH or len(set(self.within)) < len(self.within):
            text = "files include each other without end"
            self.tree.wrong(directive.place, text)
            return
        if not is_pattern(path):
            self.file(path, into, depth + 1, directive)
            return
        self.tree.globs.append((directive, path))
        found = self.library.matching(path)
        if not found and not self.library.complete:
            self.tree.unread.append(path)
            return
        for each in found:
            self.file(each, into, depth + 1, directive)

    def broken(self, file: str, line: int, text: str, source: str) -> None:
        place = Place(file=file, line=line, text=shown(source))
        self.tree.wrong(place, text)


class _Parser:
    """One file's tokens on their way into directives."""

    def __init__(
        self, reader: _Reader, path: str, lines: list[str], tokens: list[_Token], depth: int
    ) -> None:
        self.reader = reader
        self.path = path
        self.lines = lines
        self.tokens = tokens
        self.depth = depth
        self.at = 0

    def into(self, root: Directive) -> None:
        stack = [root]
        words: list[_Token] = []
        while self.at < len(self.tokens) and not self.reader.tree.full:
            token = self.tokens[self.at]
            self.at += 1
            if token.mark(";") or token.mark("{"):
                if not words:
                    self._wrong(token.line, f'there is an unexpected "{token.text}"')
                    if token.mark("{"):
                        stack.append(self._made([token], token, []))
                    continue
                self._statement(words, token, stack)
                words = []
            elif token.mark("}"):
                if words:
                    self._wrong(words[0].line, 'a directive is not ended by ";"')
                    words = []
                if len(stack) == 1:
                    self._wrong(token.line, 'there is an unexpected "}"')
                    continue
                stack.pop().end = token.line
            else:
                words.append(token)
        if words:
            self._wrong(words[0].line, 'a directive is not ended by ";"')
        if len(stack) > 1:
            self._wrong(stack[-1].line, f'the block of "{stack[-1].name}" is not closed by "}}"')

    def _statement(self, words: list[_Token], token: _Token, stack: list[Directive]) -> None:
        opens = token.mark("{")
        made = self._made(words, token, [] if opens else None)
        self.reader.bounds.statement()
        quote = next((each for each in words if each.unclosed), None)
        if quote is not None:
            self._wrong(quote.line, "a quote is not closed")
        long = next((each for each in words if len(each.text) >= MAX_PARAMETER), None)
        if long is not None:
            self._wrong(long.line, f'a parameter of "{made.name}" is too long')
        if made.name == "include" and not opens and made.args:
            self.reader.include(made, stack[-1], self.depth)
            return
        assert stack[-1].block is not None
        stack[-1].block.append(made)
        if opens and made.name.endswith(_LUA):
            self._skip_lua(made)
        elif opens:
            stack.append(made)

    def _skip_lua(self, made: Directive) -> None:
        deep = 1
        while self.at < len(self.tokens) and deep:
            token = self.tokens[self.at]
            self.at += 1
            deep += token.mark("{") - token.mark("}")
            made.end = token.line

    def _made(self, words: list[_Token], last: _Token, block: list[Directive] | None) -> Directive:
        line = words[0].line
        return Directive(
            name=words[0].text,
            args=tuple(each.text for each in words[1:]),
            file=self.path,
            line=line,
            end=last.line,
            text=self.lines[line - 1][:MAX_LINE].rstrip("\r"),
            block=block,
        )

    def _wrong(self, line: int, text: str) -> None:
        self.reader.broken(self.path, line, text, self.lines[line - 1])


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind, part = found.lastgroup, found[0]
        if kind == "word":
            begun = part[0] in "\"'"
            yield _Token(_plain(part) if "\\" in part else part, line, unclosed=begun)
        elif kind == "mark":
            yield _Token(part, line)
        elif kind == "quoted":
            yield _Token(_plain(part[1:-1]), line, quoted=True)
        if kind != "word" or "\n" in part:
            line += part.count("\n")


def _plain(text: str) -> str:
    """A word with its escapes undone, as nginx does: of quotes, backslashes and three letters."""
    return re.sub(
        r"\\([\"'\\trn])", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL
    )
