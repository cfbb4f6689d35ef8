"""YAML, JSON and TOML to trees of nodes.

YAML needs a package of its own, which only this feature asks for. Aliases are shared and never
multiplied, so that a file of a few lines cannot grow without end.
"""

from dataclasses import replace
from typing import Any, Final

from cf525 import tomltext
from cf525.errors import UsageError
from cf525.servers.jsontree import NotJson, tree_of
from cf525.servers.nodes import MAX_DEPTH, MAX_NODES, Node, Span

NEEDS: Final = "pip install pyyaml, where cf525 is installed"


def read(text: str, file: str) -> list[Node]:
    """The documents of a text. Raises UsageError for what is none of the three forms."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("{"):
        try:
            return [tree_of(text, file)]
        except NotJson:
            pass
    if file.endswith(".toml"):
        try:
            return [_converted(tomltext.loads(text, MAX_DEPTH), file, text)]
        except ValueError as error:
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
        self.merged = 0
        """Members that came by merge keys, each of them copied wherever it is merged."""

    def node(self, each: Any, depth: int) -> Node:
        if id(each) in self.known:
            return self.known[id(each)]
        if depth > MAX_DEPTH or len(self.known) > MAX_NODES:
            raise self._too_large()
        line = each.start_mark.line + 1
        source = self.lines[line - 1] if line <= len(self.lines) else ""
        made = self.known[id(each)] = Node(self.file, line, source=source)
        made.span = _span_of(each)
        made.flow = bool(getattr(each, "flow_style", False))
        if each.id == "mapping":
            made.members = {}
            for key, value in each.value:
                own = self.node(value, depth + 1)
                made.span = made.span.until(own.span)
                if key.tag.endswith(":merge"):
                    self.merged += len(own.members or ())
                    if self.merged > MAX_NODES:
                        raise self._too_large()
                    for name, merged in own.entries:
                        made.members.setdefault(name, merged)
                elif key.id == "scalar":
                    made.members[key.value] = self._keyed(own, key)
        elif each.id == "sequence":
            made.items = [self.node(item, depth + 1) for item in each.value]
            for item in made.items:
                made.span = made.span.until(item.span)
        elif not each.tag.endswith(":null"):
            made.text = each.value
        return made

    def _too_large(self) -> UsageError:
        return UsageError(f"{self.file} is larger or deeper than any configuration.")

    def _keyed(self, value: Node, key: Any) -> Node:
        """A value under its key: its place is the key's line, where a block begins below."""
        line, source = value.line, value.source
        if value.text is None:
            line = key.start_mark.line + 1
            source = self.lines[line - 1] if line <= len(self.lines) else ""
        made = replace(value, line=line, source=source)
        made.key = _span_of(key)
        return made


def _span_of(each: Any) -> Span:
    """Where a node of PyYAML stands: a block up to its last value, not to the next one."""
    start, end = each.start_mark, each.end_mark
    first = Span(start.line, start.column, end.line, end.column)
    block = each.id != "scalar" and not each.flow_style
    if block or (each.id == "scalar" and each.style in ("|", ">")):
        last = max(end.line - (end.column == 0), start.line)
        if block:  # it grows with its values
            return Span(start.line, start.column, start.line, start.column)
        return Span(start.line, start.column, last, 0)
    return first
