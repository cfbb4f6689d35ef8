"""How a probe's connection is opened: from here, from a given address, or through somebody else.

    Direct          TCP from this machine, from ``source`` where one is given
    Socks5          RFC 1928 without credentials: the proxy connects, and names its errors
    HttpConnect     RFC 9110 section 9.3.6: the proxy connects; its refusals do not say why
    Ssh             the system's ssh with -W, so that its keys, agent and configuration just work

A way through somebody else tells less: what only he knows is reported as a local error, never as
the origin's. No credentials are read from a URL, and names are not resolved for the far side.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, Protocol

from cf525.environment import for_ssh
from cf525.model import Ending
from cf525.model.target import place_of
from cf525.values import dataclass

Loop = asyncio.AbstractEventLoop
Factory = Callable[[], asyncio.Protocol]

HEAD_LIMIT: Final = 8_192
NOT_OPENED: Final = 255
"""The exit status of ssh for every failure of its own."""


class Refused(Exception):
    """The way was not opened; ``ending`` and ``detail`` say what is known of it."""

    def __init__(self, ending: Ending, detail: str) -> None:
        super().__init__(detail)
        self.ending = ending
        self.detail = detail


class Transport(Protocol):
    """Opens one connection and hands it to the protocol that ``factory`` makes."""

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        """Raises OSError or TimeoutError as sockets do, or Refused."""
        ...


@dataclass(frozen=True, slots=True)
class Direct:
    """A plain TCP connection."""

    source: str | None = None

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        local = None if self.source is None else (self.source, 0)
        await loop.create_connection(factory, host, port, local_addr=local)


DIRECT: Final = Direct()

_SOCKS_ENDINGS: Final = {
    3: Ending.UNREACHABLE,
    4: Ending.UNREACHABLE,
    5: Ending.REFUSED,
    6: Ending.CONNECT_TIMEOUT,
}


@dataclass(frozen=True, slots=True)
class Socks5:
    """Through a SOCKS proxy of version 5."""

    host: str
    port: int

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        talk = await _Talk.open(loop, self.host, self.port)
        talk.send(b"\x05\x01\x00")
        if await talk.take(2) != b"\x05\x00":
            raise talk.refused(Ending.LOCAL_ERROR, "via_socks_method")
        talk.send(b"\x05\x01\x00" + _socks_address(host) + struct.pack(">H", port))
        version, code, _, kind = await talk.take(4)
        if version != 5:
            raise talk.refused(Ending.LOCAL_ERROR, "via_socks_version")
        if code != 0:
            raise talk.refused(_SOCKS_ENDINGS.get(code, Ending.LOCAL_ERROR), f"via_socks_{code}")
        length = {1: 4, 4: 16}.get(kind)
        await talk.take((length if length is not None else (await talk.take(1))[0]) + 2)
        talk.hand_over(factory())


@dataclass(frozen=True, slots=True)
class HttpConnect:
    """Through an HTTP proxy. Why it could not connect is its secret."""

    host: str
    port: int

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        talk = await _Talk.open(loop, self.host, self.port)
        place = place_of(host, port)
        talk.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii"))
        head = await talk.until(b"\r\n\r\n")
        words = head.split(b" ", 2)
        status = words[1] if len(words) > 1 and head.startswith(b"HTTP/1.") else b""
        if not status.isdigit() or len(status) != 3:
            raise talk.refused(Ending.LOCAL_ERROR, "via_http_garbage")
        if not status.startswith(b"2"):
            raise talk.refused(Ending.LOCAL_ERROR, f"via_http_{int(status)}")
        talk.hand_over(factory())


@dataclass(frozen=True, slots=True)
class Ssh:
    """Through a host one can log in to. Never asks for a password, never adds a host key."""

    destination: str
    port: int | None = None
    options: tuple[str, ...] = ()

    def command(self, host: str, port: int) -> list[str]:
        place = place_of(host, port)
        login = ["-p", str(self.port)] if self.port is not None else []
        return [
            *("ssh", "-W", place, "-o", "BatchMode=yes", "-o", "ClearAllForwardings=no"),
            *(*self.options, *login, "--", self.destination),
        ]

    async def connect(self, loop: Loop, factory: Factory, host: str, port: int) -> None:
        protocol = factory()
        try:
            await loop.subprocess_exec(
                lambda: _SshBridge(protocol),
                *self.command(host, port),
                stderr=asyncio.subprocess.DEVNULL,
                env=for_ssh(),
            )
        except FileNotFoundError:
            raise Refused(Ending.LOCAL_ERROR, "via_ssh_missing") from None


def _socks_address(host: str) -> bytes:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.encode("idna")
        return bytes((3, len(name))) + name
    return bytes((1 if address.version == 4 else 4,)) + address.packed


class _Talk(asyncio.Protocol):
    """The words with a proxy before the connection is handed over."""

    def __init__(self) -> None:
        self._data = b""
        self._over = False
        self._changed = asyncio.Event()
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, loop: Loop, host: str, port: int) -> "_Talk":
        try:
            _, talk = await loop.create_connection(cls, host, port)
        except OSError as fault:
            if isinstance(fault, TimeoutError):
                raise
            code = errno.errorcode.get(fault.errno or 0, "unresolved").lower()
            if isinstance(fault, socket.gaierror):
                code = "unresolved"
            raise Refused(Ending.LOCAL_ERROR, f"via_{code}") from None
        return talk

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        self._changed.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._over = True
        self._changed.set()

    def send(self, data: bytes) -> None:
        self._transport.write(data)

    async def take(self, count: int) -> bytes:
        await self._wait(lambda: len(self._data) >= count)
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    async def until(self, mark: bytes) -> bytes:
        await self._wait(lambda: mark in self._data)
        taken, _, self._data = self._data.partition(mark)
        return taken

    async def _wait(self, enough: Callable[[], bool]) -> None:
        try:
            while not enough():
                if self._over or len(self._data) > HEAD_LIMIT:
                    raise self.refused(Ending.LOCAL_ERROR, "via_closed")
                self._changed.clear()
                await self._changed.wait()
        except asyncio.CancelledError:
            self._transport.abort()
            raise

    def refused(self, ending: Ending, detail: str) -> Refused:
        self._transport.abort()
        return Refused(ending, detail)

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """From now on the connection is the probe's; what came too early is given on."""
        if self._over:
            raise self.refused(Ending.LOCAL_ERROR, "via_closed")
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if self._data:
            protocol.data_received(self._data)


class _Pipe(asyncio.Transport):
    """The standard streams of a process in the form of one connection."""

    def __init__(self, process: asyncio.SubprocessTransport) -> None:
        super().__init__()
        self._process = process
        self._closing = False
        streams = process.get_pipe_transport(0)
        assert isinstance(streams, asyncio.WriteTransport)
        self._input = streams
        output = process.get_pipe_transport(1)
        assert isinstance(output, asyncio.ReadTransport)
        self._output = output

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            self._input.write(data)

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._output.pause_reading()

    def resume_reading(self) -> None:
        if not self._closing:
            self._output.resume_reading()

    def close(self) -> None:
        self._closing = True
        self._process.close()

    abort = close


class _SshBridge(asyncio.SubprocessProtocol):
    """Lets a probe's protocol speak through ssh.

    ssh says nothing when the way is open, so the connection counts as made at once; where ssh
    ends with its own failure before a byte came, the peer's close is reported as a local error,
    because only the bastion knows what happened.
    """

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol
        self._heard = False
        self._process: asyncio.SubprocessTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._process = transport
        self._protocol.connection_made(_Pipe(transport))

    def pipe_data_received(self, _: int, data: bytes) -> None:
        self._heard = True
        self._protocol.data_received(data)

    def process_exited(self) -> None:
        if self._process.get_returncode() == NOT_OPENED and not self._heard:
            self._protocol.connection_lost(Refused(Ending.LOCAL_ERROR, "via_ssh_failed"))
        else:
            self._protocol.connection_lost(None)
