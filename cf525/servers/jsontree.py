"""JSON as nodes with their exact places, which the standard library's reader does not tell.

Only what is JSON to the letter is taken; everything else is left to the reader of YAML.
"""

import json
from bisect import bisect_right
from typing import Final

from cf525.errors import UsageError
from cf525.patterns import lazy_pattern
from cf525.servers.nodes import MAX_DEPTH, MAX_NODES, Node, Span

_TOKEN: Final = lazy_pattern(
    r'[ \t\r\n]*(?:(?P<mark>[{}\[\]:,])|(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")'
    r"|(?P<word>-?\d[\d.eE+-]*|true|false|null))"
)


class NotJson(ValueError):
    """The text is no JSON."""


def tree_of(text: str, file: str) -> Node:
    """The tree of a text. Raises NotJson, and UsageError for one beyond all bounds."""
    reader = _Reader(text, file)
    found = reader.value(0)
    if text[reader.at :].strip():
        raise NotJson
    return found


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = len(text) - len(text.lstrip("\ufeff"))
        self.lines = text.split("\n")
        self.starts = [0]
        for each in self.lines:
            self.starts.append(self.starts[-1] + len(each) + 1)
        self.count = 0

    def next(self) -> tuple[str, str, int]:
        """Kind, text and start of the next token, which is passed over."""
        found = _TOKEN.match(self.text, self.at)
        if found is None or found.lastgroup is None:
            raise NotJson
        self.at = found.end()
        return found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)

    def value(self, depth: int) -> Node:
        kind, text, start = self.next()
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_NODES:
            raise UsageError(f"{self.file} is larger or deeper than any configuration.")
        if text == "{" and kind == "mark":
            return self._mapping(start, depth)
        if text == "[" and kind == "mark":
            return self._list(start, depth)
        if kind == "mark":
            raise NotJson
        made = self._made(start)
        if text != "null":
            made.text = _string(text) if kind == "string" else text
        return made

    def _mapping(self, start: int, depth: int) -> Node:
        members: dict[str, Node] = {}
        if not self._ends("}"):
            while True:
                kind, text, at = self.next()
                if kind != "string" or self.next()[1] != ":":
                    raise NotJson
                key = self._span(at)
                own = self.value(depth + 1)
                own.key = key
                if own.text is None:
                    own.line, own.source = key.line + 1, self.lines[key.line]
                members[_string(text)] = own
                if self._closed("}"):
                    break
        made = self._made(start)
        made.members = members
        return made

    def _list(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        if not self._ends("]"):
            while True:
                items.append(self.value(depth + 1))
                if self._closed("]"):
                    break
        made = self._made(start)
        made.items = items
        return made

    def _ends(self, mark: str) -> bool:
        """Whether the next token is this mark, which is passed over then."""
        before = self.at
        if self.next()[1] == mark:
            return True
        self.at = before
        return False

    def _closed(self, mark: str) -> bool:
        _, text, _ = self.next()
        if text not in (",", mark):
            raise NotJson
        return text == mark

    def _made(self, start: int) -> Node:
        span = self._span(start)
        node = Node(self.file, span.line + 1, source=self.lines[span.line])
        node.span, node.flow = span, True
        return node

    def _span(self, start: int) -> Span:
        """From a start to where the reader stands."""
        first, last = (bisect_right(self.starts, each) - 1 for each in (start, self.at))
        return Span(first, start - self.starts[first], last, self.at - self.starts[last])


def _string(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        raise NotJson from None
