"""The extensions a verifier acts on, decoded as BoringSSL's ``x509v3_cache_extensions`` does.

A broken or repeated one is not an error here but a *problem*: BoringSSL parses the certificate
and refuses it only when the verifier meets it. Extensions it never decodes are left alone.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from cf525.pki import der, dn, general_names
from cf525.pki.general_names import GeneralName, Kind
from cf525.values import dataclass

BASIC_CONSTRAINTS: Final = b"\x55\x1d\x13"
KEY_USAGE: Final = b"\x55\x1d\x0f"
EXTENDED_KEY_USAGE: Final = b"\x55\x1d\x25"
SUBJECT_KEY_ID: Final = b"\x55\x1d\x0e"
AUTHORITY_KEY_ID: Final = b"\x55\x1d\x23"
SUBJECT_ALT_NAME: Final = b"\x55\x1d\x11"
NAME_CONSTRAINTS: Final = b"\x55\x1d\x1e"
CRL_DISTRIBUTION_POINTS: Final = b"\x55\x1d\x1f"
CERTIFICATE_POLICIES: Final = b"\x55\x1d\x20"
POLICY_MAPPINGS: Final = b"\x55\x1d\x21"
POLICY_CONSTRAINTS: Final = b"\x55\x1d\x24"
INHIBIT_ANY_POLICY: Final = b"\x55\x1d\x36"
SIGNED_TIMESTAMPS: Final = b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"
"""signedCertificateTimestampList, 1.3.6.1.4.1.11129.2.4.2 (RFC 6962 section 3.3)."""
AUTHORITY_INFO_ACCESS: Final = b"\x2b\x06\x01\x05\x05\x07\x01\x01"

LABELS: Final = {
    BASIC_CONSTRAINTS: "basicConstraints",
    KEY_USAGE: "keyUsage",
    EXTENDED_KEY_USAGE: "extKeyUsage",
    SUBJECT_KEY_ID: "subjectKeyIdentifier",
    AUTHORITY_KEY_ID: "authorityKeyIdentifier",
    SUBJECT_ALT_NAME: "subjectAltName",
    NAME_CONSTRAINTS: "nameConstraints",
    CRL_DISTRIBUTION_POINTS: "cRLDistributionPoints",
    CERTIFICATE_POLICIES: "certificatePolicies",
    POLICY_MAPPINGS: "policyMappings",
    POLICY_CONSTRAINTS: "policyConstraints",
    INHIBIT_ANY_POLICY: "inhibitAnyPolicy",
    AUTHORITY_INFO_ACCESS: "authorityInfoAccess",
}

_SUPPORTED: Final = frozenset(
    (
        KEY_USAGE,
        SUBJECT_ALT_NAME,
        BASIC_CONSTRAINTS,
        CERTIFICATE_POLICIES,
        EXTENDED_KEY_USAGE,
        POLICY_CONSTRAINTS,
        NAME_CONSTRAINTS,
        POLICY_MAPPINGS,
        INHIBIT_ANY_POLICY,
    )
)

SERVER_AUTH: Final = b"\x2b\x06\x01\x05\x05\x07\x03\x01"
CLIENT_AUTH: Final = b"\x2b\x06\x01\x05\x05\x07\x03\x02"
_CA_ISSUERS: Final = b"\x2b\x06\x01\x05\x05\x07\x30\x02"

DIGITAL_SIGNATURE: Final = 0x80
KEY_ENCIPHERMENT: Final = 0x20
KEY_AGREEMENT: Final = 0x08
KEY_CERT_SIGN: Final = 0x04

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as it stands in the certificate."""

    oid: bytes
    critical: bool
    value: bytes

    @property
    def label(self) -> str:
        return LABELS.get(self.oid) or der.dotted(self.oid)


@dataclass(frozen=True, slots=True)
class AuthorityKey:
    """authorityKeyIdentifier. ``issuer`` is its first directory name, ``serial`` the octets."""

    key_id: bytes | None
    issuer: dn.Name | None
    serial: bytes | None


@dataclass(frozen=True, slots=True)
class Subtree:
    base: GeneralName
    bounded: bool
    """A minimum or maximum is present, which BoringSSL refuses."""


@dataclass(frozen=True, slots=True)
class NameConstraints:
    permitted: tuple[Subtree, ...]
    excluded: tuple[Subtree, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """``key_usage`` is its first octet (digitalSignature = 0x80). ``path_length`` None: no limit.

    ``problems`` labels the extensions BoringSSL cannot decode or finds twice;
    ``unknown_critical`` labels the critical ones it does not process.
    """

    has_basic_constraints: bool = False
    ca: bool = False
    path_length: int | None = None
    key_usage: int | None = None
    extended_key_usage: tuple[bytes, ...] | None = None
    subject_key_id: bytes | None = None
    authority_key: AuthorityKey | None = None
    alt_names: tuple[GeneralName, ...] | None = None
    name_constraints: NameConstraints | None = None
    crl_uris: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    unknown_critical: tuple[str, ...] = ()

    @property
    def forbids_signing_certificates(self) -> bool:
        return self.key_usage is not None and not self.key_usage & KEY_CERT_SIGN

    @property
    def dns_names(self) -> tuple[bytes, ...]:
        return tuple(each.value for each in self.alt_names or () if each.kind is Kind.DNS)


def only(extensions: tuple[Extension, ...], oid: bytes) -> Extension | None:
    """The one extension with this identifier; a repeated one is a DerError."""
    found = [each for each in extensions if each.oid == oid]
    if len(found) > 1:
        raise der.DerError("repeated extension")
    return found[0] if found else None


def cache_extensions(extensions: tuple[Extension, ...]) -> Extensions:
    """Decode what the path verifier looks at."""
    problems: list[str] = []

    def take(oid: bytes, decode: Callable[[bytes], T]) -> T | None:
        try:
            found = only(extensions, oid)
            return None if found is None else decode(found.value)
        except der.DerError:
            problems.append(LABELS[oid])
            return None

    basic = take(BASIC_CONSTRAINTS, _basic_constraints)
    return Extensions(
        has_basic_constraints=basic is not None,
        ca=basic is not None and basic[0],
        path_length=None if basic is None else basic[1],
        key_usage=take(KEY_USAGE, _key_usage),
        extended_key_usage=take(EXTENDED_KEY_USAGE, _object_identifiers),
        subject_key_id=take(SUBJECT_KEY_ID, _octet_string),
        authority_key=take(AUTHORITY_KEY_ID, _authority_key),
        alt_names=take(SUBJECT_ALT_NAME, _general_names),
        name_constraints=take(NAME_CONSTRAINTS, _name_constraints),
        crl_uris=take(CRL_DISTRIBUTION_POINTS, _distribution_points) or (),
        problems=tuple(problems),
        unknown_critical=tuple(
            each.label for each in extensions if each.critical and each.oid not in _SUPPORTED
        ),
    )


def _basic_constraints(value: bytes) -> tuple[bool, int | None]:
    reader = der.whole_sequence(value)
    ca = der.boolean(reader.read(der.BOOLEAN)) if reader.peek(der.BOOLEAN) else False
    length = der.integer(reader.read(der.INTEGER)) if reader.peek(der.INTEGER) else None
    reader.done()
    if length is not None and (length < 0 or not ca):
        raise der.DerError("path length without a CA")
    # ASN1_INTEGER_get answers -1, "no limit", for what does not fit a long.
    return ca, None if length is not None and length >= 1 << 63 else length


def _key_usage(value: bytes) -> int:
    reader = der.Reader(value)
    octets, _ = der.bit_string(reader.read(der.BIT_STRING))
    reader.done()
    return octets[0] if octets else 0


def _object_identifiers(value: bytes) -> tuple[bytes, ...]:
    reader = der.whole_sequence(value)
    found: list[bytes] = []
    while not reader.empty:
        found.append(der.check_oid(reader.read(der.OID)))
    return tuple(found)


def _octet_string(value: bytes) -> bytes:
    reader = der.Reader(value)
    content = reader.read(der.OCTET_STRING)
    reader.done()
    return content


def _authority_key(value: bytes) -> AuthorityKey:
    reader = der.whole_sequence(value)
    key_id = reader.optional(0x80)
    names = general_names.read_all(reader.enter(0xA1)) if reader.peek(0xA1) else ()
    serial = reader.optional(0x82)
    reader.done()
    if serial is not None:
        der.check_integer(serial)
    issuer = next((each.directory for each in names if each.kind is Kind.DIRECTORY), None)
    return AuthorityKey(key_id, issuer, serial)


def _general_names(value: bytes) -> tuple[GeneralName, ...]:
    return general_names.read_all(der.whole_sequence(value))


def _name_constraints(value: bytes) -> NameConstraints:
    reader = der.whole_sequence(value)
    permitted = tuple(_subtrees(reader.enter(0xA0))) if reader.peek(0xA0) else ()
    excluded = tuple(_subtrees(reader.enter(0xA1))) if reader.peek(0xA1) else ()
    reader.done()
    return NameConstraints(permitted, excluded)


def _subtrees(reader: der.Reader) -> Iterator[Subtree]:
    while not reader.empty:
        inner = reader.enter(der.SEQUENCE)
        base = general_names.read(inner)
        bounds = [inner.optional(tag) for tag in (0x80, 0x81)]
        inner.done()
        for bound in bounds:
            if bound is not None:
                der.check_integer(bound)
        yield Subtree(base, any(bound is not None for bound in bounds))


def _distribution_points(value: bytes) -> tuple[str, ...]:
    reader = der.whole_sequence(value)
    uris: list[str] = []
    while not reader.empty:
        point = reader.enter(der.SEQUENCE)
        names = _point_names(point.enter(0xA0)) if point.peek(0xA0) else ()
        reasons = point.optional(0x81)
        if reasons is not None:
            der.bit_string(reasons)
        issuers = general_names.read_all(point.enter(0xA2)) if point.peek(0xA2) else ()
        point.done()
        if reasons is None and not issuers:
            uris.extend(_uris(names))
    return tuple(uris)


def _point_names(reader: der.Reader) -> tuple[GeneralName, ...]:
    if reader.peek(0xA1):  # nameRelativeToCRLIssuer: one more RDN of the issuer's name
        dn.parse(dn.header(der.SEQUENCE, dn.header(der.SET, reader.read(0xA1))))
        names: tuple[GeneralName, ...] = ()
    else:
        names = general_names.read_all(reader.enter(0xA0))
    reader.done()
    return names


def _uris(names: tuple[GeneralName, ...]) -> Iterator[str]:
    for each in names:
        if each.kind is Kind.URI and each.value.isascii():
            yield each.value.decode("ascii")


def ca_issuer_uris(extensions: tuple[Extension, ...]) -> tuple[str, ...]:
    """The caIssuers addresses of authorityInfoAccess, up to where it is broken."""
    uris: list[str] = []
    try:
        found = only(extensions, AUTHORITY_INFO_ACCESS)
        reader = der.whole_sequence(found.value) if found else der.Reader(b"")
        while not reader.empty:
            access = reader.enter(der.SEQUENCE)
            method = access.read(der.OID)
            location = general_names.read(access)
            if method == _CA_ISSUERS:
                uris.extend(_uris((location,)))
    except der.DerError:
        return tuple(uris)
    return tuple(uris)


def logged(extensions: tuple[Extension, ...]) -> bool:
    """Whether the certificate bears timestamps of transparency logs, as those of public CAs do."""
    return any(each.oid == SIGNED_TIMESTAMPS for each in extensions)
