"""Apache httpd: its files read and judged as it selects virtual hosts."""

from cf525.servers.apache.foretell import foretell
from cf525.servers.apache.reader import looks_like, read_all

__all__ = ["foretell", "looks_like", "read_all"]
