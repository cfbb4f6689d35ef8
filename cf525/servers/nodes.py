"""The tree of a YAML, JSON or TOML document: values that know their lines, and in the first two
where they begin and end. Reading a text is the task of ``documents``, changing one of ``nodemend``.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Final

from cf525.model import Place
from cf525.servers.tree import shown
from cf525.values import dataclass

MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 60


@dataclass(frozen=True, slots=True)
class Span:
    """From a line and column to others, counted from 0; the end is the first character behind."""

    line: int
    column: int
    end_line: int
    end_column: int

    def until(self, other: "Span | None") -> "Span":
        """The same, at least to the end of another."""
        if other is None or (other.end_line, other.end_column) <= (self.end_line, self.end_column):
            return self
        return Span(self.line, self.column, other.end_line, other.end_column)


@dataclass(slots=True)
class Node:
    """A mapping, a list, or a scalar as text (``None`` for nothing)."""

    file: str
    line: int = 0
    text: str | None = None
    members: dict[str, "Node"] | None = None
    items: list["Node"] | None = None
    source: str = field(default="", repr=False)
    span: Span | None = field(default=None, repr=False, compare=False)
    """Where the value stands; None where that is not known (TOML, an empty node)."""
    key: Span | None = field(default=None, repr=False, compare=False)
    flow: bool = field(default=False, compare=False)  # in brackets, as all of JSON is

    @property
    def place(self) -> Place:
        return Place(file=self.file, line=self.line, text=shown(self.source))

    def at(self, *path: str) -> "Node":
        """The member under a path; an empty node where there is none."""
        node = self
        for name in path:
            found = (node.members or {}).get(name)
            if found is None:
                return Node(self.file, self.line, source=self.source)
            node = found
        return node

    def there(self, *path: str) -> bool:
        node = self
        for name in path:
            if name not in (node.members or {}):
                return False
            node = (node.members or {})[name]
        return True

    @property
    def entries(self) -> Iterator[tuple[str, "Node"]]:
        yield from (self.members or {}).items()

    @property
    def list(self) -> list["Node"]:
        """The items of a list; one value alone is a list of one."""
        if self.items is not None:
            return self.items
        return [self] if self.text is not None or self.members else []

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(each.text for each in self.list if each.text is not None)

    @property
    def on(self) -> bool:
        return (self.text or "").lower() in ("true", "yes", "on", "1")

    def __str__(self) -> str:
        return self.text or ""
