"""The status a visitor gets, as one type with one answer to each question about it.

It is a string, so that JSON and comparisons read as Cloudflare's documentation does. What the
codes mean stands in ``cf525.edge.codes``.
"""

from typing import Final

_ORIGIN: Final = "origin-"


class Status(str):
    """``ok``, ``520`` to ``526``, ``530``, ``1000`` and its like, a status the origin itself sends
    (``origin-403``), ``redirect-loop``, ``edge-tls``, ``not-applicable`` or ``unknown``; of a
    certificate file that servers do not load ``unloadable``."""

    __slots__ = ()

    @classmethod
    def of_origin(cls, code: int) -> "Status":
        """What becomes of an HTTP status of the origin: an error passes through as it is."""
        return OK if code < 400 else cls(f"{_ORIGIN}{code}")

    @property
    def numbered(self) -> bool:
        """Whether it is an error with a number of Cloudflare's making: a 5xx or a 1xxx."""
        return self.isascii() and self.isdigit()

    @property
    def declared(self) -> bool:
        """Whether it is an error that the body of a page declares, inside another HTTP status."""
        return self.numbered and len(self) == 4

    @property
    def fails(self) -> bool:
        """Whether visitors get an error because of how the edge meets the origin or them."""
        return self.numbered or self in (REDIRECT_LOOP, EDGE_TLS, UNLOADABLE)

    @property
    def passes_through(self) -> bool:
        """Whether the edge reaches the origin and visitors get the origin's own error."""
        return self.startswith(_ORIGIN)

    @property
    def works(self) -> bool:
        """Whether the edge gets an answer of the origin, whatever it says."""
        return self == OK or self.passes_through

    @property
    def unknown(self) -> bool:
        return self == UNKNOWN

    @property
    def code(self) -> str:
        """The number a visitor sees: '503' for ``origin-503``; itself where there is none."""
        return self.removeprefix(_ORIGIN)


OK: Final = Status("ok")
UNKNOWN: Final = Status("unknown")
NOT_APPLICABLE: Final = Status("not-applicable")
REDIRECT_LOOP: Final = Status("redirect-loop")
EDGE_TLS: Final = Status("edge-tls")
UNLOADABLE: Final = Status("unloadable")
