"""Apache's virtual hosts: which set an address selects, and which of it a name.

Source: server/vhost.c and modules/ssl of httpd 2.4; the scope of each directive was measured with
2.4.71: ``SSLCipherSuite`` and ``SSLVerifyClient`` count as the *named* host has them, the curves
as the *first* one does, ``SSLProtocol`` as the named one does if it has any, else as the first.
"""

import fnmatch
from collections.abc import Iterator, Sequence
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.servers.tree import Directive, Tree
from cf525.values import dataclass

_PLACE: Final = lazy_pattern(r"(?P<host>\[[^\]]+\]|[^:]*)(?::(?P<port>\d+|\*))?$")
WILD: Final = ("*", "_default_", "0.0.0.0", "[::]")  # noqa: S104 - read, not bound


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a virtual host; port 0 is any."""

    host: str
    port: int


@dataclass(slots=True, eq=False)
class Host:
    """A virtual host, or the main server, with the main server behind it."""

    directive: Directive
    main: Directive
    addresses: tuple[Address, ...] = ()

    def setting(self, name: str) -> Directive | None:
        """The last such directive here, else that of the main server."""
        for scope in (self.directive, self.main):
            found = list(named(scope, name))
            if found:
                return found[-1]
        return None

    def all(self, name: str) -> tuple[Directive, ...]:
        own = tuple(named(self.directive, name))
        return own or tuple(named(self.main, name))

    @property
    def engine(self) -> str:
        found = self.setting("SSLEngine")
        return found.argument().lower() if found is not None else ""

    @property
    def names(self) -> Iterator[tuple[str, Directive]]:
        for each in named(self.directive, "ServerName"):
            name = each.argument().lower().partition("://")[2] or each.argument().lower()
            yield name.partition(":")[0], each
        for each in named(self.directive, "ServerAlias"):
            for name in each.args:
                yield name.lower(), each

    @property
    def maybe(self) -> str:
        return self.directive.maybe


@dataclass(frozen=True, slots=True)
class Met:
    """What a connection meets: the hosts of its address in order, and the one for the name.
    ``by`` is the directive with the name, None where the first one answers for all others."""

    hosts: tuple[Host, ...]
    host: Host
    by: Directive | None
    hidden: tuple[Host, Directive] | None = None

    @property
    def first(self) -> Host:
        return self.hosts[0]


def named(scope: Directive, name: str) -> Iterator[Directive]:
    """The directives of a name in a section; Apache minds no case."""
    return iter(scope.called(name))


def hosts_of(tree: Tree) -> list[Host]:
    """The virtual hosts in the order of the files."""
    found: list[Host] = []
    for each in named(tree.root, "VirtualHost"):
        addresses = tuple(filter(None, map(_address, each.args)))
        found.append(Host(each, tree.root, addresses))
    return found


def _address(text: str) -> Address | None:
    match = _PLACE.match(text)
    if match is None:
        return None
    port = match["port"] or "*"
    return Address(match["host"].lower(), 0 if port == "*" else int(port))


def listens_of(tree: Tree) -> list[tuple[str, int, str, Directive]]:
    """Address, port and protocol of every ``Listen``."""
    found = []
    for each in named(tree.root, "Listen"):
        match = _PLACE.match(each.argument())
        if each.argument().isdigit():
            host, port = "", each.argument()
        elif match is not None and match["port"] and match["port"] != "*":
            host, port = match["host"], match["port"]
        else:
            continue
        protocol = each.args[1].lower() if len(each.args) > 1 else ""
        found.append((host.lower(), int(port), protocol, each))
    return found


def met(hosts: Sequence[Host], main: Host, address: str, port: int, name: str) -> Met:
    """The hosts that a connection to an address and port meets, and the one for the name."""
    exact = _chain(hosts, port, address)
    wild = _chain(hosts, port, "")
    chosen = tuple(exact or wild) or (main,)
    for host in chosen:
        for own, directive in host.names:
            if _fits(own, name):
                return Met(chosen, host, directive)
    hidden = None
    if exact:
        found = ((h, d) for h in wild for own, d in h.names if _fits(own, name))
        hidden = next(found, None)
    return Met(chosen, chosen[0], None, hidden)


def _chain(hosts: Sequence[Host], port: int, address: str) -> list[Host]:
    """The hosts of one address in order. Those for the port and those for any port are apart, and
    of two such lists the one that was begun later is looked at first."""
    chains: dict[int, list[Host]] = {}
    for host in hosts:
        for each in host.addresses:
            own = _is(each.host, address) if address else each.host in WILD
            if own and each.port in (0, port):
                known = chains.setdefault(each.port, [])
                if host not in known:
                    known.append(host)
    return list(chains.values())[-1] if chains else []


def _is(host: str, address: str) -> bool:
    """Whether a virtual host's address is this one. A name is resolved when Apache starts, and
    mostly means this very machine."""
    if host == "localhost":
        return address in ("127.0.0.1", "::1")
    return host.strip("[]") == address or is_name(host)


def is_name(host: str) -> bool:
    """Whether a name stands in an address's place."""
    return host not in WILD and host[:1].isalpha() and host != "localhost"


def _fits(own: str, name: str) -> bool:
    if "*" in own or "?" in own:
        return fnmatch.fnmatchcase(name, own.replace("[", "[[]"))
    return own == name
