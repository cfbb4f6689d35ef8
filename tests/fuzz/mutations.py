"""Small changes of what is sound: to bytes, to DER by its structure, to plain data, to a text."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from tests.pki.forge import tlv


def mutated(data: bytes, dice: Random) -> bytes:
    """One to three small changes: a flip, a cut, a copy, a length that lies."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        if not changed:
            return b""
        at = dice.randrange(len(changed))
        kind = dice.randrange(6)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at] = dice.choice((0, 1, 2, 3, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            del changed[at : at + dice.randint(1, 40)]
        elif kind == 3:
            changed[at:at] = changed[max(0, at - 20) : at]
        elif kind == 4:
            changed[at:at] = dice.randbytes(dice.randint(1, 8))
        else:
            del changed[at:]
    return bytes(changed)


# -- DER ---------------------------------------------------------------------------------------

Element = tuple[int, "bytes | list[Element]"]


def elements(data: bytes) -> "list[Element] | None":
    """The elements that the bytes are, constructed ones opened; None for what is no DER."""
    found: list[Element] = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            return None
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size])
            at += size
        if at + length > len(data):
            return None
        content = data[at : at + length]
        inner = elements(content) if tag & 0x20 else None
        found.append((tag, content if inner is None else inner))
        at += length
    return found


def encoded(tree: "Sequence[Element]") -> bytes:
    """The bytes, with the lengths that belong to them."""
    return b"".join(
        tlv(tag, content if isinstance(content, bytes) else encoded(content))
        for tag, content in tree
    )


def der_mutated(data: bytes, dice: Random) -> bytes:
    """The same with one to three elements changed, dropped, doubled, moved or opened."""
    tree = elements(data)
    if tree is None or dice.random() < 0.2:
        return mutated(data, dice)
    for _ in range(dice.randint(1, 3)):
        places: list[tuple[list[Element], int]] = []
        waiting = [tree]
        while waiting:
            level = waiting.pop()
            places += [(level, index) for index in range(len(level))]
            waiting += [content for _, content in level if isinstance(content, list)]
        if not places:
            break
        level, index = dice.choice(places)
        _change(level, index, dice)
    return encoded(tree)


def _change(level: "list[Element]", index: int, dice: Random) -> None:
    tag, content = level[index]
    kind = dice.randrange(7)
    if kind == 0:
        level[index] = (
            dice.choice((0x02, 0x03, 0x05, 0x06, 0x0C, 0x17, 0x30, 0x31, 0xA0)),
            content,
        )
    elif kind == 1:
        del level[index]
    elif kind == 2:
        level.insert(index, (tag, content))
    elif kind == 3 and isinstance(content, bytes):
        level[index] = (tag, mutated(content, dice))
    elif kind == 4 and isinstance(content, bytes):
        level[index] = (tag, dice.choice((b"", b"\x00", b"\xff" * 9, content * 3, b"\x80" * 40)))
    elif kind == 5:
        deep: Element = (tag, content)
        for _ in range(dice.choice((2, 30, 90))):
            deep = (0x30, [deep])
        level[index] = deep
    else:
        level[index] = (tag, [*([(tag, content)] * dice.randint(2, 6))])


# -- plain data ----------------------------------------------------------------------------------

ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1 << 40, 1 << 63, 10**300, 1e308, -0.0, "", "x" * 5_000, [], {}),
    *(
        "\x1b[2J",
        "\ud800",
        "\u202eevil",
        "<script>",
        "../../x",
        "a\nb",
        "|`*_[x](y)",
        "\x00",
        "NaN",
    ),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", [[]], {"a": {}}),
    *([None] * 50, {"kind": "words"}, ["x"] * 500, "AAAA", "1002", "525", "ok", "\U000e0041"),
)


def odd(plain: Any, dice: Random) -> Any:
    """A copy in which some members are odd values, values of elsewhere in it, or not there."""
    known: list[Any] = []
    _collect(plain, known)
    share = dice.choice((0.3, 1.5, 6.0)) / max(1, len(known))
    return _odd(plain, dice, share, known)


def _collect(plain: Any, known: list[Any]) -> None:
    known.append(plain)
    for each in (
        plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    ):
        _collect(each, known)


def _odd(plain: Any, dice: Random, share: float, known: Sequence[Any]) -> Any:
    if dice.random() < share:
        return dice.choice(ODD) if dice.random() < 0.6 else dice.choice(known)
    if isinstance(plain, dict):
        kept = {name: _odd(each, dice, share, known) for name, each in plain.items()}
        return {name: each for name, each in kept.items() if dice.random() > share / 3}
    if isinstance(plain, list):
        found = [_odd(each, dice, share, known) for each in plain]
        return found * dice.choice((2, 3)) if dice.random() < share else found
    return plain


# -- texts -----------------------------------------------------------------------------------------


def text_mutated(text: str, dice: Random, words: Sequence[str]) -> str:
    """Lines dropped, doubled and moved; words of the language, quotes and brackets put in."""
    lines = text.split("\n")
    changes: tuple[Callable[[int], None], ...] = (
        lambda at: lines.__delitem__(at),
        lambda at: lines.insert(at, lines[at]),
        lambda at: lines.insert(dice.randrange(len(lines)), lines[at]),
        lambda at: lines.insert(at, dice.choice(words) * dice.choice((1, 1, 40))),
        lambda at: lines.__setitem__(at, _word_changed(lines[at], dice, words)),
        lambda at: lines.__setitem__(at, lines[at] + dice.choice("{}[]'\";#\\$\x00\ufeff\u2028")),
    )
    for _ in range(dice.randint(1, 6)):
        if len(lines) > 1:
            dice.choice(changes)(dice.randrange(len(lines)))
    return "\n".join(lines)


def _word_changed(line: str, dice: Random, words: Sequence[str]) -> str:
    parts = line.split(" ")
    parts[dice.randrange(len(parts))] = dice.choice(words)
    return " ".join(parts)
