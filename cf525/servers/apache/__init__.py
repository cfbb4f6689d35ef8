"""Apache httpd: its files, or its own list of virtual hosts, judged as it selects them."""

from cf525.servers.apache.dump import foretell as foretell_printed
from cf525.servers.apache.dump import is_dump
from cf525.servers.apache.foretell import foretell
from cf525.servers.apache.reader import looks_like, read_all

__all__ = ["foretell", "foretell_printed", "is_dump", "looks_like", "read_all"]
