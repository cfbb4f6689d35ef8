"""Whether the certificates that would mend a refused chain stand in the very file.

They may be in a block that no server reads, or behind an old certificate that servers take in
their place. Ways to put them are tried one after the other, and one is told only if the judge
accepts what servers would then send. Nothing is fetched.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cf525.model import KeyProof
from cf525.pki.pem import is_ca
from cf525.values import dataclass

_MOST: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A certificate of a file: its number there and its lines, counted from 1. ``read`` is whether
    servers read the block."""

    file: str
    block: int
    first: int
    last: int
    content: bytes
    read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What to do with the file: ``order`` is what servers are to send, ``deleted`` what has to go,
    ``unread`` what has to be written so that it is read; ``key`` is whether a key that was given
    belongs to the first of them."""

    order: tuple[Entry, ...]
    deleted: tuple[Entry, ...] = ()
    unread: tuple[Entry, ...] = ()
    moved: bool = False
    other_leaf: bool = False
    key: KeyProof = KeyProof.UNKNOWN


Accepts = Callable[[tuple[bytes, ...]], bool]


def mending(entries: Sequence[Entry], accepts: Accepts) -> Mending | None:
    """The first way in which the file's own certificates make a chain that is accepted."""
    if not 1 < len(entries) <= _MOST:
        return None
    for found in _ways(tuple(entries)):
        if accepts(tuple(each.content for each in found.order)):
            return found
    return None


def _ways(entries: tuple[Entry, ...]) -> Iterator[Mending]:
    """Least first: a block written anew, one deleted, another leaf in the place of the first."""
    read = tuple(each for each in entries if each.read)
    unread = tuple(each for each in entries if not each.read)
    if unread:
        yield Mending(order=entries, unread=unread)
    for gone in read[1:]:
        yield Mending(order=_without(read, gone), deleted=(gone,))
    for leaf in read[1:]:
        if not is_ca(leaf.content):
            yield from _led_by(leaf, read)


def _led_by(leaf: Entry, read: tuple[Entry, ...]) -> Iterator[Mending]:
    """The file with another of its certificates as the server's own."""
    at = read.index(leaf)
    before = read[:at]
    old = tuple(each for each in before if not is_ca(each.content))
    moved = len(old) < len(before)
    rest = tuple(each for each in read if each is not leaf and each not in old)
    yield Mending(order=(leaf, *rest), deleted=old, moved=moved, other_leaf=True)
    for gone in rest:
        order = (leaf, *_without(rest, gone))
        yield Mending(order=order, deleted=(*old, gone), moved=moved, other_leaf=True)


def _without(entries: tuple[Entry, ...], gone: Entry) -> tuple[Entry, ...]:
    return tuple(each for each in entries if each is not gone)
