"""The two readers of PEM that servers have, line for line: OpenSSL's and Go's.

Each is given a text and answers with the certificates that it takes, with their lines, and with
the place where it stops for good. What that means for a server stands in ``pem``. Both were held
to nginx, HAProxy, Go and Node as installed (OpenSSL 3.0, Go 1.19): ``PEM_read_bio_ex`` of
crypto/pem/pem_lib.c, ``Decode`` of encoding/pem.
"""

import binascii
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final

from cf525.patterns import lazy_pattern
from cf525.pki.bundles import UNSEEN, first_element, is_certificate
from cf525.values import dataclass

BOM: Final = b"\xef\xbb\xbf"
OWN_LABELS: Final = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
"""What OpenSSL takes for the first certificate of a file; behind it the last is passed over."""
_BEGIN, _END, _TAIL = b"-----BEGIN ", b"-----END ", b"-----"
_AT_ONCE: Final = 254  # of a line (LINESIZE)
_WIDE: Final = 64  # of a line of base64 behind a blank one
_MOST_TRIED: Final = 256
_WHITE: Final = lazy_pattern(rb"[ \t\r\n]+")


class Why(Enum):
    """Why OpenSSL stops at a block."""

    OPEN = auto()  # the end is not there
    END = auto()  # the end line is another one
    HEADER = auto()  # a blank line makes a header of what stands before it
    LINES = auto()  # behind a blank line the lines are not as long as they have to be
    BASE64 = auto()
    EMPTY = auto()  # there is nothing between the markers, or nothing but a header
    FORM = auto()  # what is encoded is no certificate


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate in a text, and the lines of its BEGIN and END, counted from 1."""

    first: int
    last: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a reader gives up: the line, the line of the block's BEGIN, and why."""

    line: int
    begun: int
    why: Why


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader makes of a text."""

    held: tuple[Held, ...]
    stop: Stop | None = None

    @property
    def begun(self) -> frozenset[int]:
        """The lines in which the certificates begin that it takes."""
        return frozenset(each.first for each in self.held)


def decoded(body: bytes) -> bytes | None:
    """The bytes of base64 with white space in it; None for what is none."""
    try:
        return binascii.a2b_base64(_WHITE.sub(b"", body), strict_mode=True)
    except binascii.Error:
        return None


def certificate_in(content: bytes | None) -> bytes | None:
    """The certificate that a block holds, without what follows it."""
    whole = first_element(content) if content else None
    return whole if whole is not None and is_certificate(whole) else None


# -- OpenSSL ----------------------------------------------------------------------------------


class _Stopped(Exception):
    def __init__(self, line: int, why: Why) -> None:
        self.line = line
        self.why = why


_Piece = tuple[int, bytes, bool]
"""A number of a line, what is read of it at once, and whether it goes on from the piece before."""


def _pieces(content: bytes) -> Iterator[_Piece]:
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        whole = line if number == len(lines) else line + b"\n"
        for at in range(0, len(whole), _AT_ONCE):
            yield number, whole[at : at + _AT_ONCE].rstrip(UNSEEN), at > 0


def openssl(content: bytes) -> Reading:
    """What nginx, Apache, HAProxy and Node find, as far as they get."""
    pieces = _pieces(content)
    held: list[Held] = []
    while (begin := _begin(pieces)) is not None:
        number, label = begin
        try:
            header, body, last = _block(pieces, label, number)
            found = decoded(body.partition(b"-")[0])  # a dash ends what is decoded
            if found is None:
                raise _Stopped(number, Why.BASE64)
            if not found:
                raise _Stopped(header or number, Why.HEADER if header else Why.EMPTY)
            if label in (OWN_LABELS if not held else OWN_LABELS[:2]):
                if header:
                    raise _Stopped(header, Why.HEADER)
                certificate = certificate_in(found)
                if certificate is None or not (held or _settings(found[len(certificate) :])):
                    raise _Stopped(number, Why.FORM)
                held.append(Held(number, last, certificate))
        except _Stopped as stop:
            return Reading(tuple(held), Stop(stop.line, number, stop.why))
    return Reading(tuple(held))


def _settings(behind: bytes) -> bool:
    """Whether what stands behind the first certificate may be OpenSSL's trust settings."""
    return not behind or first_element(behind) is not None


def _begin(pieces: Iterator[_Piece]) -> tuple[int, str] | None:
    """The next line that begins a block; a byte-order mark is passed over in the first line that
    is looked at."""
    first = True
    for number, piece, _ in pieces:
        line = piece.removeprefix(BOM) if first else piece
        first = False
        if line.startswith(_BEGIN) and line.endswith(_TAIL) and len(line) > len(_BEGIN):
            return number, line[len(_BEGIN) : -len(_TAIL)].decode("latin-1")
    return None


def _block(pieces: Iterator[_Piece], label: str, number: int) -> tuple[int, bytes, int]:
    """The line that makes a header of what stands before the base64 (0 without one), the base64,
    the line of the END."""
    end = _END + label.encode("latin-1") + _TAIL
    blank, colon, short = 0, 0, False
    before: list[bytes] = []
    body: list[bytes] = []
    for number, line, partial in pieces:
        if not colon and not blank and b":" in line:
            colon = number
        if not line:
            if partial:
                continue
            if blank:
                raise _Stopped(number, Why.LINES)
            blank = number
            before, body = body, []
            continue
        if line.startswith(_END):
            if line != end:
                raise _Stopped(number, Why.END)
            if colon and not blank:
                return colon, b"", number
            return ((colon or blank) if before else 0), b"\n".join(body), number
        if short or (blank and len(line) > _WIDE):
            raise _Stopped(*((blank, Why.HEADER) if before else (number, Why.LINES)))
        short = bool(blank) and len(line) < _WIDE
        body.append(line)
    raise _Stopped(number, Why.OPEN)


# -- Go ---------------------------------------------------------------------------------------

_SPACES: Final = b" \t"


def go(content: bytes) -> Reading:
    """What Go finds: it passes over what it cannot read, and never stops."""
    held: list[Held] = []
    at, counted, lines = 0, 0, 1
    for _ in range(_MOST_TRIED):
        begin = _go_begin(content, at)
        if begin < 0:
            break
        lines += content.count(b"\n", counted, begin)
        counted = begin
        label, body, at, last = _go_block(content, begin)
        if body is not None and label == b"CERTIFICATE":
            ends = lines + content.count(b"\n", begin, last)
            held.append(Held(lines, ends, first_element(body) or body))
    return Reading(tuple(held))


def _go_begin(content: bytes, at: int) -> int:
    """Where the next BEGIN stands: at ``at`` itself or behind the end of a line."""
    if content.startswith(_BEGIN, at):
        return at
    found = content.find(b"\n" + _BEGIN, at)
    return found + 1 if found >= 0 else -1


def _line(content: bytes, at: int) -> tuple[bytes, int]:
    """The line at ``at`` without what Go takes away behind it, and where the next begins."""
    end = content.find(b"\n", at)
    end, following = (len(content), len(content)) if end < 0 else (end, end + 1)
    line = content[at:end]
    return (line.removesuffix(b"\r") if following > end else line).rstrip(_SPACES), following


def _go_block(content: bytes, begin: int) -> tuple[bytes, bytes | None, int, int]:
    """A block's label and content, where to go on, and where its END stands; no content where it
    is none."""
    label, at = _line(content, begin + len(_BEGIN))
    if not label.endswith(_TAIL):
        return b"", None, at, at
    label = label.removesuffix(_TAIL)
    after = at
    headed = False
    while after < len(content):
        line, following = _line(content, after)
        if b":" not in line:
            break
        after, headed = following, True
    if not headed and content.startswith(_END, after):
        last, trailer = after, after + len(_END)
    else:
        found = content.find(b"\n" + _END, after)
        if found < 0:
            return label, None, after, after
        last, trailer = found + 1, found + 1 + len(_END)
    rest = trailer + len(label) + len(_TAIL)
    if content[trailer:rest] != label + _TAIL:
        return label, None, after, after
    behind, following = _line(content, rest)
    if behind:
        return label, None, after, after
    body = content[after:last]
    if b"-" in body:  # no base64: told before it is decoded
        return label, None, after, after
    found_bytes = decoded(body)
    if found_bytes is None:
        return label, None, after, after
    return label, found_bytes, following, last


def first_unseen(lines: Sequence[bytes], first: int) -> int:
    """The first of these lines with something at its end that OpenSSL takes away and Go does not,
    0 if there is none; ``first`` is the number of the first."""
    for number, line in enumerate(lines, first):
        last = line.removesuffix(b"\r").rstrip(_SPACES)[-1:]
        if last and not b"!" <= last <= b"~":
            return number
    return 0
