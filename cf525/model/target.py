"""The target: what a visitor asks for."""

from dataclasses import dataclass


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
        default = {"https": 443, "http": 80}.get(self.scheme)
        port = "" if self.port == default else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"
