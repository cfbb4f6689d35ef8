"""The target: what a visitor asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEFAULT_PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}
"""By the scheme of a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A visitor's request, as far as routing needs it.

    ``host`` is the A-label form in lower case without a trailing dot; ``display`` is the same
    name with U-labels, for people.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    display: str = ""

    @property
    def url(self) -> str:
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"
