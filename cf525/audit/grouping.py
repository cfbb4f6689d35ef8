"""Which hosts of an audit belong into one part: those that share an address, directly or through
others. Pure.

Where every address stands in one part alone, whoever works on a part keeps the bounds of its
addresses by itself, and nobody needs to know of the others.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final

A_PART: Final = 500
"""Hosts in a part, as a rule: some seconds of work, some megabytes of results."""


class Groups:
    """Hosts by their numbers, from 0 in the order in which they are added."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._above = array("q")
        self._hosts = array("q")

    def __len__(self) -> int:
        return len(self._hosts)

    def add(self, addresses: Sequence[str]) -> None:
        """The next host. One without addresses belongs to no other."""
        roots = [self._root(self._number(each)) for each in addresses] or [self._new()]
        for each in roots[1:]:
            self._above[each] = roots[0]
        self._hosts.append(roots[0])

    def parts(self, size: int = A_PART) -> Iterator[list[int]]:
        """The hosts of each part, those of each address in turn. Where the hosts that belong
        together are more than ``size`` they are a part by themselves."""
        order = sorted(range(len(self)), key=lambda host: (self._root(self._hosts[host]), host))
        part: list[list[int]] = []
        for group in self._groups(order):
            if part and sum(map(len, part)) + len(group) > size:
                yield _in_turns(part)
                part = []
            part.append(group)
        if part:
            yield _in_turns(part)

    def _groups(self, order: Sequence[int]) -> Iterator[list[int]]:
        group: list[int] = []
        root = -1
        for host in order:
            own = self._root(self._hosts[host])
            if group and own != root:
                yield group
                group = []
            root = own
            group.append(host)
        if group:
            yield group

    def _number(self, address: str) -> int:
        if address not in self._numbers:
            self._numbers[address] = self._new()
        return self._numbers[address]

    def _new(self) -> int:
        self._above.append(len(self._above))
        return len(self._above) - 1

    def _root(self, number: int) -> int:
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]  # halves the way for the next
            number = above[number]
        return number


def _in_turns(groups: Sequence[Sequence[int]]) -> list[int]:
    """One host of each group after the other, so that no address is waited for alone."""
    return [host for turn in zip_longest(*groups) for host in turn if host is not None]
