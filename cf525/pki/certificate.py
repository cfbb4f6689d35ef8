"""A certificate as BoringSSL's parser sees it: the fields of RFC 5280 section 4.1, strictly.

What that parser tolerates (version 1 written out, negative serials, unknown keys) is tolerated;
what it refuses raises ``Malformed``, because then the edge cannot even read the message (525).
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache

from cf525.pki import der, dn
from cf525.pki.extensions import Extension, Extensions, cache_extensions
from cf525.values import dataclass

_REMEMBERED_BYTES = 8192


class Malformed(der.DerError):
    """The bytes are no certificate that BoringSSL would load."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier; ``parameters`` is the whole encoded element, None if absent."""

    oid: bytes
    parameters: bytes | None


@dataclass(frozen=True, eq=False)
class Certificate:
    """One certificate. ``encoded`` is empty for a root known as facts only.

    ``version`` is 1, 2 or 3; ``serial`` the content octets; ``spki`` the encoded
    SubjectPublicKeyInfo; ``algorithm`` the one inside the signed part, ``outer_algorithm`` the
    one beside the signature, which ``unused_bits`` must end on an octet.
    """

    encoded: bytes
    signed: bytes
    version: int
    serial: bytes
    algorithm: Algorithm
    outer_algorithm: Algorithm
    issuer: dn.Name
    subject: dn.Name
    not_before: der.Time
    not_after: der.Time
    spki: bytes
    extension_list: tuple[Extension, ...]
    signature: bytes
    unused_bits: int

    @cached_property
    def extensions(self) -> Extensions:
        """The extensions the verifier acts on, decoded; decoding never raises."""
        return cache_extensions(self.extension_list)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.encoded).hexdigest()

    @cached_property
    def spki_sha256(self) -> str:
        return hashlib.sha256(self.spki).hexdigest()

    @cached_property
    def self_issued(self) -> bool:
        return self.subject.canonical == self.issuer.canonical

    @cached_property
    def self_signed(self) -> bool:
        """BoringSSL's EXFLAG_SS: by names, key ids and key usage, not by the signature."""
        return (
            self.self_issued
            and self.fits_key_identifier(self)
            and not self.extensions.forbids_signing_certificates
        )

    def fits_key_identifier(self, child: "Certificate") -> bool:
        """Whether this issuer fits the child's authorityKeyIdentifier (RFC 5280, 4.2.1.1)."""
        wanted = child.extensions.authority_key
        if wanted is None:
            return True
        own = self.extensions.subject_key_id
        if wanted.key_id is not None and own is not None and wanted.key_id != own:
            return False
        if wanted.serial is not None and wanted.serial != self.serial:
            return False
        return wanted.issuer is None or wanted.issuer.canonical == self.issuer.canonical

    def issued(self, child: "Certificate") -> bool:
        """BoringSSL's X509_check_issued: by name, key identifier and key usage."""
        return (
            self.subject.canonical == child.issuer.canonical
            and not self.extensions.problems
            and not child.extensions.problems
            and self.fits_key_identifier(child)
            and not self.extensions.forbids_signing_certificates
        )


def moment(value: der.Time) -> datetime | None:
    """A certificate's time as datetime; None outside the years datetime can hold."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value.posix)
    except OverflowError:
        return None


def parse(encoded: bytes) -> Certificate:
    """The certificate in exactly these bytes. Those of a usual size are remembered."""
    return _remembered(encoded) if len(encoded) <= _REMEMBERED_BYTES else _checked(encoded)


def _checked(encoded: bytes) -> Certificate:
    try:
        return _parse(encoded)
    except Malformed:
        raise
    except der.DerError as error:
        raise Malformed(error.reason) from error


_remembered = lru_cache(maxsize=512)(_checked)


def _parse(encoded: bytes) -> Certificate:
    outer = der.whole_sequence(encoded)
    signed = outer.whole(der.SEQUENCE)
    outer_algorithm = read_algorithm(outer)
    signature, unused_bits = _signature(outer)
    outer.done()
    body = der.Reader(signed).enter(der.SEQUENCE)
    version = _version(body)
    serial = der.check_integer(body.read(der.INTEGER))
    algorithm = read_algorithm(body)
    issuer = dn.parse(body.whole(der.SEQUENCE))
    validity = body.enter(der.SEQUENCE)
    not_before, not_after = _time(validity), _time(validity)
    validity.done()
    subject = dn.parse(body.whole(der.SEQUENCE))
    spki = body.whole(der.SEQUENCE)
    check_spki(spki)
    if version >= 2:
        for tag in (0x81, 0x82):  # issuerUniqueID, subjectUniqueID
            if body.peek(tag):
                der.bit_string(body.read(tag))
    extension_list: tuple[Extension, ...] = ()
    if version == 3 and body.peek(0xA3):
        wrapper = body.enter(0xA3)
        extension_list = _extension_list(wrapper.enter(der.SEQUENCE))
        wrapper.done()
    body.done()
    return Certificate(
        encoded=encoded,
        signed=signed,
        version=version,
        serial=serial,
        algorithm=algorithm,
        outer_algorithm=outer_algorithm,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        spki=spki,
        extension_list=extension_list,
        signature=signature,
        unused_bits=unused_bits,
    )


def _version(body: der.Reader) -> int:
    if not body.peek(0xA0):
        return 1
    wrapper = body.enter(0xA0)
    number = der.integer(wrapper.read(der.INTEGER))
    wrapper.done()
    if number not in (0, 1, 2):
        raise Malformed(f"version {number + 1}")
    return number + 1


def read_algorithm(reader: der.Reader) -> Algorithm:
    inner = reader.enter(der.SEQUENCE)
    oid = der.check_oid(inner.read(der.OID))
    parameters = None
    if not inner.empty:
        found = inner.any()
        der.check_any(found, inner.data)
        parameters = inner.data[found[1] : found[3]]
        inner.done()
    return Algorithm(oid, parameters)


def _signature(outer: der.Reader) -> tuple[bytes, int]:
    """The signature's BIT STRING, for which BoringSSL allows a non-minimal length."""
    data, pos, end = outer.data, outer.pos, outer.end
    if end - pos < 2 or data[pos] != der.BIT_STRING:
        raise Malformed("no signature")
    length, start = data[pos + 1], pos + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or count > end - start:
            raise Malformed("bad signature length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if length > end - start:
        raise Malformed("truncated")
    outer.pos = start + length
    return der.bit_string(data[start : start + length])


def _time(validity: der.Reader) -> der.Time:
    tag, _, start, end = validity.any()
    return der.time(tag, validity.data[start:end])


def check_spki(spki: bytes) -> None:
    """Only the frame: BoringSSL keeps certificates whose key it cannot decode."""
    reader = der.whole_sequence(spki)
    read_algorithm(reader)
    der.bit_string(reader.read(der.BIT_STRING))
    reader.done()


def _extension_list(reader: der.Reader) -> tuple[Extension, ...]:
    found: list[Extension] = []
    while not reader.empty:
        inner = reader.enter(der.SEQUENCE)
        oid = der.check_oid(inner.read(der.OID))
        critical = der.boolean(inner.read(der.BOOLEAN)) if inner.peek(der.BOOLEAN) else False
        value = inner.read(der.OCTET_STRING)
        inner.done()
        found.append(Extension(oid, critical, value))
    return tuple(found)
