"""Origins with known faults, on loopback ports, all in one event loop of one thread.

Real TLS through pyOpenSSL with memory buffers, so that an origin can also demand a PROXY header,
refuse a name with any alert, or answer nothing at all. Options by kind:

``tls``      certificate (see ``certificates.py``), versions, ciphers, client_certificate,
             each_zone (a certificate for each parent name), proxy, known_names with refusal (an
             alert's number, or ``reset``), status, answer (a function from request to answer),
             delay (a function from request to seconds), small_hello (the most bytes of a
             ClientHello it bears), refused_from (an address whose connections it resets),
             claims_h2 (agrees to it and does not speak it), installed (a function to the
             certificate that was put there since, or None)
``http``     plain HTTP; redirect to https at the same host; answer, delay
``banner``   other bytes at once; ``alert`` answers any ClientHello with an alert
``silent`` ``reset`` ``refused``  accept and say nothing; drop the first bytes; nothing listens
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL

from cf525.lab.ca import Issued
from cf525.lab.world import Origin

_VERSIONS = {
    "TLS 1.0": SSL.TLS1_VERSION,
    "TLS 1.1": SSL.TLS1_1_VERSION,
    "TLS 1.2": SSL.TLS1_2_VERSION,
    "TLS 1.3": SSL.TLS1_3_VERSION,
}


def server_name(hello: bytes) -> str | None:
    """The SNI of a ClientHello record; None without one. For well-formed hellos only."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at]
    at += 2
    while at + 4 <= len(hello):
        kind, length = struct.unpack(">HH", hello[at : at + 4])
        if kind == 0:
            return hello[at + 9 : at + 4 + length].decode("ascii")
        at += 4 + length
    return None


def tls_context(issued: Issued, options: Mapping[str, Any]) -> SSL.Context:
    """The server side of an origin's TLS. Security level 0: the lab serves what is obsolete."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    lowest, highest = options.get("versions", ("TLS 1.0", "TLS 1.3"))
    context.set_min_proto_version(_VERSIONS[lowest])
    context.set_max_proto_version(_VERSIONS[highest])
    context.set_cipher_list(f"{options.get('ciphers', 'ALL')}:@SECLEVEL=0".encode())
    context.use_certificate(issued.certificate)
    for each in issued.chain:
        context.add_extra_chain_cert(each)
    context.use_privatekey(issued.key)
    if options.get("client_certificate"):
        demand = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        context.set_verify(demand, lambda *_: True)
    context.set_session_id(b"cf525-lab")
    context.set_alpn_select_callback(_choose_h2 if options.get("claims_h2") else _choose_http1)
    return context


def _choose_h2(_: SSL.Connection, offered: list[bytes]) -> Any:
    return b"h2" if b"h2" in offered else _choose_http1(_, offered)


def _choose_http1(_: SSL.Connection, offered: list[bytes]) -> Any:
    return b"http/1.1" if b"http/1.1" in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def http_answer(request: bytes, options: Mapping[str, Any]) -> bytes:
    """The answer to one request head."""
    lines = request.decode("latin-1").split("\r\n")
    path = [*lines[0].split(" "), "", "/"][1]
    host = next((line[6:] for line in lines if line.lower().startswith("host: ")), "")
    status = options.get("status", "200 OK")
    extra = ""
    if options.get("redirect"):
        status, extra = "301 Moved Permanently", f"Location: https://{host}{path}\r\n"
    body = b"lab\n"
    head = (
        f"HTTP/1.1 {status}\r\nServer: {options.get('server', 'cf525-lab')}\r\n{extra}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


class _Base(asyncio.Protocol):
    def __init__(self, options: Mapping[str, Any], listening: "Listening") -> None:
        self.options = options
        self._listening = listening
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._listening.count(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._listening.discount(self.transport)

    def answer(self, request: bytes, send: Callable[[bytes], None]) -> None:
        """Give ``send`` the answer to a request, at once or when its delay is over."""
        made, delay = self.options.get("answer"), self.options.get("delay")
        answer = http_answer(request, self.options) if made is None else made(request)
        if delay is None:
            send(answer)
        else:
            asyncio.get_running_loop().call_later(delay(request), send, answer)

    def reset(self) -> None:
        """Close with RST in place of FIN."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class _Silent(_Base):
    pass


class _Reset(_Base):
    def data_received(self, _: bytes) -> None:
        self.reset()


class _Banner(_Base):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.write(self.options["bytes"])


class _Alert(_Base):
    def data_received(self, _: bytes) -> None:
        self.transport.write(bytes((21, 3, 3, 0, 2, 2, self.options["number"])))
        self.transport.close()


class _Http(_Base):
    def __init__(self, options: Mapping[str, Any], listening: "Listening") -> None:
        super().__init__(options, listening)
        self._seen = b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen[:1] == b"\x16":
            self.transport.write(
                b"HTTP/1.1 400 Bad Request\r\nServer: cf525-lab\r\nConnection: close\r\n\r\n"
            )
            self.transport.close()
        elif b"\r\n\r\n" in self._seen:
            self.answer(self._seen, self._send)

    def _send(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()


class _Tls(_Base):
    def __init__(
        self, options: Mapping[str, Any], listening: "Listening", context: SSL.Context
    ) -> None:
        super().__init__(options, listening)
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        self._ready = not options.get("proxy")
        self._hello = not options.get("known_names")
        self._early = b""
        self._request = b""

    def data_received(self, data: bytes) -> None:
        self._early += data
        if self.options.get("refused_from") == self.transport.get_extra_info("peername")[0]:
            self.reset()
            return
        if len(self._early) >= 5 and not self._request:
            length, most = int.from_bytes(self._early[3:5]), self.options.get("small_hello")
            if most is not None and self._early[:1] == b"\x16" and length > most:
                self.reset()
                return
        if not self._ready and not self._take_proxy_header():
            return
        if not self._hello and not self._take_name():
            return
        data, self._early = self._early, b""
        try:
            if data:
                self._tls.bio_write(data)
            self._advance()
        except SSL.WantReadError:
            self._flush()
        except SSL.Error:
            self._flush()
            self.transport.close()

    def _take_proxy_header(self) -> bool:
        if not self._early.startswith(b"PROXY "[: len(self._early)]):
            self.reset()
            return False
        head, found, rest = self._early.partition(b"\r\n")
        if found:
            self._ready, self._early = True, rest
        return bool(found and head)

    def _take_name(self) -> bool:
        if self._early[:1] != b"\x16":  # no handshake record: a server hangs up
            self.transport.close()
            return False
        if len(self._early) < 5 + int.from_bytes(self._early[3:5] or b"\xff\xff"):
            return False
        if server_name(self._early) in self.options["known_names"]:
            self._hello = True
            return True
        refusal = self.options.get("refusal", 112)
        if refusal == "reset":
            self.reset()
        else:
            self.transport.write(bytes((21, 3, 3, 0, 2, 2, refusal)))
            self.transport.close()
        return False

    def _advance(self) -> None:
        self._tls.do_handshake()
        while b"\r\n\r\n" not in self._request:
            self._flush()
            self._request += self._tls.recv(16384)
        self.answer(self._request, self._send)

    def _send(self, answer: bytes) -> None:
        self._tls.send(answer)
        self._tls.shutdown()
        self._flush()
        self.transport.close()

    def _flush(self) -> None:
        try:
            while True:
                self.transport.write(self._tls.bio_read(65536))
        except SSL.WantReadError:
            pass


def _newest(
    installed: Callable[[], Issued | None], options: Mapping[str, Any], first: SSL.Context
) -> SSL.Context:
    """The context of the certificate that is installed by now."""
    issued = installed()
    return tls_context(issued, options) if issued is not None else first


_PLAIN: dict[str, type[_Base]] = {
    "http": _Http,
    "banner": _Banner,
    "alert": _Alert,
    "silent": _Silent,
    "reset": _Reset,
}


@dataclass
class Listening:
    """A started origin: its loopback port, how many connections it accepted, and the most that the
    other side held open at once."""

    port: int
    connections: int = 0
    most: int = 0
    _open: set[asyncio.Transport] = field(default_factory=set)

    def count(self, transport: asyncio.Transport) -> None:
        """One more."""
        self.connections += 1
        self._open.add(transport)
        self.most = max(self.most, sum(map(_held, self._open)))

    def discount(self, transport: asyncio.Transport) -> None:
        """One has ended."""
        self._open.discard(transport)


def _held(transport: asyncio.Transport) -> bool:
    """Whether the other side still holds a connection: the kernel knows before the loop hears of
    its end."""
    raw = transport.get_extra_info("socket")
    if raw is None or raw.fileno() < 0 or not hasattr(socket, "TCP_INFO"):
        return not transport.is_closing()
    established: bool = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1
    return established


class OriginServers:
    """Starts and stops origins; use as a context manager."""

    def __init__(self, issue: Callable[[str, Mapping[str, Any]], Issued]) -> None:
        self._issue = issue
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self._held: list[socket.socket] = []

    def __enter__(self) -> "OriginServers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        for each in self._held:
            each.close()

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()

    def start(self, name: str, origin: Origin) -> Listening:
        """Start one origin on a free loopback port."""
        listening = Listening(port=0)
        if origin.kind == "refused":
            listening.port = self._hold()
            return listening
        factory = self._factory(name, origin, listening)
        future = asyncio.run_coroutine_threadsafe(self._listen(factory), self._loop)
        listening.port = future.result(5)
        return listening

    def _hold(self) -> int:
        """A port that refuses, and that nobody else is given while this world stands."""
        held = socket.socket()
        self._held.append(held)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port

    async def _listen(self, factory: Callable[[], asyncio.Protocol]) -> int:
        server = await self._loop.create_server(factory, "127.0.0.1", 0, backlog=512)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _factory(
        self, name: str, origin: Origin, listening: Listening
    ) -> Callable[[], asyncio.Protocol]:
        options = origin.options
        if origin.kind == "tls":
            context = tls_context(self._issue(name, options), options)
            if options.get("each_zone"):
                context.set_tlsext_servername_callback(self._chooser(options))
            installed = options.get("installed")
            if installed is not None:
                return lambda: _Tls(options, listening, _newest(installed, options, context))
            return lambda: _Tls(options, listening, context)
        kind = _PLAIN[origin.kind]
        return lambda: kind(options, listening)

    def _chooser(self, options: Mapping[str, Any]) -> Callable[[SSL.Connection], None]:
        """Gives every zone its own wildcard certificate when it is first asked for."""
        contexts: dict[str, SSL.Context] = {}

        def choose(connection: SSL.Connection) -> None:
            zone = (connection.get_servername() or b"none.example").decode("ascii")
            zone = zone.partition(".")[2] or zone
            if zone not in contexts:
                own = {**options, "names": (f"*.{zone}", zone)}
                contexts[zone] = tls_context(self._issue(zone, own), own)
            connection.set_context(contexts[zone])

        return choose
