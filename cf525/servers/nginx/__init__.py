"""nginx: its files, or what ``nginx -T`` prints, read and judged as nginx selects its servers."""

from cf525.servers.nginx.foretell import foretell
from cf525.servers.nginx.reader import is_dump, looks_like, read_all, split_dump

__all__ = ["foretell", "is_dump", "looks_like", "read_all", "split_dump"]
