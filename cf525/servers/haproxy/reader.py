"""HAProxy's language: sections and lines of words, with their places.

Conditions (``.if``) are kept as "maybe". Source: HAProxy 2.6 configuration manual, chapter 2.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Final

from cf525.model import Place
from cf525.patterns import lazy_pattern
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.tree import Broken, shown
from cf525.values import dataclass

SECTIONS: Final = frozenset(
    ("global", "defaults", "frontend", "backend", "listen", "userlist", "peers", "resolvers",
     "mailers", "cache", "program", "http-errors", "ring", "fcgi-app", "log-forward", "crt-store",
     "log-profile", "acme", "traces")
)  # fmt: skip
MAX_WORDS: Final = 64
"""Words of one line that HAProxy takes (measured with 2.6)."""
_LOOKS: Final = lazy_pattern(
    r"^(?:frontend|backend|listen)[ \t]+\S+|^defaults\b.*\n(?:[ \t#].*\n|\n)*?[ \t]+timeout\b",
    re.MULTILINE,
)
_VARIABLE: Final = lazy_pattern(r"\$(?:\{(\w+)(?:-([^}]*))?\}|(\w+))")
_DEFAULT: Final = lazy_pattern(r"\$\{(\w+)-[^}]*\}")
_WORD: Final = lazy_pattern(r"""(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\#])+|\#.*""", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line in words."""

    words: tuple[str, ...]
    file: str
    line: int
    text: str
    maybe: bool = False
    assumed: bool = False
    """Whether a variable has the default that stands beside it."""

    @property
    def place(self) -> Place:
        return Place(file=self.file, line=self.line, text=shown(self.text))

    def starts(self, *words: str) -> bool:
        return self.words[: len(words)] == words

    def after(self, word: str) -> str:
        """The word behind one, empty where it is not there."""
        found = self.words.index(word) + 1 if word in self.words else len(self.words)
        return self.words[found] if found < len(self.words) else ""


@dataclass(slots=True, kw_only=True)
class Section:
    """A section with the defaults that hold in it."""

    kind: str
    name: str
    head: Line
    lines: list[Line] = field(default_factory=list)
    defaults: "Section | None" = None

    def all(self, *words: str) -> Iterator[Line]:
        return (each for each in self.lines if each.starts(*words))

    def last(self, *words: str) -> Line | None:
        """The last such line here, else in the defaults."""
        found = list(self.all(*words))
        if found:
            return found[-1]
        return self.defaults.last(*words) if self.defaults is not None else None

    @property
    def mode(self) -> str:
        found = self.last("mode")
        return found.words[1] if found is not None and len(found.words) > 1 else "tcp"


@dataclass(slots=True, kw_only=True)
class Config:
    """All sections in order, and what keeps the server from loading them."""

    main: str
    sections: list[Section] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def named(self, name: str, *kinds: str) -> Section | None:
        return next((s for s in self.sections if s.kind in kinds and s.name == name), None)

    @property
    def everywhere(self) -> Iterator[Line]:
        """The lines of all ``global`` sections."""
        for section in self.sections:
            if section.kind == "global":
                yield from section.lines

    def setting(self, *words: str) -> Line | None:
        """The last line of ``global`` that begins so."""
        found = self.settings(*words)
        return found[-1] if found else None

    def settings(self, *words: str) -> list["Line"]:
        """Every line of ``global`` that begins so, where they add up."""
        return [each for each in self.everywhere if each.starts(*words)]


def looks_like(text: str) -> bool:
    """Whether a text is HAProxy's language."""
    return _LOOKS.search(text) is not None


def read(library: Library, mains: tuple[str, ...]) -> Config:
    """The configuration in these files, read one behind the other as ``-f`` does."""
    config = Config(main=mains[0])
    defaults: Section | None = None
    environment: dict[str, str] = {}
    for file in mains:
        content = library.read(file)
        if isinstance(content, Absence):
            config.unread.append(file)
            continue
        text = decoded(content)
        if text and not text.endswith("\n"):
            last = text.count("\n") + 1
            place = Place(file=file, line=last, text=shown(text.rsplit("\n", 1)[-1]))
            config.broken.append(
                Broken(place=place, text="the last line does not end in a newline")
            )
        for line in _lines(text, file, environment):
            if len(line.words) > MAX_WORDS:
                what = f"the line has more than {MAX_WORDS} words"
                config.broken.append(Broken(place=line.place, text=what))
                return config
            defaults = _take(config, line, defaults)
    return config


def _take(config: Config, line: Line, defaults: Section | None) -> Section | None:
    kind = line.words[0]
    if (kind in SECTIONS and not line.text[:1].isspace()) or (
        kind in SECTIONS and len(line.words) < 3
    ):
        section = Section(kind=kind, name=line.words[1] if len(line.words) > 1 else "", head=line)
        if kind == "defaults":
            defaults = section
        elif kind in ("frontend", "backend", "listen"):
            own = line.after("from")
            section.defaults = config.named(own, "defaults") if own else defaults
        config.sections.append(section)
    elif config.sections:
        config.sections[-1].lines.append(line)
    else:
        text = f'"{kind}" stands before any section'
        config.broken.append(Broken(place=line.place, text=text))
    return defaults


def _lines(text: str, file: str, environment: dict[str, str]) -> Iterator[Line]:
    """The lines in words, with the variables that earlier ones have set."""
    deep = 0
    for number, raw in enumerate(text.split("\n"), 1):
        words = tuple(
            _plain(found[0], environment)
            for found in _WORD.finditer(raw)
            if not found[0].startswith("#")
        )
        if not words:
            continue
        if words[0] in ("setenv", "presetenv") and len(words) > 2:
            environment[words[1]] = words[2]
        elif words[0] == "unsetenv":
            for name in words[1:]:
                environment.pop(name, None)
        if words[0] in (".if", ".endif", ".else", ".elif"):
            deep += {".if": 1, ".endif": -1}.get(words[0], 0)
            continue
        if words[0].startswith("."):
            continue
        yield Line(
            words=words,
            file=file,
            line=number,
            text=raw.rstrip("\r"),
            maybe=deep > 0,
            assumed=any(name not in environment for name in _DEFAULT.findall(raw)),
        )


def _plain(word: str, environment: Mapping[str, str]) -> str:
    """A word without its quotes; within double ones variables are filled in, where known."""
    if not any(each in word for each in "\\\"'"):
        return word
    parts = re.findall(r"""\\(.)|"((?:\\.|[^"\\])*)"|'([^']*)'|([^\\"'])""", word, re.DOTALL)

    def value(found: re.Match[str]) -> str:
        own = environment.get(found[1] or found[3])
        return own if own is not None else found[2] if found[2] is not None else found[0]

    def filled(text: str) -> str:
        text = _VARIABLE.sub(value, text)
        return re.sub(r"\\(.)", r"\1", text)

    return "".join(
        escaped or filled(double) or single or bare for escaped, double, single, bare in parts
    )
