"""Whether nginx redirects the URL that the edge asks for to itself: visitors go round.

Looked at are the ``return`` of the site, and that of a server in clear of the same configuration to
which it hands the request on. What is not decided by the name and by TLS is passed over: it is no
redirect then.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers.nginx.clear import root_locations
from cf525.servers.nginx.model import Server, Socket, met_by, select, sockets_of
from cf525.servers.nginx.requests import holds, known
from cf525.servers.nginx.variables import filled_in
from cf525.servers.tree import Directive, Tree

_CODES: Final = ("301", "302", "303", "307", "308")
_HERE: Final = lazy_pattern(
    r"http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::(\d{1,5}))?/?", re.IGNORECASE
)
_NAMED: Final = lazy_pattern(r"http://([\w.-]+)/?")
_PROTO: Final = "x-forwarded-proto"


def goes_round(
    tree: Tree, servers: Sequence[Server], server: Server, host: str, port: int
) -> tuple[Directive, ...]:
    """The redirect that leads a request for / to itself, and behind it what hands the request on
    to another server where that one makes it; nothing where there is none."""
    own = _redirect(tree, server, host, port, {})
    if own is not None:
        return (own,)
    for scope in root_locations(server.directive)[:1]:
        passed = scope.first("proxy_pass")
        if passed is None or scope.first("return", "if", "rewrite") is not None:
            continue
        there = _socket(tree, servers, passed.argument())
        sent = _headers(tree, scope, server, host)
        if there is None or sent.get("host") != host:
            continue
        heard = {f"$http_{name.replace('-', '_')}": value for name, value in sent.items()}
        clear = {"$scheme": "http", "$https": "", "$server_port": str(there.port), **heard}
        clear.setdefault(f"$http_{_PROTO.replace('-', '_')}", "")
        found = _redirect(tree, select(there, host).server, host, port, clear)
        if found is not None:
            return (found, passed)
    return ()


def _redirect(
    tree: Tree, server: Server, host: str, port: int, settled: Mapping[str, str]
) -> Directive | None:
    values = {**dict(known(host, server)), **settled}
    wanted = f"https://{host}" + ("" if port == 443 else f":{port}")
    for scope in (server.directive, *root_locations(server.directive)[:1]):
        for each in scope.all("return", "if", "rewrite"):
            inner: Directive | None = each
            if each.name == "rewrite":
                return None
            if each.name == "if":
                truth = holds(tree, each, host, values)
                if truth is False:
                    continue
                inner = each.first("return") if truth else None
            if inner is None:
                return None
            return inner if _leads(tree, inner, host, values, wanted) else None
    return None


def _leads(tree: Tree, found: Directive, host: str, values: Mapping[str, str], wanted: str) -> bool:
    code, url = found.args if len(found.args) == 2 else ("302", found.argument())
    if code not in _CODES:
        return False
    there = filled_in(tree, url, host, known=values)
    return there is not None and there.lower().removesuffix("?").removesuffix("/") == wanted


def _socket(tree: Tree, servers: Sequence[Server], url: str) -> Socket | None:
    """The socket of this configuration that a request is handed on to, on this host in clear."""
    found = _HERE.fullmatch(url)
    if found is None:
        named = _NAMED.fullmatch(url)
        group = named[1] if named is not None else ""
        block = next(
            (e for e in tree.root.all("http") for e in e.all("upstream") if e.args == (group,)),
            None,
        )
        lines = [*block.all("server")] if block is not None else []
        found = _HERE.fullmatch(f"http://{lines[0].argument()}") if len(lines) == 1 else None
    if found is None:
        return None
    sockets = sockets_of(servers, int(found[2] or "80"))
    return met_by(sockets, "::1" if "[" in found[1] else "127.0.0.1")


def _headers(tree: Tree, location: Directive, server: Server, host: str) -> Mapping[str, str]:
    """The headers that a request is handed on with, as far as they are decided; those of the
    nearest block that sets any."""
    own = tuple(location.all("proxy_set_header")) or server.settings("proxy_set_header")
    return dict(_set(tree, own, server, host))


def _set(
    tree: Tree, lines: Sequence[Directive], server: Server, host: str
) -> Iterator[tuple[str, str]]:
    for each in lines:
        if len(each.args) == 2:
            value = filled_in(tree, each.args[1], host, known=dict(known(host, server)))
            if value is not None:
                yield each.args[0].lower(), value
