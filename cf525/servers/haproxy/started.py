"""The files that HAProxy reads when it starts, beside those of a bind: without one it does not.

Source: HAProxy 2.6 configuration manual; each was measured with 2.6.
"""

from collections.abc import Iterator
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers.haproxy.model import Store
from cf525.servers.haproxy.reader import Config, Line

_GLOBAL: Final = ("ssl-dh-param-file", "lua-load")
_OF_SERVERS: Final = {"ca-file": "ca-base", "crl-file": "ca-base", "crt": "crt-base"}
_MAP: Final = lazy_pattern(r"\bmap(?:_[a-z_]+)?\((/[^(),\s]+)")


def read_at_start(config: Config, store: Store) -> Iterator[tuple[str, Line]]:
    """Every such file that has an absolute name, with the line that names it."""
    for section in config.sections:
        for line in section.lines:
            if line.maybe:
                continue
            for path in _named(line, section.kind, store):
                if path.startswith("/") and "$" not in path and "%" not in path:
                    yield path, line


def _named(line: Line, kind: str, store: Store) -> Iterator[str]:
    first, words = line.words[0], line.words
    if kind == "global":
        if first in _GLOBAL:
            yield from words[1:2]
        return
    if first in ("server", "default-server"):
        for name, base in _OF_SERVERS.items():
            value = line.after(name)
            if value and not value.startswith("@"):
                yield store.path(value, base)
    elif first == "bind":
        yield line.after("tls-ticket-keys")
        return
    yield from _MAP.findall(" ".join(words))
    if first in ("acl", "http-request", "tcp-request", "use_backend", "redirect", "http-response"):
        for number, word in enumerate(words[:-1]):
            if word == "-f":
                yield words[number + 1]
    if first in ("http-request", "http-error") and {"return", "deny", "status"} & set(words[:2]):
        yield line.after("file")
