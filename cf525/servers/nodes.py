"""YAML, JSON and TOML as one tree whose values know their lines.

YAML needs a package of its own, which only this feature asks for. Aliases are shared and never
multiplied, so that a file of a few lines cannot grow without end.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cf525.errors import UsageError
from cf525.model import Place
from cf525.servers.tree import shown

MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 60
NEEDS: Final = "pip install pyyaml, where cf525 is installed"


@dataclass(slots=True)
class Node:
    """A mapping, a list, or a scalar as text (``None`` for nothing)."""

    file: str
    line: int = 0
    text: str | None = None
    members: dict[str, "Node"] | None = None
    items: list["Node"] | None = None
    source: str = field(default="", repr=False)

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


def read(text: str, file: str) -> list[Node]:
    """The documents of a text. Raises UsageError for what is none of the three forms."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("{"):
        try:
            return [_converted(json.loads(text), file, text)]
        except (ValueError, RecursionError):
            pass
    if file.endswith(".toml"):
        try:
            return [_converted(tomllib.loads(text), file, text)]
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UsageError(f"{file} is no TOML: {error}") from None
    return _yaml(text, file)


def _converted(value: Any, file: str, text: str) -> Node:
    """Plain data as nodes; a value's line is the first one on which it stands."""
    lines = text.split("\n")
    first: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        for part in line.replace("'", '"').split('"'):
            first.setdefault(part.strip(" \t=:,[]{}"), number)

    def node(each: Any, line: int, depth: int) -> Node:
        source = lines[line - 1] if 0 < line <= len(lines) else ""
        if depth > MAX_DEPTH:
            return Node(file, line, source=source)
        if isinstance(each, dict):
            members = {
                str(key): node(own, first.get(str(key), line), depth + 1)
                for key, own in each.items()
            }
            return Node(file, line, members=members, source=source)
        if isinstance(each, list):
            items = [node(own, line, depth + 1) for own in each]
            return Node(file, line, items=items, source=source)
        if each is None:
            return Node(file, line, source=source)
        plain = str(each).lower() if isinstance(each, bool) else str(each)
        line = first.get(plain, line)
        source = lines[line - 1] if 0 < line <= len(lines) else ""
        return Node(file, line, text=plain, source=source)

    return node(value, 1, 0)


def _yaml(text: str, file: str) -> list[Node]:
    try:
        import yaml
    except ImportError:
        raise UsageError("reading YAML needs a further package", hint=NEEDS) from None
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.compose_all(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UsageError(f"{file}{where} is no YAML: {problem}.") from None
    except RecursionError:
        raise UsageError(f"{file} is nested deeper than any configuration.") from None
    lines = text.split("\n")
    made = _Made(file, lines)
    return [made.node(each, 0) for each in documents if each is not None]


class _Made:
    """Nodes of PyYAML on their way to ours; each is made once, however often it is named."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines
        self.known: dict[int, Node] = {}

    def node(self, each: Any, depth: int) -> Node:
        if id(each) in self.known:
            return self.known[id(each)]
        if depth > MAX_DEPTH or len(self.known) > MAX_NODES:
            raise UsageError(f"{self.file} is larger or deeper than any configuration.")
        line = each.start_mark.line + 1
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        made = self.known[id(each)] = Node(self.file, line, source=source)
        if each.id == "mapping":
            made.members = {}
            for key, value in each.value:
                own = self.node(value, depth + 1)
                if key.tag.endswith(":merge"):
                    for name, merged in own.entries:
                        made.members.setdefault(name, merged)
                elif key.id == "scalar":
                    made.members[key.value] = self._keyed(own, key)
        elif each.id == "sequence":
            made.items = [self.node(item, depth + 1) for item in each.value]
        elif not each.tag.endswith(":null"):
            made.text = each.value
        return made

    def _keyed(self, value: Node, key: Any) -> Node:
        """A value under its key: its place is the key's line, where a block begins below."""
        if value.text is not None:
            return value
        line = key.start_mark.line + 1
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        return Node(value.file, line, members=value.members, items=value.items, source=source)
