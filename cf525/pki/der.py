"""A strict DER reader: the subset of ASN.1 that certificates are made of, and nothing lenient.

It reads what BoringSSL's CBS reads and refuses what CBS refuses: indefinite and non-minimal
lengths, trailing bytes, non-minimal integers. It knows no certificate; that is the parsers' task.
"""

from typing import Final, TypeAlias

from cf525.values import dataclass

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
T61_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

Element: TypeAlias = tuple[int, int, int, int]
"""(tag, start, content start, end): offsets into the one byte string everything is read from."""

_CONSTRUCTED: Final = frozenset((8, 11, 16, 17, 29))  # universal types that are constructed


class DerError(ValueError):
    """The bytes are not the DER that was expected; ``reason`` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def element(data: bytes, pos: int, end: int) -> Element:
    """The element at ``pos``. High tag numbers come back as an opaque value above 0xFF."""
    start = pos
    if end - pos < 2:
        raise DerError("truncated")
    tag = data[pos]
    pos += 1
    if tag & 0x1F == 0x1F:
        tag, pos = _high_tag(data, pos, end, tag)
    elif tag & 0xDF == 0:
        raise DerError("reserved tag")
    if pos >= end:
        raise DerError("truncated")
    length = data[pos]
    pos += 1
    if length & 0x80:
        length, pos = _long_length(data, pos, end, length & 0x7F)
    if length > end - pos:
        raise DerError("truncated")
    return tag, start, pos, pos + length


def _high_tag(data: bytes, pos: int, end: int, first: int) -> tuple[int, int]:
    number = 0
    while True:
        if pos >= end or number > 0x1FFFFFFF >> 7:
            raise DerError("bad tag")
        byte = data[pos]
        pos += 1
        if number == 0 and byte == 0x80:
            raise DerError("non-minimal tag")
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    if number < 0x1F:
        raise DerError("non-minimal tag")
    return first << 32 | number, pos


def _long_length(data: bytes, pos: int, end: int, count: int) -> tuple[int, int]:
    if count == 0:
        raise DerError("indefinite length")
    if count > 4 or count > end - pos:
        raise DerError("bad length")
    length = int.from_bytes(data[pos : pos + count], "big")
    if length < 0x80 or length >> 8 * (count - 1) == 0:
        raise DerError("non-minimal length")
    return length, pos + count


class Reader:
    """A cursor over a slice of DER. Every read moves past one element or raises DerError."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    @property
    def empty(self) -> bool:
        return self.pos >= self.end

    def peek(self, tag: int) -> bool:
        """Whether the next element has this (low) tag."""
        return self.pos < self.end and self.data[self.pos] == tag

    def any(self) -> Element:
        found = element(self.data, self.pos, self.end)
        self.pos = found[3]
        return found

    def read(self, tag: int) -> bytes:
        """The content of the next element, which must have this tag."""
        found = self._expect(tag)
        return self.data[found[2] : found[3]]

    def whole(self, tag: int) -> bytes:
        """The next element with its header."""
        found = self._expect(tag)
        return self.data[found[1] : found[3]]

    def enter(self, tag: int) -> "Reader":
        """A reader over the content of the next element, which must have this tag."""
        found = self._expect(tag)
        return Reader(self.data, found[2], found[3])

    def optional(self, tag: int) -> bytes | None:
        return self.read(tag) if self.peek(tag) else None

    def done(self) -> None:
        if self.pos != self.end:
            raise DerError("trailing bytes")

    def _expect(self, tag: int) -> Element:
        found = element(self.data, self.pos, self.end)
        if found[0] != tag:
            raise DerError(f"expected tag 0x{tag:02x}, found 0x{found[0]:02x}")
        self.pos = found[3]
        return found


def whole_sequence(data: bytes) -> Reader:
    """A reader over the one SEQUENCE that ``data`` must consist of."""
    outer = Reader(data)
    inner = outer.enter(SEQUENCE)
    outer.done()
    return inner


def check_oid(content: bytes) -> bytes:
    if not content or content[-1] & 0x80:
        raise DerError("bad object identifier")
    start = True
    for byte in content:
        if start and byte == 0x80:
            raise DerError("non-minimal object identifier")
        start = not byte & 0x80
    return content


def check_integer(content: bytes) -> bytes:
    """``content`` if it is the minimal two's complement form (X.690 section 8.3.2)."""
    if not content:
        raise DerError("empty integer")
    if len(content) > 1 and (
        (content[0] == 0 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)
    ):
        raise DerError("non-minimal integer")
    return content


def integer(content: bytes) -> int:
    return int.from_bytes(check_integer(content), "big", signed=True)


def bit_string(content: bytes) -> tuple[bytes, int]:
    """The octets and the number of unused bits, which must be zero bits."""
    if not content or content[0] > 7 or (len(content) == 1 and content[0]):
        raise DerError("bad bit string")
    if content[0] and content[-1] & ((1 << content[0]) - 1):
        raise DerError("non-zero padding bits")
    return content[1:], content[0]


def boolean(content: bytes) -> bool:
    """Any one octet, as BoringSSL's template decoder takes it: 0x01 is true as well."""
    if len(content) != 1:
        raise DerError("bad boolean")
    return content[0] != 0


def dotted(oid: bytes) -> str:
    """'2.5.4.3' for the content octets of an object identifier; hexadecimal if it is none."""
    if not oid or oid[-1] & 0x80:
        return oid.hex()
    arcs: list[int] = []
    value = 0
    for byte in oid:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


_DECODERS: Final = {
    UTF8_STRING: "utf-8",
    BMP_STRING: "utf-16-be",
    UNIVERSAL_STRING: "utf-32-be",
    PRINTABLE_STRING: "latin-1",
    T61_STRING: "latin-1",
    IA5_STRING: "latin-1",
    VISIBLE_STRING: "latin-1",
}


def text(tag: int, content: bytes) -> str | None:
    """The characters of a string type; None for types that have no canonical form.

    Surrogates and noncharacters are refused, and a BMPString holds no surrogate pairs.
    """
    codec = _DECODERS.get(tag)
    if codec is None:
        return None
    try:
        value = content.decode(codec)
    except UnicodeDecodeError as error:
        raise DerError("invalid character encoding") from error
    if codec == "latin-1" or value.isascii():
        return value
    if tag == BMP_STRING and len(value) * 2 != len(content):
        raise DerError("invalid character encoding")
    for char in value:
        code = ord(char)
        if 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
            raise DerError("invalid character encoding")
    return value


def check_any(found: Element, data: bytes) -> None:
    """Refuse the values BoringSSL refuses in an ANY: wrong forms of universal types."""
    tag, _, start, end = found
    if tag > 0xFF or tag & 0xC0:
        return
    number = tag & 0x1F
    if number != 15 and bool(tag & 0x20) != (number in _CONSTRUCTED):
        raise DerError("wrong form of a universal type")
    content = data[start:end]
    if tag in (INTEGER, ENUMERATED):
        check_integer(content)
    elif tag == BIT_STRING:
        bit_string(content)
    elif tag == OID:
        check_oid(content)
    elif tag == BOOLEAN and content not in (b"\x00", b"\xff"):
        raise DerError("bad boolean")
    elif tag == NULL and content:
        raise DerError("bad null")
    elif tag in (UTF8_STRING, BMP_STRING, UNIVERSAL_STRING):
        text(tag, content)
    elif tag in (UTC_TIME, GENERALIZED_TIME):
        time(tag, content)


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds since 1970. ``offset``: written with a time-zone offset, which DER forbids."""

    posix: int
    offset: bool = False


def time(tag: int, content: bytes) -> Time:
    """A UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 has it.

    BoringSSL's parser lets ``+hhmm`` pass in a UTCTime; its verifier then refuses the time.
    """
    if tag not in (UTC_TIME, GENERALIZED_TIME):
        raise DerError("not a time")
    digits = 12 if tag == UTC_TIME else 14
    head, tail = content[:digits], content[digits:]
    if len(head) != digits or not head.isdigit():
        raise DerError("bad time")
    if tag == UTC_TIME:
        head = (b"19" if head[:2] >= b"50" else b"20") + head
    year = int(head[:4])
    month, day, hour, minute, second = (int(head[i : i + 2]) for i in range(4, 14, 2))
    offset = _offset(tag, tail)
    if not (1 <= month <= 12 and hour <= 23 and minute <= 59 and second <= 59):
        raise DerError("bad time")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days_in_month = 29 if month == 2 and leap else _DAYS_IN_MONTH[month - 1]
    if not 1 <= day <= days_in_month:
        raise DerError("bad time")
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return Time(seconds - (offset or 0), offset is not None)


_DAYS_IN_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _offset(tag: int, tail: bytes) -> int | None:
    """Seconds east of UTC, None for a plain ``Z``."""
    if tail == b"Z":
        return None
    if tag != UTC_TIME or len(tail) != 5 or tail[:1] not in b"+-" or not tail[1:].isdigit():
        raise DerError("bad time")
    hours, minutes = int(tail[1:3]), int(tail[3:])
    if hours > 23 or minutes > 59:
        raise DerError("bad time")
    seconds = (hours * 60 + minutes) * 60
    return seconds if tail[:1] == b"+" else -seconds


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar; year 0 included."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
