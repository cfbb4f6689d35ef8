"""The world's names on a loopback port, over UDP and TCP.

Serves A, AAAA, CNAME and CAA, and the ways of not answering: NXDOMAIN, SERVFAIL, silence. A reply
too long for UDP is cut short, so that clients come back over TCP.
"""

import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from cf525.lab.world import Name, World

_TTL: Final = 60
_MAX_CHAIN: Final = 20
_SERVED: Final = (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME, dns.rdatatype.CAA)


def names_of(world: World) -> dict[str, Name]:
    """What public DNS says in this world: its zones' records, then the names it declares.

    Proxied records answer with the edge's addresses, as they do on the Internet.
    """
    known: dict[str, Name] = {}
    for zone in world.zones:
        exposed = world.account(zone.account).dns_only
        known.setdefault(zone.name, Name())
        for record in zone.records:
            before = known.get(record.name, Name())
            if record.type == "CAA":
                known[record.name] = replace(before, caa=(*before.caa, record.content))
            elif record.proxied and not exposed:
                known[record.name] = replace(before, addresses=world.edge)
            elif record.type == "CNAME":
                known[record.name] = Name(cname=record.content)
            elif record.type in ("A", "AAAA"):
                addresses = (*before.addresses, record.content)
                known[record.name] = replace(before, addresses=addresses)
            else:
                known[record.name] = before
        for balancer in zone.load_balancers:
            known.setdefault(balancer.name, Name(addresses=world.edge))
    return {**known, **world.names}


def answer(names: dict[str, Name], query: dns.message.Message) -> dns.message.Message | None:
    """The response to one query; None for silence."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    question = query.question[0]
    owner = question.name
    for _ in range(_MAX_CHAIN):
        name = _find(names, owner)
        if name is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return response
        if name.silent:
            return None
        if name.rcode:
            response.set_rcode(dns.rcode.from_text(name.rcode))
            return response
        if not name.cname:
            _add(response, owner, question.rdtype, list(_values(name, question.rdtype)))
            return response
        _add(response, owner, dns.rdatatype.CNAME, [name.cname.rstrip(".") + "."])
        owner = dns.name.from_text(name.cname)
    return response


def _find(names: dict[str, Name], owner: dns.name.Name) -> Name | None:
    text = owner.to_text(omit_final_dot=True).lower()
    if text in names:
        return names[text]
    parent = text.partition(".")[2]
    while parent:
        if "*." + parent in names:
            return names["*." + parent]
        parent = parent.partition(".")[2]
    return None


def _values(name: Name, kind: dns.rdatatype.RdataType) -> Iterator[str]:
    if kind == dns.rdatatype.CAA:
        yield from name.caa
        return
    for address in name.addresses:
        if (":" in address) == (kind == dns.rdatatype.AAAA):
            yield address


def _add(
    response: dns.message.Message,
    owner: dns.name.Name,
    kind: dns.rdatatype.RdataType,
    values: list[str],
) -> None:
    if values and kind in _SERVED:
        response.answer.append(
            dns.rrset.from_text_list(owner, _TTL, dns.rdataclass.IN, kind, values)
        )


def _respond(names: dict[str, Name], wire: bytes, most: int | None) -> bytes | None:
    try:
        query = dns.message.from_wire(wire)
        response = answer(names, query) if query.question else None
    except dns.exception.DNSException:
        return None
    if response is None:
        return None
    reply: bytes = response.to_wire(max_size=65535)
    if most is not None and len(reply) > (query.payload or most):
        response.answer.clear()
        response.flags |= dns.flags.TC
        reply = response.to_wire()
    return reply


class _Udp(socketserver.BaseRequestHandler):
    server: "_UdpServer"

    def handle(self) -> None:
        wire, channel = self.request
        reply = _respond(self.server.names, wire, 512)
        if reply is not None:
            channel.sendto(reply, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    server: "_TcpServer"

    def handle(self) -> None:
        head = self.rfile.read(2)
        if len(head) == 2:
            reply = _respond(self.server.names, self.rfile.read(*struct.unpack("!H", head)), None)
            if reply is not None:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    names: dict[str, Name]


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    names: dict[str, Name]


class DnsServer:
    """Answers for ``world`` on one port, UDP and TCP, while the context is open.

    Without a port it takes a free one.
    """

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0) -> None:
        self.names = names_of(world)
        for _ in range(16):  # another process may hold the TCP port of the same number
            self._udp = _UdpServer((host, port), _Udp)
            try:
                self._tcp = _TcpServer(self._udp.server_address, _Tcp)
            except OSError:
                self._udp.server_close()
            else:
                break
        self._udp.names = self._tcp.names = self.names
        self._threads = [
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
            )
            for server in (self._udp, self._tcp)
        ]

    def of_world(self, world: World) -> None:
        """Answer as this world has it from now on."""
        self._udp.names = self._tcp.names = self.names = names_of(world)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._udp.server_address[:2]
        return str(host), port

    def __enter__(self) -> "DnsServer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server, thread in zip((self._udp, self._tcp), self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
