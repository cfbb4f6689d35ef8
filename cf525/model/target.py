"""The target: what a visitor asks for."""

from collections.abc import Mapping
from typing import Final

from cf525.values import dataclass

DEFAULT_PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}
"""By the scheme of a URL."""
HTTPS_PORTS: Final = (443, 2053, 2083, 2087, 2096, 8443)
HTTP_PORTS: Final = (80, 8080, 8880, 2052, 2082, 2086, 2095)
"""The ports on which Cloudflare's edge takes a visitor up.

Source: developers.cloudflare.com/fundamentals/reference/network-ports."""


def host_part(host: str) -> str:
    """A host as it stands before a port or in a URL: an IPv6 address goes into brackets."""
    return f"[{host}]" if ":" in host else host


def place_of(host: str, port: int) -> str:
    """'203.0.113.7:443', or '[2001:db8::7]:443'."""
    return f"{host_part(host)}:{port}"


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
