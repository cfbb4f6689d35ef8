"""What a resolver may answer, over a socket: headers that lie, loops, records of any content."""

import asyncio
import atexit
import struct
from functools import cache
from random import Random
from typing import Any, Final

from cf525.net.dns import Existence, Resolver
from tests.fuzz.mutations import mutated

_NAMES: Final = (
    b"\xc0\x0c",
    b"\x03www\x00",
    b"\x00",
    b"\xc0\xff",
    b"\x3f" + b"a" * 63 + b"\x00",
    b"\xff",
)
_LOOP: Final = b"\xc0\x1e"
_KINDS: Final = (1, 28, 5, 257, 6, 41, 16, 65, 46, 255, 0)


def _record(dice: Random, asked: int) -> bytes:
    kind = asked if dice.random() < 0.5 else dice.choice(_KINDS)
    content = dice.choice(
        (
            *(
                bytes([203, 0, 113, 7]),
                bytes(16),
                b"\xc0\x0c",
                _LOOP,
                b"",
                b"\x00\x05issueca.example",
            ),
            dice.randbytes(dice.choice((3, 4, 16, 40, 300))),
        )
    )
    length = len(content) if dice.random() < 0.9 else dice.choice((0, 65_535))
    name = dice.choice((*_NAMES[:1] * 6, *_NAMES, _LOOP))
    return name + struct.pack(">HHIH", kind, dice.choice((1, 1, 1, 3, 254)), 60, length) + content


def _reply(question: bytes, dice: Random) -> bytes:
    asked = int.from_bytes(question[-15:-13]) if len(question) > 27 else 1
    records = [_record(dice, asked) for _ in range(dice.choice((0, 1, 2, 30)))]
    counts = [1, len(records), 0, 0] if dice.random() < 0.8 else [dice.choice((0, 1, 65_535))] * 4
    flags = dice.choice((0x8180,) * 6 + (0x8183, 0x8182, 0x8380, 0x0100, 0xFFFF, 0x8185))
    head = question[:2] if dice.random() < 0.95 else b"\x00\x00"
    end = question.find(b"\x00", 12) + 5
    data = head + struct.pack(">H4H", flags, *counts) + question[12:end] + b"".join(records)
    return mutated(data, dice) if dice.random() < 0.3 else data


class _Liar(asyncio.DatagramProtocol):
    dice = Random(0)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        for _ in range(self.dice.choice((1, 1, 1, 3))):
            self.transport.sendto(_reply(data, self.dice)[:60_000], addr)


@cache
def _place() -> tuple[asyncio.Runner, _Liar, tuple[str, int]]:
    runner = asyncio.Runner()
    atexit.register(runner.close)

    async def listen() -> tuple[_Liar, tuple[str, int]]:
        loop = asyncio.get_running_loop()
        transport, liar = await loop.create_datagram_endpoint(_Liar, local_addr=("127.0.0.1", 0))
        return liar, transport.get_extra_info("sockname")

    liar, place = runner.run(listen())
    return runner, liar, place


def attack(dice: Random) -> str:
    """Ask for addresses or CAA: an outcome, and never an exception."""
    runner, liar, place = _place()
    liar.dice = dice

    async def ask() -> str:
        resolver = Resolver(place, timeout=0.05)
        if dice.random() < 0.3:
            found = await resolver.caa("www.example.com")
            assert len(found.records) <= 200
            return "caa " + ("read" if found.records else "none")
        looked = await resolver.lookup("www.example.com")
        assert (looked.outcome is Existence.FOUND) == bool(looked.addresses)
        return str(looked.outcome)

    return runner.run(ask())
