"""What one piece of a stranger's text may cost: steps, which are time and memory alike.

An expression of a rule is read, compiled and carried out from one purse, and all expressions of a
run from another around it. A step is about a microsecond, and nothing that is kept grows without
steps. Knows nothing of what the steps do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


class OverBudget(Exception):
    """The steps are spent; the text says whose."""


class Budget:
    """The steps that are left, and what to say when there are none."""

    def __init__(self, steps: int, of: str) -> None:
        self.left = steps
        self.of = of
        self.given_back = 0

    @property
    def empty(self) -> bool:
        """Whether something was wanted that could not be paid for."""
        return self.left < 0

    def spend(self, steps: int) -> None:
        """Raises OverBudget for what is no longer there."""
        if steps > self.left:
            self.left = -1
            raise OverBudget(self.of)
        self.left -= steps


_PURSE: Final[ContextVar[Budget | None]] = ContextVar("budget", default=None)


@contextmanager
def budget(steps: int, of: str) -> Iterator[Budget]:
    """Whatever is done within spends of these steps, and of those of the budget around it."""
    around = _PURSE.get()
    if around is None or steps <= around.left:
        own, granted = Budget(steps, of), steps
    else:
        own, granted = Budget(around.left, around.of), around.left
    token = _PURSE.set(own)
    try:
        yield own
    finally:
        _PURSE.reset(token)
        if around is not None:
            around.left -= granted - own.left - own.given_back


def at_hand() -> Budget | None:
    """The budget of what is being done."""
    return _PURSE.get()


def spend(steps: int) -> None:
    """Raises OverBudget; where nobody set a budget, steps are free."""
    own = _PURSE.get()
    if own is not None:
        own.spend(steps)


def give_back(steps: int) -> None:
    """These were paid, so that the same always costs the same, but not needed: the budget around
    keeps them."""
    own = _PURSE.get()
    if own is not None:
        own.given_back += steps
