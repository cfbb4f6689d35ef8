"""nginx's variables: maps evaluated for a name, and which variables there are at all."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.patterns import lazy_pattern
from cf525.servers.tree import Directive, Tree

_VARIABLE: Final = lazy_pattern(r"\$(?:\{(\w+)\}|(\w+))")
_CAPTURE: Final = lazy_pattern(r"\(\?P?<(\w+)>")
MAX_MAPS: Final = 6
MAX_NESTED: Final = 30
_DEFINING: Final = frozenset(
    ("map", "geo", "set", "split_clients", "js_set", "perl_set", "js_var", "auth_request_set",
     "set_by_lua", "set_by_lua_block", "set_by_lua_file", "uwsgi_store", "userid_mark")
)  # fmt: skip
_FAMILIES: Final = (
    "ssl_", "http_", "arg_", "cookie_", "sent_", "upstream_", "proxy_", "request", "server_",
    "remote_", "realip_", "geoip", "time_", "msec", "tcpinfo_", "host", "scheme", "uri", "args",
    "query_", "document_", "is_args", "nginx_", "pid", "pipe", "connection", "body_", "bytes_",
    "binary_", "content_", "limit_", "hostname", "status", "http2", "http3", "quic", "secure_",
    "invalid_", "modern_", "ancient_", "msie", "date_", "fastcgi_", "gzip_", "uid_", "spdy",
    "slice_", "memcached_", "session_", "protocol", "ja3", "otel_", "jwt_", "acme_",
)  # fmt: skip
"""How the names of variables begin that nginx and its modules have."""


def mapped(block: Directive, name: str) -> str | None:
    """Nginx's map: exact, then the longest ``*.``, the longest ``.*``, patterns, the default."""
    hostnames = block.first("hostnames") is not None
    default: str | None = ""
    best: tuple[int, str | None] = (0, None)
    patterns: list[tuple[str, str]] = []
    for each in block.block or ():
        value = each.argument()
        key = each.name.lower()
        if each.name == "default":
            default = value
        elif each.name.startswith("~"):
            patterns.append((each.name.lstrip("~*"), value))
        elif key == name:
            return value
        elif hostnames and (key.startswith(("*.", "."))):
            suffix = key.removeprefix("*")
            if name.endswith(suffix) or f".{name}" == suffix:
                best = max(best, (len(suffix), value), key=lambda pair: pair[0])
    if best[1] is not None:
        return best[1]
    with budget(SET_STEPS, "the patterns of a map"):
        for pattern, value in patterns:
            try:
                if matches(f"(?i){pattern}", name):
                    return value
            except (Unsupported, OverBudget):
                return None
    return default


def filled_in(
    tree: Tree,
    written: str,
    host: str,
    depth: int = 0,
    known: Mapping[str, str] = MappingProxyType({}),
    kind: str = "http",
) -> str | None:
    """A text of ``http`` with the variables that the name in the hello decides over, by maps as
    deep as they lead; None where it has others. ``known`` are further ones whose value is."""
    if depth > MAX_MAPS:
        return None
    settled = True

    def value(found: re.Match[str]) -> str:
        nonlocal settled
        name = f"${found[1] or found[2]}"
        if name == "$ssl_server_name" and kind == "http":
            return host
        if name in known:
            return known[name]
        for block in tree.root.all(kind):
            for each in block.all("map"):
                if len(each.args) == 2 and each.args[1] == name:
                    made = filled_in(tree, each.args[0], host, depth + 1, known, kind)
                    made = mapped(each, made.lower()) if made is not None else None
                    if made is not None:
                        made = filled_in(tree, made, host, depth + 1, known, kind)
                    settled = settled and made is not None
                    return made or ""
        settled = False
        return ""

    text = _VARIABLE.sub(value, written)
    return text if settled else None


def variables_in(text: str) -> Iterator[str]:
    """The names of the variables in a text."""
    return (found[1] or found[2] for found in _VARIABLE.finditer(text))


def is_known(tree: Tree, name: str) -> bool:
    """Whether something defines a variable: nginx, a module, or a line of the configuration."""
    return name.isdigit() or name.startswith(_FAMILIES) or name in _defined(tree.root)


def _defined(scope: Directive, depth: int = 0) -> Iterator[str]:
    for each in scope.block or ():
        if each.name in _DEFINING:
            yield from (arg[1:] for arg in each.args if arg.startswith("$"))
        for arg in each.args:
            yield from _CAPTURE.findall(arg)
        if each.block and depth < MAX_NESTED:
            yield from _defined(each, depth + 1)
