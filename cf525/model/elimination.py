"""What one step of an elimination leaves out of an offer.

A server names one of each kind in an answer; an offer of everything but the named ones makes it
name the next, until it refuses. ``value`` is how a step is written down in a ``Variation``.
"""

from dataclasses import dataclass

from cf525.model.registry import VERSIONS, version_name


@dataclass(frozen=True, slots=True)
class Elimination:
    """``kind`` is ``suites``, ``groups`` or ``signature_algorithms``; one version alone is
    offered, with all there is of every kind except ``left_out``."""

    version: int
    kind: str
    left_out: tuple[int, ...] = ()

    @property
    def value(self) -> str:
        """'TLS 1.3 groups -001d,0017'."""
        codes = ",".join(f"{code:04x}" for code in self.left_out)
        return f"{version_name(self.version)} {self.kind}" + (f" -{codes}" if codes else "")

    @classmethod
    def parse(cls, value: str) -> "Elimination":
        """The step written as ``value``. Raises ``ValueError`` when it is none."""
        head, _, codes = value.partition(" -")
        name, _, kind = head.rpartition(" ")
        version = next((code for code, text in VERSIONS.items() if text == name), None)
        if version is None:
            raise ValueError(f"no such step of an elimination: {value}")
        left_out = tuple(int(code, 16) for code in codes.split(",") if code)
        return cls(version, kind, left_out)
