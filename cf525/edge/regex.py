r"""Regular expressions as the edge runs them: in linear time, without backreferences.

Cloudflare uses Rust's ``regex``; Python's backtracking engine could be made to hang by a
pattern read from the API. This is a small matcher over a compiled program that visits each pair
of instruction and position at most once (as RE2's BitState does), with leftmost-first groups.
What it does not know (Unicode classes, nested classes, look-around) is ``Unsupported``.

RE2 itself would not do. It takes ``[a-z&&[^aeiou]]``, ``[[a-c]x]`` and ``\b{start}`` for something
else than Rust's ``regex`` does, without a word, and has no steps to count: 4 KB of ``(a*)*`` on
4 KB of text cost it half a second.

Sources: docs.rs/regex, section Syntax; R. Cox, "Regular Expression Matching: the Virtual
Machine Approach".
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from cf525.edge.budget import Budget, OverBudget, at_hand
from cf525.values import dataclass

MAX_PROGRAM: Final = 4_000
"""Instructions of one pattern, those that repetitions make counted while they are made."""
MAX_STEPS: Final = 30_000
"""Instructions compiled and executed for one match where no budget stands around it."""
SET_STEPS: Final = 10 * MAX_STEPS
"""Of a set of patterns that are tried one after the other."""
MAX_DEPTH: Final = 50
MAX_GROUPS: Final = 64

Test: TypeAlias = Callable[[str], bool]
Fragment: TypeAlias = list["Step"]


class Unsupported(ValueError):
    """A construct this matcher does not know, or a pattern or subject beyond its bounds."""


@dataclass(slots=True)
class Step:
    """An instruction: ``char`` (consume), ``split`` (try offsets in order), ``jump``, ``save``,
    ``assert`` (zero width) or ``match``. Offsets are relative, so fragments can be joined."""

    kind: str
    test: Test | None = None
    offsets: tuple[int, ...] = ()
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    program: tuple[Step, ...]
    groups: int

    def search(self, text: str, budget: Budget, start: int = 0) -> list[int | None] | None:
        """Positions of the leftmost match as ``[start, end, start of group 1, ...]``."""
        visited: set[tuple[int, int]] = set()
        for begin in range(start, len(text) + 1):
            slots = self._run(text, begin, visited, budget)
            if slots is not None:
                return slots
        return None

    def _run(
        self, text: str, begin: int, visited: set[tuple[int, int]], budget: Budget
    ) -> list[int | None] | None:
        stack: list[tuple[int, int, tuple[int | None, ...]]] = [
            (0, begin, (None,) * (2 * self.groups + 2))
        ]
        while stack:
            at, position, slots = stack.pop()
            while (at, position) not in visited:
                visited.add((at, position))
                budget.spend(1)
                step = self.program[at]
                if step.kind == "match":
                    return [begin, position, *slots[2:]]
                if step.kind == "char":
                    assert step.test is not None
                    if position >= len(text) or not step.test(text[position]):
                        break
                    at, position = at + 1, position + 1
                elif step.kind == "assert":
                    if not _holds(step.slot, text, position):
                        break
                    at += 1
                elif step.kind == "save":
                    budget.spend(self.groups // 16)
                    slots = (*slots[: step.slot], position, *slots[step.slot + 1 :])
                    at += 1
                else:
                    stack += [(at + each, position, slots) for each in step.offsets[:0:-1]]
                    at += step.offsets[0]
        return None


_BEGIN, _END, _WORD, _NOT_WORD = range(4)


def _holds(kind: int, text: str, position: int) -> bool:
    if kind == _BEGIN:
        return position == 0
    if kind == _END:
        return position == len(text)
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (kind == _WORD)


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()


_CLASSES: Final[dict[str, Test]] = {
    "d": str.isdecimal,
    "w": _is_word,
    "s": str.isspace,
    "D": lambda char: not char.isdecimal(),
    "W": lambda char: not _is_word(char),
    "S": lambda char: not char.isspace(),
}
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
_ASSERTIONS: Final = {"A": _BEGIN, "z": _END, "b": _WORD, "B": _NOT_WORD}


@lru_cache(maxsize=64)  # of at most 4,000 instructions each
def _compiled(text: str) -> tuple[Pattern | str, int]:
    """The program of a pattern, or why there is none, and the steps that it took to find out."""
    compiler = _Compiler(text)
    found: Pattern | str
    try:
        body = compiler.alternation(0)
        if compiler.at != len(text):
            raise Unsupported("unbalanced parenthesis")
        found = Pattern((*body, Step("match")), compiler.groups)
    except Unsupported as reason:
        found = str(reason)
    return found, 2 * (len(text) + compiler.made)


def _searched(pattern: str, text: str) -> list[int | None] | None:
    """The first match, paid for: what compiling costs is due also where it was done before."""
    around = at_hand()
    own = around or Budget(MAX_STEPS, "the pattern")
    try:
        own.spend(len(pattern))
        program, cost = _compiled(pattern)
        own.spend(cost)
        if isinstance(program, str):
            raise Unsupported(program)
        return program.search(text, own)
    except OverBudget:
        if around is not None:
            raise
        raise Unsupported("too many steps") from None


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text. Raises Unsupported, and OverBudget where
    a budget is set."""
    return _searched(pattern, text) is not None


def replace_first(pattern: str, text: str, expand: Callable[[list[str]], str]) -> str:
    """The text with the first match replaced by what ``expand`` makes of its groups."""
    found = _searched(pattern, text)
    if found is None:
        return text
    start, end = found[0], found[1]
    assert start is not None
    assert end is not None
    groups = [
        "" if low is None or high is None else text[low:high]
        for low, high in zip(found[::2], found[1::2], strict=True)
    ]
    return text[:start] + expand(groups) + text[end:]


@dataclass(slots=True)
class _Compiler:
    """Recursive descent over the pattern; every method returns a fragment of the program."""

    text: str
    at: int = 0
    groups: int = 0
    made: int = 0  # instructions that repetitions copied
    fold: bool = False  # (?i)
    dot_all: bool = False  # (?s)

    def alternation(self, depth: int) -> Fragment:
        if depth > MAX_DEPTH:
            raise Unsupported("nested too deeply")
        flags = self.fold, self.dot_all
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        self.fold, self.dot_all = flags
        return _either(branches)

    def _sequence(self, depth: int) -> Fragment:
        program: Fragment = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            program += self._repeated(self._atom(depth))
            if len(program) > MAX_PROGRAM:
                raise Unsupported("pattern too large")
        return program

    def _repeated(self, atom: Fragment) -> Fragment:
        while (bounds := self._bounds()) is not None:
            greedy = not self._take("?")
            low, high = bounds
            if atom:  # nothing, however often, is nothing
                self._make((len(atom) + 1) * max(low, high or 1))
                atom = _repeat(atom, low, high, greedy=greedy)
        return atom

    def _make(self, instructions: int) -> None:
        if self.made + instructions > MAX_PROGRAM:
            raise Unsupported("pattern too large")
        self.made += instructions

    def _bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return bounds
        if not self._take("{"):
            return None
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at : max(end, self.at)].partition(",")
        if not low.isdecimal() or (high and not high.isdecimal()) or len(low + high) > 8:
            raise Unsupported("repetition")
        self.at = end + 1
        return int(low), (int(high) if high else None) if comma else int(low)

    def _atom(self, depth: int) -> Fragment:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return [Step("char", self._folded(self._class()))]
        if char == ".":
            return [Step("char", (lambda _: True) if self.dot_all else (lambda c: c != "\n"))]
        if char in "^$":
            return [Step("assert", slot=_BEGIN if char == "^" else _END)]
        if char == "\\":
            return self._escape()
        if char in "*+?{":
            raise Unsupported("repetition of nothing")
        return [Step("char", self._folded(_is(char)))]

    def _escape(self) -> Fragment:
        char = self._next()
        if char in _CLASSES:
            return [Step("char", _CLASSES[char])]
        if char in _ASSERTIONS:
            return [Step("assert", slot=_ASSERTIONS[char])]
        return [Step("char", self._folded(_is(self._escaped(char))))]

    def _escaped(self, char: str) -> str:
        if char == "x":
            code = self.text[self.at : self.at + 2]
            self.at += 2
            try:
                return chr(int(code, 16))
            except ValueError:
                raise Unsupported("escape") from None
        if char.isalnum() and char not in _CONTROLS:
            raise Unsupported(f"escape {char}")
        return _CONTROLS.get(char, char)

    def _group(self, depth: int) -> Fragment:
        slot = 0
        flags = self.fold, self.dot_all
        if self._take("?"):
            if self._take("P<") or (self._take("<") and self._peek() not in "=!"):
                end = self.text.find(">", self.at)
                if end < 0:
                    raise Unsupported("group name")
                self.at = end + 1
                slot = self._new_group()
            elif not self._flags():
                return []  # (?i) holds until the enclosing group ends
        else:
            slot = self._new_group()
        body = self.alternation(depth + 1)
        if not self._take(")"):
            raise Unsupported("unbalanced parenthesis")
        self.fold, self.dot_all = flags
        if not slot:
            return body
        return [Step("save", slot=2 * slot), *body, Step("save", slot=2 * slot + 1)]

    def _new_group(self) -> int:
        self.groups += 1
        if self.groups > MAX_GROUPS:
            raise Unsupported("too many groups")
        return self.groups

    def _flags(self) -> bool:
        """Read ``i``, ``s``, ``-i`` ...; True when a group's body follows."""
        on = True
        while True:
            char = self._next()
            if char in ":)":
                return char == ":"
            if char == "-":
                on = False
            elif char == "i":
                self.fold = on
            elif char == "s":
                self.dot_all = on
            else:
                raise Unsupported(f"flag {char}")

    def _class(self) -> Test:
        negated = self._take("^")
        tests: set[Test] = set()
        ranges: list[tuple[str, str]] = []
        first = True
        while first or not self._take("]"):
            first = False
            item = self._class_item()
            if isinstance(item, tuple):
                ranges.append(item)
            else:
                tests.add(item)
        lows, highs = _joined(ranges)

        def within(char: str) -> bool:
            place = bisect_right(lows, char) - 1
            inside = place >= 0 and char <= highs[place]
            return (inside or any(test(char) for test in tests)) != negated

        return within

    def _class_item(self) -> Test | tuple[str, str]:
        """A class of characters, or a range from one character to another or to itself."""
        char = self._next()
        if char == "[" or (char == "&" and self._peek() == "&"):
            raise Unsupported("nested class")
        if char == "\\":
            char = self._next()
            if char in _CLASSES:
                return _CLASSES[char]
            char = self._escaped(char)
        if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
            self.at += 1
            high = self._next()
            if high == "\\":
                high = self._escaped(self._next())
            return char, high
        return char, char

    def _folded(self, test: Test) -> Test:
        if not self.fold:
            return test
        return lambda char: test(char.lower()) or test(char.upper())

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise Unsupported("unfinished pattern")
        self.at += 1
        return self.text[self.at - 1]

    def _take(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) * found
        return found


def _is(wanted: str) -> Test:
    return lambda char: char == wanted


def _joined(ranges: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The ranges in order and without overlap: where each begins, and where it ends."""
    lows: list[str] = []
    highs: list[str] = []
    for low, high in sorted(each for each in ranges if each[0] <= each[1]):
        if highs and low <= highs[-1]:
            highs[-1] = max(highs[-1], high)
        else:
            lows.append(low)
            highs.append(high)
    return lows, highs


def _either(branches: list[Fragment]) -> Fragment:
    """The branches in their order, each step written once."""
    pieces = [branches[-1]]
    length = len(branches[-1])
    for branch in branches[-2::-1]:
        split = Step("split", offsets=(1, len(branch) + 2))
        pieces.append([split, *branch, Step("jump", offsets=(length + 1,))])
        length += len(branch) + 2
    if length > MAX_PROGRAM:
        raise Unsupported("pattern too large")
    return [step for piece in reversed(pieces) for step in piece]


def _repeat(atom: Fragment, low: int, high: int | None, *, greedy: bool) -> Fragment:
    def split(into: int, past: int) -> Step:
        return Step("split", offsets=(into, past) if greedy else (past, into))

    program = atom * low
    if high is None:
        loop = [split(1, len(atom) + 2), *atom, Step("jump", offsets=(-len(atom) - 1,))]
        return program + loop
    for left in range(max(0, high - low), 0, -1):
        program += [split(1, left * (len(atom) + 1)), *atom]
    return program
