"""What is asked of a configuration: the edge's visit, as far as a server's files decide over it."""

from datetime import datetime

from cf525.edge.profile import ClientProfile, cloudflare
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``host`` is the name in the ClientHello, in lower case; ``address`` the one the edge would
    connect to, empty where that is not known; ``keys`` allows a look at private keys."""

    host: str
    port: int = 443
    mode: str = "strict"
    address: str = ""
    keys: bool = False
    at: datetime | None = None
    client_certificate: str = "unknown"

    @property
    def profile(self) -> ClientProfile:
        """The hello of the edge."""
        return cloudflare()
