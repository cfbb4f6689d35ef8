"""Apache's language: lines to directives and sections with file and line, includes followed.

Variables, macros, IfModule, IfDefine, IfFile and IfVersion are evaluated as far as files tell: what
does not hold is passed over unread, what depends on the command line or on the version's last part
is read as if it held, and marked "maybe". The reader is a loop over
lines: a grammar would add nothing, as a line is a directive, an opening or a closing, and no more.

Source: server/config.c, server/util.c and mod_macro of httpd 2.4.
"""

import posixpath
import re
from dataclasses import dataclass, field, replace
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.apache.text import joined, module, words_of
from cf525.servers.apache.versions import of_version
from cf525.servers.apache.words import NAMES, SECTIONS
from cf525.servers.bounds import Unfolding
from cf525.servers.certificates import in_words
from cf525.servers.library import MAX_DEPTH, MAX_FILES, Absence, Library, decoded, is_pattern, tells
from cf525.servers.tree import Directive, Tree, shown

_VARIABLE: Final = lazy_pattern(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOOKS: Final = lazy_pattern(
    r"^[ \t]*(?:<VirtualHost\b|SSLEngine\b|LoadModule\b|SSLCertificateFile\b|ServerRoot\b|"
    r"IncludeOptional\b|DocumentRoot\b)",
    re.IGNORECASE | re.MULTILINE,
)
MAX_NESTED: Final = 60
BUILT_IN: Final = frozenset(
    ("core.c", "mod_so.c", "http_core.c", "mod_version.c", "mod_log_config.c", "mod_logio.c",
     "mod_watchdog.c", "mod_unixd.c")
)  # fmt: skip


_Macro = tuple[tuple[str, ...], list[tuple[int, str]], str, list[str]]
"""Parameters, numbered lines, and the file they stand in with all its lines."""


@dataclass(slots=True)
class _State:
    """What earlier lines have decided."""

    root: str
    defines: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    macros: dict[str, _Macro] = field(default_factory=dict)


@dataclass(slots=True)
class _Source:
    """The numbered lines of one file or of one use of a macro."""

    file: str
    lines: list[tuple[int, str]]
    texts: list[str]
    at: int = 0


def looks_like(text: str) -> bool:
    """Whether a text is Apache's language."""
    return _LOOKS.search(text) is not None or "VirtualHost configuration:" in text


def read_all(library: Library, mains: tuple[str, ...]) -> Tree:
    """The configuration that begins in the first of ``mains``."""
    main = mains[0]
    root = Directive(name="", args=(), file=main, line=0, end=0, block=[])
    tree = Tree(main=main, root=root)
    reader = _Reader(library, tree)
    for each in mains:
        reader.file(each, root, 0, None)
    if not any(_is(each, "LoadModule", "ServerRoot") for each in root.block or ()):
        tree.whole = False
        tree.unread.append("the main file, with the modules and what stands around,")
    return tree


def _is(each: Directive, *names: str) -> bool:
    return each.name.lower() in {name.lower() for name in names}


class _Reader:
    def __init__(self, library: Library, tree: Tree) -> None:
        self.library = library
        self.tree = tree
        self.state = _State(posixpath.dirname(tree.main))
        self.bounds = Unfolding(library.shown(tree.main), MAX_FILES)
        self.within: list[str] = []
        self.using: list[str] = []
        self.deep = 0

    def file(self, path: str, into: Directive, depth: int, by: Directive | None) -> None:
        """Reads one file into a section."""
        content = self.library.read(path)
        if isinstance(content, Absence):
            self._absent(path, content, by)
            return
        self.tree.files.append(path)
        texts = [each.rstrip("\r") for each in decoded(content).removeprefix("\ufeff").split("\n")]
        source = _Source(path, list(joined(texts)), texts)
        self.bounds.file()
        self.within.append(self.library.real(path))
        self._section(source, into, depth, "")
        self.within.pop()
        for _, text in source.lines[source.at :]:
            if text.strip().startswith("</"):
                self._broken(source, "a section is closed that was not opened")
                break

    def _absent(self, path: str, absence: Absence, by: Directive | None) -> None:
        if not tells(self.library, absence):
            self.tree.unread.append(path)
            self.tree.whole = False
            return
        place = by.place if by is not None else Place(file=path, line=0)
        text = f"{self.library.shown(path)} {in_words(absence)}"
        self.tree.wrong(place, text)

    def _broken(self, source: _Source, text: str) -> None:
        number = source.lines[min(source.at, len(source.lines) - 1)][0] if source.lines else 1
        line = source.texts[number - 1] if number <= len(source.texts) else ""
        place = Place(file=source.file, line=number, text=shown(line))
        self.tree.wrong(place, text)

    # -- sections ---------------------------------------------------------------------------

    def _section(self, source: _Source, into: Directive, depth: int, name: str) -> bool:
        """Reads until the section ends; whether it was closed."""
        while source.at < len(source.lines):
            number, raw = source.lines[source.at]
            text = self._filled(raw.strip())
            if text.startswith("</"):
                if text[2:].rstrip("> ").lower() != name.lower():
                    return False
                source.at += 1
                into.end = number
                return True
            source.at += 1
            self.bounds.statement()
            if text.startswith("<"):
                self._open(source, number, text, into, depth)
            else:
                self._directive(source, number, text, into, depth)
        return not name

    def _open(self, source: _Source, number: int, text: str, into: Directive, depth: int) -> None:
        words = words_of(text[1:].rstrip().removesuffix(">"))
        name = words[0] if words else ""
        made = self._made(source, number, name, words[1:], [])
        self.deep += 1
        if self.deep > MAX_NESTED:
            text = "sections stand within each other without end"
            self.tree.wrong(made.place, text)
            source.at = len(source.lines)
            return
        if name.lower() == "macro":
            self.deep -= 1
            self._macro(source, words)
            return
        holds, maybe = self._holds(name.lower(), words[1:])
        target = made if holds is None else into  # a section of its own, or a condition
        began = source.at
        before, wrong = len(into.block or ()), len(self.tree.broken)
        closed = (
            _passed(source, name) if holds is False else self._section(source, target, depth, name)
        )
        if not closed:
            place = Place(file=source.file, line=number, text=shown(made.text))
            self.tree.wrong(place, f"<{name}> is not closed")
            source.at = len(source.lines)
        passed = source.lines[began : source.at] if holds is False else []
        begun = [raw.lower().split()[:2] for _, raw in passed]
        if any(each == ["sslengine", "on"] or each[:1] == ["listen"] for each in begun):
            self.tree.off.append((into, made.place))
        self.deep -= 1
        assert into.block is not None
        if holds is None:
            into.block.append(made)
        elif holds and maybe:
            for each in into.block[before:]:
                each.maybe = each.maybe or maybe
            unsure = [replace(each, sure=False) for each in self.tree.broken[wrong:]]
            self.tree.broken[wrong:] = unsure

    def _holds(self, name: str, args: tuple[str, ...]) -> tuple[bool | None, str]:
        """Whether a condition holds, and why that is not sure; None for what is no condition."""
        argument = args[0] if args else ""
        negated, bare = argument.startswith("!"), argument.removeprefix("!")
        if name == "ifmodule":
            if not self.state.modules:
                return not negated, f"whether the module {bare} is loaded is not in these files"
            return (module(bare) in self.state.modules or bare in BUILT_IN) is not negated, ""
        if name == "ifdefine":
            there = bare in self.state.defines
            return there is not negated, "" if there else f"-D {bare} may be given at the start"
        if name == "iffile":
            path = posixpath.join(self.state.root, bare)
            there = not isinstance(self.library.read(path), Absence)
            return there is not negated, "" if self.library.complete else "a file is not here"
        if name == "ifversion":
            return of_version(args)
        if name in ("ifdirective", "ifsection"):
            known = bare.lower() in (NAMES if name == "ifdirective" else SECTIONS)
            holds = known is not negated
            return holds, f"<{name} {argument}> depends on the version" if holds else ""
        return None, ""

    # -- directives -------------------------------------------------------------------------

    def _directive(
        self, source: _Source, number: int, text: str, into: Directive, depth: int
    ) -> None:
        words = words_of(text)
        if not words:
            return
        made = self._made(source, number, words[0], words[1:], None)
        name = words[0].lower()
        if name in ("include", "includeoptional"):
            self._include(made, into, depth)
            return
        if name == "use":
            self._use(made, into, depth)
            return
        if name == "define" and made.args:
            self.state.defines[made.args[0]] = made.args[1] if len(made.args) > 1 else ""
            self.tree.defined.add(made.args[0])
        elif name == "undefine" and made.args:
            self.state.defines.pop(made.args[0], None)
        elif name == "loadmodule" and made.args:
            self.state.modules.add(made.args[0])
        elif name == "serverroot" and made.args:
            self.state.root = made.args[0]
        assert into.block is not None
        into.block.append(made)

    def _include(self, made: Directive, into: Directive, depth: int) -> None:
        if not made.args:
            return
        if depth >= MAX_DEPTH or len(set(self.within)) < len(self.within):
            text = "files include each other without end"
            self.tree.wrong(made.place, text)
            return
        path = posixpath.join(self.state.root, made.argument())
        optional = made.name.lower() == "includeoptional"
        if "${" in path:
            self.tree.unread.append(made.argument())
            return
        if is_pattern(path):
            self.tree.globs.append((made, path))
            found = self.library.matching(path)
            if not found and not optional and self.library.complete:
                text = f"no file matches {made.argument()}"
                self.tree.wrong(made.place, text)
        elif self.library.read(path) is Absence.FOLDER:
            found = self.library.matching(posixpath.join(path, "*"))
        else:
            if optional and isinstance(self.library.read(path), Absence):
                return
            found = (path,)
        for each in found:
            if self.library.read(each) is Absence.FOLDER:
                continue
            self.file(each, into, depth + 1, made)

    def _macro(self, source: _Source, words: tuple[str, ...]) -> None:
        body: list[tuple[int, str]] = []
        while source.at < len(source.lines):
            number, raw = source.lines[source.at]
            source.at += 1
            if raw.strip().lower().startswith("</macro"):
                break
            body.append((number, raw))
        if len(words) > 1:
            self.state.macros[words[1].lower()] = (words[2:], body, source.file, source.texts)

    def _use(self, made: Directive, into: Directive, depth: int) -> None:
        known = self.state.macros.get(made.argument().lower())
        if known is None:
            text = f"the macro {made.argument()} is not defined"
            self.tree.wrong(made.place, text)
            return
        name = made.argument().lower()
        if name in self.using or len(self.using) >= MAX_DEPTH:
            text = f"the macro {made.argument()} is used within itself"
            self.tree.wrong(made.place, text)
            return
        self.tree.uses.append(made)
        names, body, file, texts = known
        pairs = sorted(zip(names, made.args[1:], strict=False), key=lambda pair: -len(pair[0]))
        lines = []
        for number, raw in body:
            for parameter, value in pairs:
                raw = self.bounds.line(raw.replace(parameter, value))
            lines.append((number, raw))
        self.using.append(name)
        self._section(_Source(file, lines, texts), into, depth + 1, "")
        self.using.pop()

    def _made(
        self,
        source: _Source,
        number: int,
        name: str,
        args: tuple[str, ...],
        block: list[Directive] | None,
    ) -> Directive:
        return Directive(
            name=name,
            args=args,
            file=source.file,
            line=number,
            end=number,
            text=source.texts[number - 1] if number <= len(source.texts) else "",
            block=block,
        )

    def _filled(self, text: str) -> str:
        if "${" not in text:
            return text
        filled = _VARIABLE.sub(lambda found: self.state.defines.get(found[1], found[0]), text)
        return self.bounds.line(filled)


def _passed(source: _Source, name: str) -> bool:
    """Passes over a section whose condition does not hold, and what is nested in it, unread;
    whether it was closed."""
    deep = 0
    while source.at < len(source.lines):
        text = source.lines[source.at][1].strip()
        source.at += 1
        if text.startswith("</"):
            if deep == 0:
                return text[2:].rstrip("> ").lower() == name.lower()
            deep -= 1
        elif text.startswith("<"):
            deep += 1
    return False
