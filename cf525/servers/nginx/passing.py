"""What a connection meets at a server of nginx's ``stream``: TLS that it ends, or a listener of
this same process that it is handed on to, as the name decides.

What stands behind an address that is not here is not told.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from cf525.edge.profile import ALPN_H2
from cf525.model import Place
from cf525.servers import faults
from cf525.servers.foretold import Edit, Fault, Foretold
from cf525.servers.nginx.check import NGINX
from cf525.servers.nginx.mend import Mender
from cf525.servers.nginx.model import ANY4, Selection, Server, Socket, met_by, select, sockets_of
from cf525.servers.nginx.sources import of_stream
from cf525.servers.nginx.stream import map_of, passed_on
from cf525.servers.question import Question
from cf525.servers.tree import Directive, Tree


class Meet(Protocol):
    """What a connection to a socket of ``http`` meets."""

    def __call__(
        self,
        socket: Socket,
        streams: Sequence[Socket],
        question: Question,
        *,
        sent: bool = False,
        direct: bool = True,
    ) -> Foretold: ...


class End(Protocol):
    """What a hello meets at a server that ends TLS."""

    def __call__(
        self, base: Foretold, chosen: Selection, socket: Socket, question: Question
    ) -> Foretold: ...


class Passing:
    """The servers of ``stream`` of one tree. ``meet`` and ``end`` tell what ``http`` answers."""

    def __init__(
        self, tree: Tree, http: list[Server], mender: Mender, meet: Meet, end: End
    ) -> None:
        self.tree = tree
        self.http = http
        self.mender = mender
        self._meet = meet
        self._end = end

    def met(self, socket: Socket, question: Question) -> Foretold:
        server = socket.default
        barred = of_stream(server)
        if isinstance(barred, Fault):
            return Foretold(server=NGINX, site=server.directive.place, faults=(barred,))
        found = self._handed_on(server, socket, question)
        return replace(found, doubts=(*found.doubts, barred)) if barred else found

    def _handed_on(self, server: Server, socket: Socket, question: Question) -> Foretold:
        if socket.ssl is not None:
            base = Foretold(server=NGINX, site=server.directive.place)
            listed = server.setting("ssl_alpn")
            if listed is not None and not set(ALPN_H2) & set(listed.args):
                edits = self.mender.replaced(listed, "ssl_alpn", *listed.args, "http/1.1")
                fault = faults.refused_protocols(listed.args, listed.place, edits)
                return replace(base, faults=(fault,))
            return self._end(base, Selection(server, server.directive), socket, question)
        there = passed_on(self.tree, server, question)
        if there.nowhere:
            places = [each.place for each in (there.decided,) if each is not None]
            fault = faults.closed_at_once(there.text, (*places, there.place))
            return Foretold(server=NGINX, site=there.place, faults=(fault,))
        if there.port is None:
            return Foretold(server=NGINX, site=there.place, told=False, doubts=(there.text,))
        inner = met_by(sockets_of(self.http, there.port), there.address)
        if inner is None and there.port == 0:
            text = (
                f"the connection is handed on to {there.address}, whose TLS is not in these files"
            )
            return Foretold(server=NGINX, site=there.place, told=False, doubts=(text,))
        if inner is None:
            fault = Fault(
                cause="tcp-passthrough-dead-backend",
                status=faults.S525,
                evidence=(f"it is handed on to port {there.port}, where nobody listens",),
                places=(there.place,),
                confidence=faults.MEDIUM,
                reason="another program may listen there",
            )
            if there.decided is None:
                return Foretold(server=NGINX, site=there.place, faults=(fault,))
            both = tuple(dict.fromkeys((there.decided.place, there.place)))
            dead = replace(fault, places=both)
            lost = Foretold(server=NGINX, site=there.place, faults=(dead,))
            return self._unlisted(lost, there.decided, server, question)
        found = self._meet(inner, (), question, sent=there.header, direct=False)
        if there.header and inner.flagged("proxy_protocol") is None:
            return replace(found, faults=(self._header(server, inner, there.place),))
        waiting = found.faults[0] if found.faults else None
        if waiting is not None and waiting.cause == "proxy-protocol-expected":
            return replace(found, faults=(faults.header_not_sent(waiting, there.place),))
        if there.decided is not None and found.unmatched:
            return self._unlisted(found, there.decided, server, question)
        if there.decided is not None and inner.ssl is None and found.faults:
            first, *rest = found.faults
            led = replace(
                first,
                places=(there.decided.place, *first.places),
                edits=self._led(there.decided, question) or first.edits,
            )
            return replace(found, faults=(led, *rest))
        return found

    def _header(self, server: Server, inner: Socket, target: Place) -> Fault:
        """A header is sent to a listener that takes it for the hello."""
        asking = server.setting("proxy_protocol")
        assert asking is not None
        listens = tuple(each.directive.place for each in islice(inner.listens, 1))
        edits = self.mender.replaced(asking)
        places = tuple(dict.fromkeys((asking.place, target, *listens)))
        return faults.unwanted_header(places, edits)

    def _unlisted(
        self, found: Foretold, decided: Directive, server: Server, question: Question
    ) -> Foretold:
        """A map that leads the name past the site that has it: the entry that did, and one more
        line where another name of the map leads there."""
        listed = map_of(self.tree, decided)
        for each in (listed.block or ()) if listed is not None else ():
            name = each.name.lower()
            if listed is None or not name[:1].isalnum() or name in ("default", "hostnames"):
                continue
            there = passed_on(self.tree, server, replace(question, host=name))
            inner = met_by(sockets_of(self.http, there.port), there.address) if there.port else None
            if inner is None or select(inner, question.host).by is None:
                continue
            edits = self.mender.inserted(listed, f"{question.host} {each.argument()};")

            def led(fault: Fault, edits: tuple[Edit, ...] = edits) -> Fault:
                told = (f"the map leads {question.host} elsewhere than the site that has it",)
                places = (decided.place, *fault.places)
                return replace(fault, places=places, edits=edits, evidence=told + fault.evidence)

            return replace(
                found,
                faults=tuple(led(each) for each in found.faults),
                if_refused=led(found.if_refused) if found.if_refused is not None else None,
            )
        return found

    def _led(self, decided: Directive, question: Question) -> tuple[Edit, ...]:
        """The entry of a map that leads to a listener in clear, leading to the one that has TLS
        and the name."""
        ports = {listen.port for server in self.http for listen in server.listens if listen.port}
        for port in sorted(ports):
            for socket in sockets_of(self.http, port):
                if socket.ssl is not None and select(socket, question.host).by is not None:
                    there = "127.0.0.1" if socket.address == ANY4 else socket.address
                    return self.mender.replaced(decided, decided.name, f"{there}:{port}")
        return ()
