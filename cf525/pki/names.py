"""Does a certificate cover a host name? Matched as the edge's library matches, and explained.

The rules are BoringSSL's X509_check_host (crypto/x509/v3_utl.cc) and the two additions of
Cloudflare's connector in pingora: any of several names will do, and an underscore in the first
label may stand for a hyphen. There is no public-suffix list and no trailing dot here.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Final

import idna

from cf525.patterns import lazy_pattern
from cf525.pki import dn
from cf525.pki.certificate import Certificate
from cf525.pki.der import DerError
from cf525.values import dataclass

_LABEL: Final = rb"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_WILDCARD: Final = lazy_pattern(rb"\*(?:\.(?:%b)){2,}" % _LABEL)
_MATCHED: Final = lazy_pattern(rb"[A-Za-z0-9-]+|\*")
_HOST_LIKE: Final = lazy_pattern(
    rb"(?:\*\.)?[A-Za-z0-9_:][A-Za-z0-9_:-]*(?:\.[A-Za-z0-9_:][A-Za-z0-9_:-]*)*\.?"
)


def normalise(name: str) -> str:
    """A host as it goes into SNI: A-labels, lower case, without the final dot.

    What IDNA refuses (underscores, IP literals) is kept, in lower case.
    """
    host = name.strip().removesuffix(".")
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return host.lower()


def normalised(names: Sequence[str]) -> tuple[str, ...]:
    """Each of ``names`` as it is compared, once; empty ones are left out."""
    return tuple(dict.fromkeys(filter(None, map(normalise, names))))


def matches(pattern: bytes, host: str) -> bool:
    """Whether a dNSName covers ``host``."""
    subject = host.encode("utf-8", "replace")
    if not pattern:
        return False
    is_wildcard = not (len(subject) > 1 and subject.startswith(b"."))
    if is_wildcard and _WILDCARD.fullmatch(pattern):
        return _wildcard_matches(pattern[1:].lower(), subject.lower())
    return b"\0" not in pattern and pattern.lower() == subject.lower()


def _wildcard_matches(suffix: bytes, subject: bytes) -> bool:
    matched = subject[: len(subject) - len(suffix)]
    return (
        len(subject) > len(suffix)
        and subject.endswith(suffix)
        and _MATCHED.fullmatch(matched) is not None
    )


def looks_like_host(common_name: bytes) -> bool:
    """BoringSSL's test for whether a common name is a host and no decoration."""
    return _HOST_LIKE.fullmatch(common_name) is not None


def common_names(certificate: Certificate) -> Iterator[bytes]:
    for attribute in certificate.subject.values(dn.COMMON_NAME):
        try:
            yield attribute.text.encode("utf-8", "surrogatepass")
        except DerError:  # pragma: no cover - names are checked when they are parsed
            continue


def variants(names: Sequence[str]) -> tuple[str, ...]:
    """The names the edge tries: those asked for, and the first one with ``_`` read as ``-``.

    The latter only where a wildcard could match, with two labels or more behind the first
    (pingora, ``connectors/tls``).
    """
    found = normalised(names)
    if found:
        first, *rest = found[0].split(".")
        if "_" in first and len(rest) >= 2:
            return (*found, ".".join((first.replace("_", "-"), *rest)))
    return found


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Which of the names fitted, and which entry of the certificate covers it."""

    name: str
    entry: str
    by_common_name: bool


def find(certificate: Certificate, names: Sequence[str]) -> NameMatch | None:
    """The first of ``names`` (or its underscore variant) that the certificate covers."""
    extensions = certificate.extensions
    alone = extensions.alt_names is None and "subjectAltName" not in extensions.problems
    for name in variants(names):
        for pattern in extensions.dns_names:
            if matches(pattern, name):
                return NameMatch(name, pattern.decode("utf-8", "replace"), False)
        for common_name in common_names(certificate) if alone else ():
            if looks_like_host(common_name) and matches(common_name, name):
                return NameMatch(name, common_name.decode("utf-8", "replace"), True)
    return None


def explain(certificate: Certificate, names: Sequence[str]) -> str:
    """Why none of ``names`` is covered, in one or two sentences."""
    wanted = [normalise(name) for name in names]
    covered = [each.decode("utf-8", "replace") for each in certificate.extensions.dns_names]
    asked = " nor ".join(wanted)
    if not covered:
        return f"The certificate does not cover {asked}: " + _without_dns_names(certificate, wanted)
    shown = ", ".join(covered[:4]) + (f" and {len(covered) - 4} more" if len(covered) > 4 else "")
    why = next((text for host in wanted for text in _reasons(certificate, covered, host)), "")
    return f"The certificate covers {shown}, not {asked}." + (f" {why}" if why else "")


def _without_dns_names(certificate: Certificate, wanted: Sequence[str]) -> str:
    first = next(common_names(certificate), b"").decode("utf-8", "replace")
    if certificate.extensions.alt_names is None:
        return f"it has no subjectAltName, and its common name is {first!r}."
    if any(matches(each, host) for each in common_names(certificate) for host in wanted):
        return (
            f"its common name {first!r} would fit, but the common name counts only when there is "
            "no subjectAltName extension at all, and here is one without a DNS name."
        )
    return "its subjectAltName holds no DNS name (addresses and others do not count)."


def _reasons(certificate: Certificate, covered: Sequence[str], host: str) -> Iterator[str]:
    for entry in covered:
        reason = _near_miss(entry, host)
        if reason:
            yield reason
    for common_name in common_names(certificate):
        if matches(common_name, host):
            yield (
                f"Its common name is {host}, but the common name is ignored when there is a "
                "subjectAltName."
            )
    close = difflib.get_close_matches(host, covered[:200], n=1, cutoff=0.8)
    if close:
        yield f"The nearest name it covers is {close[0]}."


def _near_miss(entry: str, host: str) -> str:
    """Why an entry that nearly fits does not, empty if it is not near."""
    low = entry.lower()
    if low.endswith(".") and low[:-1] == host:
        return f"The entry {entry} ends in a dot, and a name with a trailing dot never matches."
    if low == f"www.{host}":
        return f"It covers www.{host} but not the bare domain."
    if host == f"www.{low}":
        return f"It covers {entry} but not www.{entry}."
    if not low.startswith("*."):
        return ""
    base = low[2:]
    if host == base:
        return f"A wildcard {entry} does not cover {host} itself: it stands for exactly one label."
    if base.count(".") == 0 and host.endswith("." + base):
        return f"A wildcard needs two labels behind the star: {entry} matches nothing."
    if host.endswith("." + base):
        if "." in host[: -len(base) - 1]:
            return f"A wildcard stands for exactly one label: {entry} does not reach {host}."
        return f"Only letters, digits and hyphens of {host} could stand for the star of {entry}."
    return ""


_SHARED_OUT: Final = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "ne", "net", "nom", "or", "org", "sch")
)
"""Second labels under which the registries of countries share out names, as far as they are told
by themselves [observed]: the list of all of them (publicsuffix.org) is not kept here."""


def of_a_registry(base: str) -> bool:
    """Whether everybody's domains stand right under it, as under com and co.uk, so that no CA
    issues a wildcard there."""
    first, _, country = base.lower().rpartition(".")
    return not first or (len(country) == 2 and first in _SHARED_OUT)
