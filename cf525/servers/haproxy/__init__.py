"""HAProxy: its sections read and judged as it chooses bind, certificate and settings."""

from cf525.servers.haproxy.foretell import foretell
from cf525.servers.haproxy.reader import looks_like, read

__all__ = ["foretell", "looks_like", "read"]
