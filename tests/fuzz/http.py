"""What an origin may answer once TLS stands: HTTP/1 and HTTP/2, each by its own grammar."""

from random import Random
from typing import Final

from cf525.edge.answer import HEAD_LIMIT
from cf525.probe.answer import Http1Answer
from cf525.probe.answer2 import Http2Answer
from tests.fuzz.mutations import mutated

_LINES: Final = (
    *(
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 525 x",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 101 x",
        b"HTTP/9",
    ),
    *(
        b"HTTP/1.1 99999 x",
        b"HTTP/1.1 -1",
        b"ICY 200 OK",
        b"SSH-2.0-x",
        b"HTTP/1.1 502",
        b"\x15\x03",
    ),
)
_HEADERS: Final = (
    *(
        b"Content-Length: 5",
        b"Content-Length: 999999999999",
        b"Content-Length: -1",
        b"Server: nginx",
    ),
    *(
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: \x00",
        b": no name",
        b"no colon",
        b"Location:",
    ),
    *(
        b"A: " + b"x" * 9_000,
        b"\xff\xfe: \xff",
        b" folded",
        b"Set-Cookie: a=b; c",
        b"Cf-Ray: 1-FRA",
    ),
)
_BODIES: Final = (
    b"",
    b"hello",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffff\r\n",
    b"<" * 70_000,
)


def _one(dice: Random) -> bytes:
    end = dice.choice((b"\r\n", b"\r\n", b"\n", b"\r", b"\n\r"))
    interim = b"".join(b"HTTP/1.1 103 x" + end * 2 for _ in range(dice.choice((0, 0, 1, 400))))
    headers = [dice.choice(_HEADERS) for _ in range(dice.choice((0, 2, 6, 300)))]
    return interim + end.join([dice.choice(_LINES), *headers, b"", dice.choice(_BODIES)])


def _frame(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return (size & 0xFFFFFF).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _two(dice: Random) -> bytes:
    frames = [_frame(4, 0, 0, b"")] if dice.random() < 0.8 else []
    for _ in range(dice.randint(1, 12)):
        kind = dice.choice((0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 200))
        payload = dice.choice(
            (
                *(
                    b"",
                    b"\x88",
                    b"\x88\x5f\x87",
                    b"\x82\x84",
                    b"\x00" * 4,
                    b"\x00\x00\x00\x01",
                    b"\x3f\xe1\xff",
                ),
                *(
                    b"\x00\x03\x00\x00\x00\x01",
                    b"\x40\x01a\x01b" * 200,
                    b"\x7f" * 60,
                    bytes(8),
                    b"\xbe" * 4_000,
                ),
                dice.randbytes(dice.choice((1, 9, 300))),
            )
        )
        stream = dice.choice((0, 1, 1, 1, 2, 3, 0x7FFFFFFF, 0xFFFFFFFF))
        length = None if dice.random() < 0.9 else dice.choice((0, 1, 0xFFFFFF))
        flags = dice.choice((0, 1, 4, 4, 5, 8, 0x20, 0x28, 0xFF))
        frames.append(_frame(kind, flags, stream, payload, length))
    return b"".join(frames) * dice.choice((1, 1, 1, 20))


def attack(dice: Random) -> str:
    """Fed in pieces of any size: it comes to an answer within the bounds, and never raises."""
    two = dice.random() < 0.5
    data = _two(dice) if two else _one(dice)
    data = mutated(data, dice) if dice.random() < 0.4 else data
    reader: Http1Answer | Http2Answer
    if two:
        reader = Http2Answer("www.example.com", "/", "https")
        reader.opening()
    else:
        reader = Http1Answer(whole=dice.random() < 0.3)
    while data:
        cut = dice.choice((1, 7, 100, 5_000, len(data)))
        sent = reader.feed(data[:cut])
        assert len(sent) < 1 << 20
        data = data[cut:] if cut > 1 or len(data) < 200 else data[cut:][:2_000]
    answer = reader.answer()
    if answer is None:
        return "http/2 without an answer"
    assert len(answer.body_head) <= 1 << 20
    assert all(len(name) + len(value) <= 2 * HEAD_LIMIT for name, value in answer.headers)
    assert isinstance(reader.complete, bool)
    assert answer.status is None or isinstance(answer.status, int)
    return f"http/{1 + two} {'none' if answer.status is None else 'status'}"
