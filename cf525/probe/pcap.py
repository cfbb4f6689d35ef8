"""Recorded probes as a pcapng file with their keys inside, for Wireshark.

Builds the TCP segments that would have carried the recorded bytes; sequence numbers are made up,
times and bytes are not. The secrets stand in a Decryption Secrets Block, so that the handshake
reads in the clear without any setting.

Source: draft-ietf-opsawg-pcapng (blocks), RFC 9293 section 3.1, RFC 791, RFC 8200 section 8.1.
"""

import struct
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Final

from cf525.probe.recording import Recorded, Step

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_SECRETS: Final = 0x0A
_TLS_KEY_LOG: Final = 0x544C534B
_RAW_IP: Final = 101
_FIN, _SYN, _RST, _PSH, _ACK = 1, 2, 4, 8, 16
_SEGMENT: Final = 1400
_CLIENT: Final = {4: ip_address("192.0.2.1"), 6: ip_address("2001:db8::1")}


def pcapng(recorded: Sequence[Recorded]) -> bytes:
    """The whole file: every probe a connection, the secrets of all of them in front."""
    key_log = [line for each in recorded for line in each.key_log]
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    parts = [_block(_SECTION, section), _block(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, 65535))]
    if key_log:
        secrets = "".join(f"{line}\n" for line in key_log).encode()
        parts.append(_block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(secrets)) + secrets))
    packets = [
        packet
        for number, each in enumerate(recorded)
        for packet in _connection(each, 40_000 + number % 20_000)
    ]
    packets.sort(key=lambda timed: timed[0])  # probes overlap; within one the order stays
    parts += [_packet_block(at, packet) for at, packet in packets]
    return b"".join(parts)


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _packet_block(at: int, packet: bytes) -> bytes:
    size = len(packet)
    return _block(_PACKET, struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, size, size) + packet)


def _connection(recorded: Recorded, client_port: int) -> Iterator[tuple[int, bytes]]:
    """The packets of one probe with their times in microseconds."""
    try:
        server = ip_address(recorded.address)
    except ValueError:
        server = ip_address("198.51.100.1")  # a name was dialled; its address is not known
    began = recorded.started_at.timestamp() * 1000
    flow = _Flow(server.packed, recorded.port, client_port)
    yield int(began * 1000), flow.syn()
    for step in recorded.steps:
        at = int((began + step.at) * 1000)
        for packet in flow.packets(step):
            yield at, packet


class _Flow:
    """One TCP connection between a made-up client and the server."""

    def __init__(self, server: bytes, server_port: int, client_port: int) -> None:
        self._server = server
        self._client = _CLIENT[4 if len(server) == 4 else 6].packed
        self._ports = (client_port, server_port)
        self._next = [1_000, 2_000]  # the client's and the server's sequence numbers

    def syn(self) -> bytes:
        """How every connection begins, at the probe's own beginning."""
        packet = self._packet(0, _SYN)
        self._next[0] += 1
        return packet

    def packets(self, step: Step) -> Iterator[bytes]:
        """The packets that carry one step."""
        match step.what:
            case "opened":
                yield self._packet(1, _SYN | _ACK)
                self._next[1] += 1
                yield self._packet(0, _ACK)
            case "failed" if step.how == "refused":
                yield self._packet(1, _RST | _ACK)
            case "sent":
                yield from self._data(0, step.data)
            case "received":
                yield from self._data(1, step.data)
            case "closed":
                yield self._packet(1, _RST if step.how == "reset" else _FIN | _ACK)

    def _data(self, side: int, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _SEGMENT):
            piece = data[at : at + _SEGMENT]
            yield self._packet(side, _PSH | _ACK, piece)
            self._next[side] += len(piece)

    def _packet(self, side: int, flags: int, data: bytes = b"") -> bytes:
        source, target = (self._client, self._server)[:: -1 if side else 1]
        ports = self._ports[:: -1 if side else 1]
        acknowledged = self._next[1 - side] if flags & _ACK else 0
        head = struct.pack(
            ">HHIIBBHHH", *ports, self._next[side], acknowledged, 5 << 4, flags, 65_535, 0, 0
        )
        length = len(head) + len(data)
        pseudo = source + target + struct.pack(">IHBB", length, 0, 0, 6)
        total = _checksum(pseudo + head + data)
        segment = head[:16] + struct.pack(">H", total) + head[18:] + data
        return self._ip(source, target, segment)

    def _ip(self, source: bytes, target: bytes, segment: bytes) -> bytes:
        if len(source) == 16:
            return struct.pack(">IHBB", 6 << 28, len(segment), 6, 64) + source + target + segment
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0)
        total = _checksum(head + source + target)
        return head[:10] + struct.pack(">H", total) + source + target + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
