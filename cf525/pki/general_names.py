"""GeneralName, the choice that alternative names, constraints and distribution points share.

It follows BoringSSL's templates: what they let pass (non-ASCII dNSName, a 5-byte iPAddress)
passes here, what they refuse raises DerError (RFC 5280 section 4.2.1.6).
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from cf525.pki import der, dn


class Kind(IntEnum):
    """The tag number of each alternative."""

    OTHER = 0
    EMAIL = 1
    DNS = 2
    X400 = 3
    DIRECTORY = 4
    EDI_PARTY = 5
    URI = 6
    IP = 7
    REGISTERED_ID = 8


_CONSTRUCTED = (Kind.OTHER, Kind.X400, Kind.DIRECTORY, Kind.EDI_PARTY)


@dataclass(frozen=True)
class GeneralName:
    """``value`` is the content; for a directory name the whole encoded Name."""

    kind: Kind
    value: bytes

    @cached_property
    def directory(self) -> dn.Name:
        return dn.parse(self.value)


def read(reader: der.Reader) -> GeneralName:
    tag, _, start, end = reader.any()
    number = tag & 0x1F
    if tag > 0xFF or tag & 0xC0 != 0x80 or number > Kind.REGISTERED_ID:
        raise der.DerError("no such general name")
    kind = Kind(number)
    if bool(tag & 0x20) != (kind in _CONSTRUCTED):
        raise der.DerError("wrong form of a general name")
    value = reader.data[start:end]
    if kind is Kind.DIRECTORY:
        dn.parse(value)
    elif kind is Kind.OTHER:
        _check_other_name(value)
    elif kind is Kind.EDI_PARTY:
        _check_edi_party(value)
    elif kind is Kind.REGISTERED_ID:
        der.check_oid(value)
    return GeneralName(kind, value)


def read_all(reader: der.Reader) -> tuple[GeneralName, ...]:
    """Every name up to the end of ``reader``: the content of a SEQUENCE OF GeneralName."""
    names: list[GeneralName] = []
    while not reader.empty:
        names.append(read(reader))
    return tuple(names)


def _check_other_name(value: bytes) -> None:
    reader = der.Reader(value)
    der.check_oid(reader.read(der.OID))
    wrapped = reader.enter(0xA0)
    der.check_any(wrapped.any(), value)
    wrapped.done()
    reader.done()


_DIRECTORY_STRINGS = (
    der.PRINTABLE_STRING,
    der.T61_STRING,
    der.BMP_STRING,
    der.UNIVERSAL_STRING,
    der.UTF8_STRING,
)


def _check_edi_party(value: bytes) -> None:
    reader = der.Reader(value)
    if reader.peek(0xA0):
        _check_directory_string(reader.enter(0xA0))
    _check_directory_string(reader.enter(0xA1))
    reader.done()


def _check_directory_string(reader: der.Reader) -> None:
    tag, _, start, end = reader.any()
    if tag not in _DIRECTORY_STRINGS:
        raise der.DerError("not a directory string")
    der.text(tag, reader.data[start:end])
    reader.done()
