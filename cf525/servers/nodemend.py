"""Edits that are made at the place of a value of YAML or JSON.

An edit changes whole lines, of which only the value is new. What an edit brings about is judged
afterwards by who asks for it: nothing here knows what a value means.
"""

from cf525.servers.foretold import Edit
from cf525.servers.library import Absence, Library, decoded
from cf525.servers.nodes import Node, Span


class NodeMender:
    """Makes edits for the values of a library's files; none where a value's place is not known."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def lines(self, file: str) -> list[str]:
        """The lines of a file without their ends."""
        content = self.library.read(file)
        text = "" if isinstance(content, Absence) else decoded(content)
        return [each.rstrip("\r") for each in text.split("\n")]

    def scalar(self, node: Node, text: str) -> tuple[Edit, ...]:
        """Another scalar in place of one, in the same quotes."""
        span = node.span
        lines = self.lines(node.file)
        if node.text is None or span is None or span.line != span.end_line:
            return ()
        if span.end_line >= len(lines):
            return ()
        old = lines[span.line][span.column : span.end_column]
        quote = old[:1] if old[:1] in ("'", '"') else ""
        return self._put(node.file, lines, span, f"{quote}{text}{quote}")

    def whole(self, node: Node, text: str) -> tuple[Edit, ...]:
        """A value in brackets (``[a, b]``) in place of any other, its quotes and all."""
        span, lines = node.span, self.lines(node.file)
        if span is None or span.end_line >= len(lines):
            return ()
        if node.flow or node.text is not None:
            return self._put(node.file, lines, span, text)
        if node.key is None or node.key.line == span.line:
            return ()
        head = lines[node.key.line].rstrip()
        if not head.endswith(":"):
            return ()
        return (
            Edit(
                file=node.file,
                first=node.key.line + 1,
                last=span.end_line + 1,
                lines=(f"{head} {text}",),
            ),
        )

    def removed(self, parent: Node, name: str) -> tuple[Edit, ...]:
        """A mapping without one of its members."""
        node = (parent.members or {}).get(name)
        if node is None or node.key is None or node.span is None:
            return ()
        lines = self.lines(node.file)
        if parent.flow:
            return self._out_of_brackets(node, lines)
        first, last = node.key.line, max(node.span.end_line, node.key.line)
        if lines[first][: node.key.column].strip():  # behind a dash
            return ()
        return (Edit(file=node.file, first=first + 1, last=last + 1, lines=()),)

    def _out_of_brackets(self, node: Node, lines: list[str]) -> tuple[Edit, ...]:
        """A member with the comma that goes with it."""
        assert node.key is not None
        assert node.span is not None
        begin, end = (node.key.line, node.key.column), (node.span.end_line, node.span.end_column)
        rest = lines[end[0]][end[1] :]
        if rest.lstrip().startswith(","):
            end = (end[0], end[1] + rest.index(",") + 1)
            after = lines[end[0]][end[1] :]
            if not after.strip() and not lines[begin[0]][: begin[1]].strip():
                return (Edit(file=node.file, first=begin[0] + 1, last=end[0] + 1, lines=()),)
            end = (end[0], end[1] + len(after) - len(after.lstrip()))
        else:
            row, before = begin[0], lines[begin[0]][: begin[1]]
            while row > 0 and not before.strip():
                row -= 1
                before = lines[row]
            if before.rstrip().endswith(","):
                begin = (row, len(before.rstrip()) - 1)
        return self._put(node.file, lines, Span(*begin, *end), "")

    def member(self, mapping: Node, *new: str) -> tuple[Edit, ...]:
        """Lines put before the first member of a mapping, indented as that is. Of a mapping in
        brackets each must be one member."""
        first = next(iter((mapping.members or {}).values()), None)
        if first is None or first.key is None:
            return ()
        lines = self.lines(first.file)
        row, column = first.key.line, first.key.column
        if mapping.flow:
            text = "".join(f"{each}, " for each in new)
            return self._put(first.file, lines, Span(row, column, row, column), text)
        head = lines[row][:column]
        if head.strip():  # behind a dash: the member takes the dash, the first one moves
            shifted = (f"{head}{new[0]}", *(f"{' ' * column}{each}" for each in new[1:]))
            moved = f"{' ' * column}{lines[row][column:]}"
            return (Edit(file=first.file, first=row + 1, last=row + 1, lines=(*shifted, moved)),)
        made = tuple(f"{head}{each}" for each in new)
        return (Edit(file=first.file, first=row + 1, last=row, lines=made),)

    def to_the_top(self, parent: Node, name: str) -> tuple[Edit, ...]:
        """A member in lines of a mapping of the document's own, as one of the document itself."""
        node = parent.at(name)
        if node.key is None or parent.key is None or parent.flow or node.flow:
            return ()
        lines, row, column = self.lines(node.file), node.key.line, node.key.column
        last = row
        while last + 1 < len(lines):
            text = lines[last + 1]
            if text.strip() and len(text) - len(text.lstrip()) <= column:
                break
            last += 1
        while last > row and not lines[last].strip():
            last -= 1
        shift = column - parent.key.column
        if shift <= 0 or any(each[:shift].strip() for each in lines[row : last + 1]):
            return ()
        made = tuple(each[shift:] for each in lines[row : last + 1])
        if len(parent.members or {}) == 1 and parent.key.line == row - 1:
            return (Edit(file=node.file, first=row, last=last + 1, lines=made),)
        end = len(lines) - (not lines[-1])
        return (
            Edit(file=node.file, first=row + 1, last=last + 1, lines=()),
            Edit(file=node.file, first=end + 1, last=end, lines=made),
        )

    def behind(self, node: Node, *new: str) -> tuple[Edit, ...]:
        """Lines behind a member of a mapping in lines, indented as its name is."""
        if node.key is None or node.span is None or node.flow:
            return ()
        row = node.span.end_line + 1
        made = tuple(f"{' ' * node.key.column}{each}" for each in new)
        return (Edit(file=node.file, first=row + 1, last=row, lines=made),)

    def item(self, sequence: Node, *new: str) -> tuple[Edit, ...]:
        """Lines of a further item behind the last one of a list; of a list in brackets one."""
        items = sequence.items or []
        if not items or items[0].span is None or items[-1].span is None:
            return ()
        lines, last = self.lines(sequence.file), items[-1].span
        if sequence.flow:
            at = Span(last.end_line, last.end_column, last.end_line, last.end_column)
            return self._put(sequence.file, lines, at, f", {' '.join(new)}")
        dash = lines[items[0].span.line][: items[0].span.column].rfind("-")
        if dash < 0:
            return ()
        made = (f"{' ' * dash}- {new[0]}", *(f"{' ' * dash}  {each}" for each in new[1:]))
        row = last.end_line + 1
        return (Edit(file=sequence.file, first=row + 1, last=row, lines=made),)

    def without_item(self, sequence: Node, item: Node) -> tuple[Edit, ...]:
        """A list in lines without one of its items, which must not be the only one."""
        items = sequence.items or []
        if sequence.flow or len(items) < 2 or item.span is None:
            return ()
        lines, span = self.lines(item.file), item.span
        if lines[span.line][: span.column].strip() != "-":
            return ()
        return (Edit(file=item.file, first=span.line + 1, last=span.end_line + 1, lines=()),)

    def _put(self, file: str, lines: list[str], span: Span, text: str) -> tuple[Edit, ...]:
        if span.end_line >= len(lines):
            return ()
        new = lines[span.line][: span.column] + text + lines[span.end_line][span.end_column :]
        kept = tuple(new.split("\n")) if new.strip() else ()
        return (Edit(file=file, first=span.line + 1, last=span.end_line + 1, lines=kept),)
