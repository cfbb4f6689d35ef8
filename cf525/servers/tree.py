"""Directives with their places: the form in which a server's reader hands a configuration over.

Shared by the servers whose language is made of directives and blocks (nginx, Apache). ``maybe``
is a condition that is not decided by files alone; whatever stands under one is no more than likely.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field

from cf525.model import Place
from cf525.servers.telling import quotable
from cf525.values import dataclass

KEYS: tuple[str, ...] = ("-----BEGIN", "PRIVATE KEY")
MAX_TEXT = 200
MAX_LINE = 4096
"""What is looked at of a line that is to be shown."""
MAX_BROKEN = 40


@dataclass(slots=True, kw_only=True, eq=False)
class Directive:
    """One statement. ``block`` is None where it opens none; ``end`` is the line of its last
    character. ``text`` is its first line as it stands in the file."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    end: int
    text: str = ""
    block: list["Directive"] | None = None
    maybe: str = ""
    _named: dict[str, list["Directive"]] | None = field(default=None, repr=False)
    _counted: int = field(default=0, repr=False)

    @property
    def place(self) -> Place:
        return Place(file=self.file, line=self.line, text=shown(self.text))

    def all(self, *names: str) -> Iterator["Directive"]:
        """The statements of these names that stand directly in the block."""
        among = self.called(names[0]) if len(names) == 1 else self.block or ()
        return (each for each in among if each.name in names)

    def called(self, name: str) -> Sequence["Directive"]:
        """The same where a server minds no case."""
        if self.block is None:
            return ()
        if self._named is None:
            self._named = {}
        for each in self.block[self._counted :]:
            self._named.setdefault(each.name.lower(), []).append(each)
        self._counted = len(self.block)
        return self._named.get(name.lower(), ())

    def first(self, *names: str) -> "Directive | None":
        return next(self.all(*names), None)

    def argument(self, default: str = "") -> str:
        return self.args[0] if self.args else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """What keeps the server from loading the configuration at all."""

    place: Place
    text: str
    sure: bool = True


@dataclass(slots=True, kw_only=True)
class Tree:
    """A configuration with all its files. ``files`` are their names in the order read;
    ``unread`` says of what is missing that it could not be looked at."""

    main: str
    root: Directive
    broken: list[Broken] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    whole: bool = True
    off: list[tuple[Directive, Place]] = field(default_factory=list)
    """Conditions that do not hold and have TLS switched on within, each with what it stands in."""
    uses: list[Directive] = field(default_factory=list)
    """Where macros are used, in the order of the files."""
    defined: set[str] = field(default_factory=set)
    """Names of variables that the files give a value."""
    globs: list[tuple[Directive, str]] = field(default_factory=list)
    """Where several files are included at once, each with its pattern in full."""

    @property
    def full(self) -> bool:
        """Whether so much is wrong that reading on tells nothing."""
        return len(self.broken) >= MAX_BROKEN

    def wrong(self, place: Place, text: str) -> None:
        """Something that keeps the server from loading; of many the first ones are kept."""
        if not self.full:
            self.broken.append(Broken(place=place, text=text))


def shown(text: str) -> str:
    """A line as it may be printed: none of a key, nothing that is named a secret."""
    text = text[:MAX_LINE].strip()
    if any(each in text for each in KEYS):
        return "(a line of a key, which is not shown)"
    text = quotable(text.encode("utf-8", "replace").decode("utf-8"))
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
