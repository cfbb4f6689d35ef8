"""The doctor's examination for people."""

import textwrap
from collections.abc import Sequence
from typing import Protocol

from cf525.report.escape import for_terminal
from cf525.report.line import Line

_MARKS = {"fine": ("✓", "green"), "wrong": ("✗", "red"), "unknown": ("?", "yellow")}


class Check(Protocol):
    """What a line needs of a check."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def text(self) -> str: ...


def render(checks: Sequence[Check], recipe: str, *, width: int = 80) -> list[Line]:
    """One line a check, and the rights a read-only token should have."""
    lines = [Line("")]
    for check in checks:
        mark, style = _MARKS.get(check.state, ("?", ""))
        first, *more = textwrap.wrap(for_terminal(check.text), max(width - 44, 24)) or [""]
        lines.append(Line(f" {mark} {for_terminal(check.id):<40} {first}", style))
        lines += [Line(f"{' ' * 44}{each}") for each in more]
    lines += [Line(""), Line(" A read-only token that sees everything has these rights:", "bold")]
    lines += [Line(f"   {each}") for each in textwrap.wrap(recipe, max(width - 3, 24))]
    return lines
