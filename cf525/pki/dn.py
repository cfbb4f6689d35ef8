"""Distinguished names: parsed, compared as BoringSSL compares them, and written out for people.

Two names are equal when their canonical forms are: string types folded into UTF-8, ASCII case
and runs of spaces folded (BoringSSL crypto/x509/x_name.cc). Nothing here looks at certificates.
"""

from functools import lru_cache
from typing import Final

from cf525.pki import der
from cf525.values import dataclass

COMMON_NAME: Final = b"\x55\x04\x03"
ORGANIZATION: Final = b"\x55\x04\x0a"
EMAIL_ADDRESS: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"

_SHORT: Final = {
    COMMON_NAME: "CN",
    b"\x55\x04\x04": "SN",
    b"\x55\x04\x05": "serialNumber",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x09": "street",
    ORGANIZATION: "O",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x0c": "title",
    b"\x55\x04\x2a": "GN",
    b"\x55\x04\x61": "organizationIdentifier",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01": "UID",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
    EMAIL_ADDRESS: "emailAddress",
}

_NUMERIC_STRING: Final = 0x12  # characters, but BoringSSL does not fold it when it compares
_MAX_TEXT: Final = 400
_REMEMBERED_BYTES: Final = 1024
_SPACES: Final = " \t\n\v\f\r"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a name; ``relative`` is the place of its RDN."""

    relative: int
    oid: bytes
    tag: int
    value: bytes

    @property
    def text(self) -> str:
        """The value as characters; hexadecimal for types that hold none."""
        if self.tag == _NUMERIC_STRING:
            return self.value.decode("latin-1")
        found = der.text(self.tag, self.value)
        return self.value.hex() if found is None else found


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name. ``canonical`` is what is compared, ``encoded`` what was on the wire."""

    encoded: bytes
    canonical: bytes
    attributes: tuple[Attribute, ...]

    def values(self, oid: bytes) -> tuple[Attribute, ...]:
        return tuple(each for each in self.attributes if each.oid == oid)

    def __str__(self) -> str:
        parts = [
            f"{_SHORT.get(each.oid) or der.dotted(each.oid)}={each.text}"
            for each in reversed(self.attributes)
        ]
        written = ", ".join(parts)
        return written if len(written) <= _MAX_TEXT else written[:_MAX_TEXT] + "…"

    @property
    def short(self) -> str:
        """The common name; without one, the organizational unit, or the whole name."""
        for oid in (COMMON_NAME, b"\x55\x04\x0b", b"\x55\x04\x0a"):
            for each in self.values(oid):
                if each.text.strip():
                    return each.text[:_MAX_TEXT]
        return str(self) or "(empty name)"


def parse(encoded: bytes) -> Name:
    """A Name from its whole DER element, SEQUENCE header included."""
    return _remembered(encoded) if len(encoded) <= _REMEMBERED_BYTES else _parse(encoded)


def _parse(encoded: bytes) -> Name:
    outer = der.whole_sequence(encoded)
    attributes: list[Attribute] = []
    canonical: list[bytes] = []
    place = 0
    while not outer.empty:
        relative = outer.enter(der.SET)
        entries: list[bytes] = []
        while not relative.empty:
            pair = relative.enter(der.SEQUENCE)
            oid = der.check_oid(pair.read(der.OID))
            found = pair.any()
            pair.done()
            der.check_any(found, pair.data)
            tag, start, content, end = found
            value = pair.data[content:end]
            if tag > 0xFF or tag & 0xE0:
                value = pair.data[start:end]
            attributes.append(Attribute(place, oid, tag, value))
            entries.append(_canonical_entry(oid, tag, value, pair.data[start:end]))
        if not entries:
            raise der.DerError("empty relative name")
        canonical.append(header(der.SET, b"".join(sorted(entries))))
        place += 1
    return Name(encoded, b"".join(canonical), tuple(attributes))


_remembered = lru_cache(maxsize=2048)(_parse)


def _canonical_entry(oid: bytes, tag: int, value: bytes, raw: bytes) -> bytes:
    written = der.text(tag, value)
    if written is not None:
        folded = " ".join(filter(None, _fold_spaces(written).split(" ")))
        raw = header(der.UTF8_STRING, folded.encode().lower())
    return header(der.SEQUENCE, header(der.OID, oid) + raw)


def _fold_spaces(value: str) -> str:
    for char in _SPACES[1:]:
        value = value.replace(char, " ")
    return value


def header(tag: int, content: bytes) -> bytes:
    """``content`` as a DER element with a low tag."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
