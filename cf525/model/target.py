"""The target: what a visitor asks for."""

from collections.abc import Mapping
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_HOST: Final = lazy_pattern(r"(?:(?!-)[A-Za-z0-9_.:-]{1,253})?")
"""A hostname or an address; nothing for a file that was given no name."""
_PATH: Final = lazy_pattern(r"/[!-~]*")

DEFAULT_PORTS: Final[Mapping[str, int]] = {"https": 443, "http": 80}
"""By the scheme of a URL."""
HTTPS_PORTS: Final = (443, 2053, 2083, 2087, 2096, 8443)
HTTP_PORTS: Final = (80, 8080, 8880, 2052, 2082, 2086, 2095)
"""The ports on which Cloudflare's edge takes a visitor up.

Source: developers.cloudflare.com/fundamentals/reference/network-ports."""


def is_host(text: str) -> bool:
    """Whether it is made as a hostname or an address is: it stands in commands and expressions."""
    return _HOST.fullmatch(text) is not None


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

    def __post_init__(self) -> None:
        """Raises ValueError for what no request has: a file that anybody may have written said it,
        and its lines would go out as they are."""
        if self.scheme not in DEFAULT_PORTS or not is_host(self.host) or "\n" in self.display:
            raise ValueError("no such host")
        if not 0 < self.port < 65_536 or not _PATH.fullmatch(self.path):
            raise ValueError("no such path or port")

    @property
    def url(self) -> str:
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"
