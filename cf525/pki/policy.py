"""Certificate policies: does some policy hold for the whole path, where one is required?

The policy graph of RFC 9618, restated from BoringSSL's crypto/x509/policy.cc, which runs it on
every path. The edge asks for no policy itself, so only requireExplicitPolicy in a CA (or a
malformed extension) can make it fail; the qualifiers and the resulting set are not computed.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from cf525.pki import der
from cf525.pki import extensions as ext
from cf525.pki.certificate import Certificate
from cf525.values import dataclass

ANY_POLICY: Final = b"\x55\x1d\x20\x00"
_CPS: Final = b"\x2b\x06\x01\x05\x05\x07\x02\x01"
_USER_NOTICE: Final = b"\x2b\x06\x01\x05\x05\x07\x02\x02"
_DISPLAY_TEXT: Final = (der.IA5_STRING, der.VISIBLE_STRING, der.BMP_STRING, der.UTF8_STRING)

T = TypeVar("T")


class PolicyOutcome(StrEnum):
    OK = "ok"
    INVALID = "invalid policy extension"
    NO_POLICY = "no explicit policy"


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """``place`` is the certificate's place in the path, for an invalid extension."""

    outcome: PolicyOutcome
    place: int | None = None


def check(path: Sequence[Certificate]) -> PolicyResult:
    """Walk from below the anchor down to the leaf, which is ``path[0]``."""
    if len(path) <= 1:
        return PolicyResult(PolicyOutcome.OK)
    explicit = mapping = inhibit_any = len(path) + 1
    expected: set[bytes] = set()
    any_policy = True
    for place in range(len(path) - 2, -1, -1):
        certificate = path[place]
        self_issued = certificate.self_issued
        try:
            allowed = inhibit_any > 0 or (place > 0 and self_issued)
            expected, any_policy = _apply_policies(certificate, expected, any_policy, allowed)
            if explicit == 0 and not expected and not any_policy:
                return PolicyResult(PolicyOutcome.NO_POLICY)
            empty = not expected and not any_policy
            if place:
                expected = _apply_mappings(certificate, expected, any_policy, mapping > 0)
            if place == 0 or not self_issued:
                explicit, mapping, inhibit_any = (
                    max(0, each - 1) for each in (explicit, mapping, inhibit_any)
                )
            limits = _decode(certificate, ext.POLICY_CONSTRAINTS, _policy_constraints)
            if limits is not None:
                explicit = min((explicit, *limits[0]))
                mapping = min((mapping, *limits[1]))
            skip = _decode(certificate, ext.INHIBIT_ANY_POLICY, _skip)
            inhibit_any = inhibit_any if skip is None else min(inhibit_any, skip)
        except der.DerError:
            return PolicyResult(PolicyOutcome.INVALID, place)
    if explicit == 0 and empty:
        return PolicyResult(PolicyOutcome.NO_POLICY)
    return PolicyResult(PolicyOutcome.OK)


def _decode(certificate: Certificate, oid: bytes, decode: Callable[[bytes], T]) -> T | None:
    found = ext.only(certificate.extension_list, oid)
    return None if found is None else decode(found.value)


def _apply_policies(
    certificate: Certificate, expected: set[bytes], any_policy: bool, any_allowed: bool
) -> tuple[set[bytes], bool]:
    """RFC 5280 section 6.1.3 (d) and (e): keep what this certificate asserts."""
    policies = _decode(certificate, ext.CERTIFICATE_POLICIES, _policies)
    if policies is None:
        return set(), False
    if ANY_POLICY in policies and any_allowed:
        kept, stays_any = expected, any_policy
    else:
        kept, stays_any = expected & policies, False
    if any_policy:
        kept = kept | (policies - {ANY_POLICY})
    return kept, stays_any


def _apply_mappings(
    certificate: Certificate, level: set[bytes], any_policy: bool, allowed: bool
) -> set[bytes]:
    """RFC 5280 section 6.1.4 (a) and (b): the policies expected in the next certificate."""
    mappings = _decode(certificate, ext.POLICY_MAPPINGS, _mappings)
    if mappings is None:
        return level
    mapped = {issuer for issuer, _ in mappings}
    kept = level - mapped
    if not allowed:
        return kept
    return kept | {subject for issuer, subject in mappings if any_policy or issuer in level}


def _policies(value: bytes) -> frozenset[bytes]:
    reader = der.whole_sequence(value)
    found: list[bytes] = []
    while not reader.empty:
        inner = reader.enter(der.SEQUENCE)
        found.append(der.check_oid(inner.read(der.OID)))
        if inner.peek(der.SEQUENCE):
            _check_qualifiers(inner.enter(der.SEQUENCE))
        inner.done()
    if not found or len(set(found)) != len(found):
        raise der.DerError("empty or repeated policies")
    return frozenset(found)


def _check_qualifiers(reader: der.Reader) -> None:
    while not reader.empty:
        qualifier = reader.enter(der.SEQUENCE)
        oid = der.check_oid(qualifier.read(der.OID))
        if oid == _CPS:
            qualifier.read(der.IA5_STRING)
        elif oid == _USER_NOTICE:
            _check_notice(qualifier.enter(der.SEQUENCE))
        else:
            der.check_any(qualifier.any(), qualifier.data)
        qualifier.done()


def _check_notice(reader: der.Reader) -> None:
    if reader.peek(der.SEQUENCE):
        reference = reader.enter(der.SEQUENCE)
        _check_display_text(reference)
        numbers = reference.enter(der.SEQUENCE)
        while not numbers.empty:
            der.check_integer(numbers.read(der.INTEGER))
        reference.done()
    if not reader.empty:
        _check_display_text(reader)
    reader.done()


def _check_display_text(reader: der.Reader) -> None:
    tag, _, start, end = reader.any()
    if tag not in _DISPLAY_TEXT:
        raise der.DerError("not a display text")
    der.text(tag, reader.data[start:end])


def _mappings(value: bytes) -> tuple[tuple[bytes, bytes], ...]:
    reader = der.whole_sequence(value)
    found: list[tuple[bytes, bytes]] = []
    while not reader.empty:
        inner = reader.enter(der.SEQUENCE)
        pair = (der.check_oid(inner.read(der.OID)), der.check_oid(inner.read(der.OID)))
        inner.done()
        if ANY_POLICY in pair:
            raise der.DerError("anyPolicy is mapped")
        found.append(pair)
    if not found:
        raise der.DerError("no mappings")
    return tuple(found)


def _policy_constraints(value: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of requireExplicitPolicy and inhibitPolicyMapping, one or none of each."""
    reader = der.whole_sequence(value)
    explicit, mapping = reader.optional(0x80), reader.optional(0x81)
    reader.done()
    if explicit is None and mapping is None:
        raise der.DerError("empty policy constraints")
    return tuple(_not_negative(explicit)), tuple(_not_negative(mapping))


def _skip(value: bytes) -> int:
    reader = der.Reader(value)
    (number,) = _not_negative(reader.read(der.INTEGER))
    reader.done()
    return number


def _not_negative(content: bytes | None) -> list[int]:
    if content is None:
        return []
    number = der.integer(content)
    if number < 0:
        raise der.DerError("negative number of certificates")
    return [number]
