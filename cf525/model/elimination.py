"""What one step of an elimination leaves out of an offer.

A server names one of each kind in an answer; an offer of everything but the named ones makes it
name the next, until it refuses. ``value`` is how a step is written down in a ``Variation``.
"""

from typing import Final

from cf525.model.observation import Variable
from cf525.model.registry import VERSIONS, version_name
from cf525.values import dataclass

KINDS: Final = (Variable.SUITES, Variable.GROUPS, Variable.SIGNATURE_ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Elimination:
    """One version alone is offered, with all there is but ``left_out`` of this one of KINDS."""

    version: int
    kind: Variable
    left_out: tuple[int, ...] = ()

    @property
    def value(self) -> str:
        """'TLS 1.3 groups -001d,0017'."""
        codes = ",".join(f"{code:04x}" for code in self.left_out)
        return f"{version_name(self.version)} {self.kind}" + (f" -{codes}" if codes else "")

    @classmethod
    def parse(cls, value: str) -> "Elimination | None":
        """The step written as ``value``; None when it is none, as a file may hold anything."""
        head, _, codes = value.partition(" -")
        name, _, kind = head.rpartition(" ")
        version = next((code for code, text in VERSIONS.items() if text == name), None)
        try:
            left_out = tuple(int(code, 16) for code in codes.split(",") if code)
        except ValueError:
            return None
        return (
            cls(version, Variable(kind), left_out)
            if version is not None and kind in KINDS
            else None
        )
