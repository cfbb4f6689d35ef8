"""nginx's servers and sockets: who listens where, who has which name, what holds for whom.

Source: src/http/ngx_http.c, ngx_http_core_module.c and ngx_http_ssl_module.c of nginx 1.22 to
1.29; the scope of each TLS directive was measured (nginx 1.22 with OpenSSL 3.0).
"""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Final

from cf525.edge.budget import OverBudget, budget
from cf525.edge.regex import SET_STEPS, Unsupported, matches
from cf525.patterns import lazy_pattern
from cf525.servers.tree import Directive, Tree
from cf525.values import dataclass

_PLACE: Final = lazy_pattern(
    r"(?:(?P<six>\[[0-9A-Fa-f:.]+\])|(?P<host>[^:\[\]]*?))?(?::?(?P<port>\d+))?$"
)
ONCE_EACH: Final = lazy_pattern(
    r"(?:backlog|rcvbuf|sndbuf|setfib|fastopen|accept_filter|ipv6only|so_keepalive)=|"
    r"(?:deferred|reuseport|bind)$"
)
"""Parameters of ``listen`` that may be given for a socket once."""
ANY4: Final = "0.0.0.0"  # noqa: S104 - a listener is read, none is opened
_RANGE: Final = lazy_pattern(r"(?<=\d)-\d{1,5}$")
MAX_PORTS: Final = 1_000
"""Ports of a range that are looked at."""
UNIX: Final = "unix:"
ANY6: Final = "[::]"


@dataclass(frozen=True, slots=True)
class Listen:
    """One ``listen``. ``address`` is 0.0.0.0, [::], another address, or what stands there."""

    address: str
    port: int
    flags: frozenset[str]
    directive: Directive

    @property
    def key(self) -> tuple[str, int]:
        return (self.address, self.port)


@dataclass(slots=True, eq=False)
class Server:
    """One ``server`` block with the blocks around it, the nearest first."""

    directive: Directive
    around: tuple[Directive, ...]
    listens: list[Listen] = field(default_factory=list)

    @property
    def names(self) -> Iterator[tuple[str, Directive]]:
        """Every name with the directive it stands in, in lower case unless it is a pattern."""
        for each in self.directive.all("server_name"):
            for name in each.args:
                yield (name if name.startswith("~") else name.lower(), each)

    def setting(self, name: str) -> Directive | None:
        """The directive that holds here: the server's own, else that of the block around it."""
        for scope in (self.directive, *self.around):
            found = scope.first(name)
            if found is not None:
                return found
        return None

    def settings(self, name: str) -> tuple[Directive, ...]:
        """The same for one that may be repeated."""
        for scope in (self.directive, *self.around):
            found = tuple(scope.all(name))
            if found:
                return found
        return ()

    def on(self, name: str) -> bool:
        found = self.setting(name)
        return found is not None and found.argument() == "on"

    def listen_on(self, key: tuple[str, int]) -> Listen | None:
        return next((each for each in self.listens if each.key == key), None)


@dataclass(frozen=True, slots=True, eq=False)
class Socket:
    """An address and port with the servers on it, in the order of the files."""

    address: str
    port: int
    servers: tuple[Server, ...]

    @property
    def key(self) -> tuple[str, int]:
        return (self.address, self.port)

    @property
    def listens(self) -> Iterator[Listen]:
        for server in self.servers:
            found = server.listen_on(self.key)
            if found is not None:
                yield found

    def flagged(self, *flags: str) -> Listen | None:
        """The first ``listen`` that bears one of these parameters: it holds for all of them."""
        return next((each for each in self.listens if each.flags.intersection(flags)), None)

    @property
    def default(self) -> Server:
        for server in self.servers:
            found = server.listen_on(self.key)
            if found is not None and found.flags & {"default_server", "default"}:
                return server
        return self.servers[0]

    @property
    def ssl(self) -> Listen | Directive | None:
        """What makes this socket speak TLS; None if nothing does."""
        found = self.flagged("ssl")
        if found is not None:
            return found
        old = self.default.setting("ssl")
        return old if old is not None and old.argument() == "on" else None

    @property
    def loopback(self) -> bool:
        return self.address.startswith("127.") or self.address in ("[::1]", "localhost")

    @property
    def six(self) -> bool:
        return self.address.startswith("[")

    @property
    def six_alone(self) -> bool:
        """Whether no connection over IPv4 meets it, wherever it comes from."""
        return self.address == ANY6 and not _takes_both(self)


@dataclass(frozen=True, slots=True)
class Selection:
    """The server for a name. ``by`` is the directive that holds the name, None for the default;
    ``doubt`` says which pattern could not be evaluated."""

    server: Server
    by: Directive | None
    doubt: str = ""


def servers_of(tree: Tree, kind: str = "http") -> list[Server]:
    """The servers of all ``http`` (or ``stream``) blocks; those at the top too, where a file is
    read that is meant to be included."""
    found: list[Server] = []
    for block in tree.root.all(kind):
        found += [_server(each, (block,)) for each in block.all("server")]
    if kind == "http":
        found += [_server(each, (tree.root,)) for each in tree.root.all("server")]
    return found


def _server(directive: Directive, around: tuple[Directive, ...]) -> Server:
    server = Server(directive, around)
    for each in directive.all("listen"):
        found = read_listen(each)
        if found is not None:
            server.listens += _ports(each.argument(), found)
    if not any(True for _ in directive.all("listen")):
        server.listens.append(Listen(ANY4, 80, frozenset(), directive))
    return server


def _ports(written: str, first: Listen) -> Iterator[Listen]:
    """One for each port of a range, which there are since 1.15.10."""
    last = int(written.rpartition("-")[2]) if _RANGE.search(written) else first.port
    for port in range(first.port, min(last, first.port + MAX_PORTS) + 1):
        yield replace(first, port=port)


def read_listen(directive: Directive) -> Listen | None:
    """What a ``listen`` says, with port 0 for a socket of the file system; None for QUIC, which
    is UDP."""
    place, flags = directive.argument(), frozenset(directive.args[1:])
    if "quic" in flags or not place:
        return None
    if place.startswith(UNIX):
        return Listen(place, 0, flags, directive)
    place = _RANGE.sub("", place)
    if place.isdigit():
        return Listen(ANY4, int(place), flags, directive)
    found = _PLACE.match(place)
    if found is None:
        return None
    address = found["six"] or found["host"] or ANY4
    if address == "*":
        address = ANY4
    elif address == "localhost":
        address = "127.0.0.1"
    if found["six"]:
        address = _plain6(address)
    return Listen(address.lower(), int(found["port"] or 80), flags, directive)


def _plain6(address: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(address[1:-1])}]"
    except ValueError:
        return address


def sockets_of(servers: Sequence[Server], port: int) -> list[Socket]:
    """The sockets of a port, each with its servers."""
    by_key: dict[tuple[str, int], list[Server]] = {}
    for server in servers:
        for each in server.listens:
            if each.port == port:
                known = by_key.setdefault(each.key, [])
                if not known or known[-1] is not server:
                    known.append(server)
    return [Socket(address, own, tuple(found)) for (address, own), found in by_key.items()]


def met_by(sockets: Sequence[Socket], address: str) -> Socket | None:
    """The socket that a connection to an address meets: the exact one before the wildcard's."""
    if address.startswith(UNIX):
        return next((each for each in sockets if each.address == address), None)
    six = ":" in address
    exact = f"[{address}]" if six else address
    found = next((each for each in sockets if each.address == exact), None)
    if found is not None:
        return found
    wild = next((each for each in sockets if each.address == (ANY6 if six else ANY4)), None)
    if wild is not None or six:
        return wild
    dual = next((each for each in sockets if each.address == ANY6), None)
    return dual if dual is not None and _takes_both(dual) else None


def _takes_both(socket: Socket) -> bool:
    return socket.flagged("ipv6only=off") is not None


def select(socket: Socket, host: str) -> Selection:
    """The server of a socket that answers for a name, as nginx looks it up."""
    exact: dict[str, tuple[Server, Directive]] = {}
    heads: dict[str, tuple[Server, Directive]] = {}
    tails: dict[str, tuple[Server, Directive]] = {}
    patterns: list[tuple[str, Server, Directive]] = []
    for server in socket.servers:
        for name, directive in server.names:
            if name.startswith("~"):
                patterns.append((name[1:], server, directive))
            elif name.startswith("*."):
                heads.setdefault(name[1:], (server, directive))
            elif name.startswith("."):
                exact.setdefault(name[1:], (server, directive))
                heads.setdefault(name, (server, directive))
            elif name.endswith(".*"):
                tails.setdefault(name[:-1], (server, directive))
            else:
                exact.setdefault(name, (server, directive))
    if host in exact:
        return Selection(*exact[host])
    head = max(
        (each for each in heads if host.endswith(each) and host != each), key=len, default=""
    )
    if head:
        return Selection(*heads[head])
    tail = max((each for each in tails if host.startswith(each)), key=len, default="")
    if tail:
        return Selection(*tails[tail])
    with budget(SET_STEPS, "the patterns of a socket"):
        for pattern, server, directive in patterns:
            try:
                if matches(f"(?i){pattern}", host):
                    return Selection(server, directive)
            except (Unsupported, OverBudget):
                doubt = f"whether the pattern ~{pattern} stands for {host} is not evaluated here"
                return Selection(socket.default, None, doubt)
    return Selection(socket.default, None)


def hidden_by(
    servers: Sequence[Server], socket: Socket, host: str, port: int
) -> tuple[Server, Directive] | None:
    """The server that has the name on the wildcard socket, where a socket of its own address
    takes the connection before."""
    for other in sockets_of(servers, port):
        if other.key == socket.key or other.six != socket.six or other.ssl is None:
            continue
        found = select(other, host)
        if found.by is not None and not any(found.server is each for each in socket.servers):
            return found.server, found.by
    return None
