"""What nginx does not start with because two things clash, or one that is named is not there.

Names that are given twice, shared zones that nobody declares, an address that both http and stream
bind, and directives of modules that come apart and are not loaded.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cf525.servers import faults
from cf525.servers.foretold import Fault
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import ANY4, ANY6, Listen, Server
from cf525.servers.tree import Directive, Tree

NGINX: Final = "nginx"
MAX_NESTED: Final = 30
ZONES: Final = {"limit_req": "limit_req_zone", "limit_conn": "limit_conn_zone"}
OF_MODULES: Final = {
    "brotli": "brotli_filter",
    "brotli_comp_level": "brotli_filter",
    "brotli_types": "brotli_filter",
    "brotli_static": "brotli_static",
    "more_set_headers": "headers_more_filter",
    "more_clear_headers": "headers_more_filter",
    "geoip2": "geoip2",
    "geoip_country": "geoip",
    "geoip_city": "geoip",
    "modsecurity": "modsecurity",
    "modsecurity_rules_file": "modsecurity",
    "image_filter": "image_filter",
    "xslt_stylesheet": "xslt_filter",
    "vhost_traffic_status_zone": "vhost_traffic_status",
    "zstd": "zstd_filter",
    "js_import": "_js_",
    "passenger_enabled": "passenger",
    "perl_modules": "perl",
    "otel_exporter": "otel",
}
"""Directives with a part of the file name of the module that they come from, which no build of
nginx.org or of a distribution has within."""


def clashes(tree: Tree, http: Sequence[Server], stream: Sequence[Server]) -> Iterator[Fault]:
    """Everything of this kind."""
    for kind in ("http", "stream"):
        for block in tree.root.all(kind):
            yield from _twice(block, "upstream", "a duplicate upstream")
    for server in http:
        yield from _locations(server.directive)
    yield from _bound_twice(http, stream)
    if tree.whole and not tree.unread and any(True for _ in tree.root.all("events")):
        yield from _zones(tree)
        yield from _unloaded(tree)


def _told(text: str, each: Directive, other: Directive, *, sure: bool = True) -> Fault:
    fault = faults.not_loaded(NGINX, text, each.place, sure=sure)
    return replace(fault, places=(*fault.places, other.place))


def _twice(block: Directive, name: str, text: str) -> Iterator[Fault]:
    known: dict[str, Directive] = {}
    for each in block.all(name):
        first = known.setdefault(each.argument(), each)
        if first is not each:
            yield _told(f'{text} "{each.argument()}"', each, first)


def _locations(scope: Directive, depth: int = 0) -> Iterator[Fault]:
    """Locations for the same path: a prefix with and without ``^~`` is one."""
    known: dict[tuple[str, ...], Directive] = {}
    for each in scope.all("location"):
        key = each.args[1:] if each.args[:1] == ("^~",) else each.args
        if not key or key[0].startswith("~"):
            continue
        first = known.setdefault(key, each)
        if first is not each:
            yield _told(f'a duplicate location "{" ".join(key)}"', each, first)
        if depth < MAX_NESTED:
            yield from _locations(each, depth + 1)


def _bound_twice(http: Sequence[Server], stream: Sequence[Server]) -> Iterator[Fault]:
    """An address that servers of http and of stream both bind."""
    ours = [each for server in http for each in server.listens if each.directive.name == "listen"]
    theirs = [each for server in stream for each in server.listens if "udp" not in each.flags]
    for one in theirs:
        other = next((each for each in ours if _same(one, each)), None)
        if other is not None:
            what = f"http and stream both listen on port {one.port} (address already in use)"
            yield _told(what, other.directive, one.directive)


def bound_for_both(servers: Sequence[Server], mender: Mender) -> Iterator[Fault]:
    """A socket of IPv6 that takes IPv4 too, beside one of IPv4 on the same port (measured)."""
    every = [each for server in servers for each in server.listens if "udp" not in each.flags]
    shared = {each.key for each in every if "reuseport" in each.flags}
    both = [each for each in every if each.address == ANY6 and "ipv6only=off" in each.flags]
    for one in both:
        other = next((e for e in every if e.port == one.port and _of_four(e)), None)
        if other is None or (one.key in shared and other.key in shared):
            continue
        what = (
            f"[::]:{one.port} with ipv6only=off and {other.address}:{one.port} are one address "
            "(address already in use)"
        )
        fault = _told(what, one.directive, other.directive)
        yield replace(fault, edits=mender.without(one.directive, "ipv6only=off"))


def _of_four(listen: Listen) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+){3}", listen.address) is not None


def _same(one: Listen, other: Listen) -> bool:
    if one.port != other.port or "reuseport" in one.flags & other.flags:
        return False
    wild, six = (ANY4, ANY6), one.address.startswith("[")
    either = one.address in wild or other.address in wild
    return one.address == other.address or (either and six is other.address.startswith("["))


def _zones(tree: Tree) -> Iterator[Fault]:
    """Shared zones that are used and not declared."""
    every = list(_nested(tree.root))
    declared = {
        (each.name, value.partition("zone=")[2].partition(":")[0])
        for each in every
        if each.name in ZONES.values()
        for value in each.args
        if value.startswith("zone=")
    }
    for each in every:
        wanted = ZONES.get(each.name)
        if wanted is None:
            continue
        names = [value.partition("=")[2] for value in each.args if value.startswith("zone=")]
        names = names if each.name == "limit_req" else list(each.args[:1])
        if names and (wanted, names[0]) not in declared:
            what = f'no {wanted} declares the zone "{names[0]}"'
            yield faults.not_loaded(NGINX, what, each.place)


def _unloaded(tree: Tree) -> Iterator[Fault]:
    """Directives of a module that comes apart from nginx, where it is not loaded."""
    loaded = " ".join(each.argument() for each in tree.root.all("load_module"))
    told: set[str] = set()
    for each in _nested(tree.root):
        module = OF_MODULES.get(each.name, "")
        if module and module not in told and module not in loaded:
            told.add(module)
            what = f'an unknown directive "{each.name}": no load_module names its module'
            reason = "a build may have the module within: see nginx -V"
            yield faults.not_loaded(NGINX, what, each.place, sure=False, reason=reason)


def _nested(scope: Directive, depth: int = 0) -> Iterator[Directive]:
    for each in scope.block or ():
        yield each
        if each.block and depth < MAX_NESTED:
            yield from _nested(each, depth + 1)
