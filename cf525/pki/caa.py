"""May a CA issue for a name? CAA records read as RFC 8659 and RFC 8657 have a CA read them.

Pure: which records are in force is the resolver's part. The identifiers by which a CA finds
itself in a record are those of its own published practice statement.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from cf525.model import CaaRecord, CaaSet
from cf525.values import dataclass

CRITICAL: Final = 0x80
KNOWN_TAGS: Final = frozenset(
    {"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"}
)
"""Of the IANA registry of CAA properties; any other with the critical flag forbids issuance."""

ACME_CAS: Final[Mapping[str, tuple[str, ...]]] = {
    "let's encrypt": ("letsencrypt.org",),
    "google trust services": ("pki.goog",),
    "zerossl": ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com"),
    "sectigo": ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com"),
    "ssl.com": ("ssl.com",),
    "buypass": ("buypass.com", "buypass.no"),
    "actalis": ("actalis.it",),
    "digicert": ("digicert.com", "symantec.com", "thawte.com", "geotrust.com", "rapidssl.com"),
    "amazon": ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"),
}
"""CAs that ACME clients and platforms use: part of the issuer's name (lower case), and the
identifiers it goes by in CAA records."""


def identifiers(issuer: str) -> tuple[str, ...]:
    """The CAA identifiers of the CA of that name; empty for one that is not in the table."""
    name = issuer.lower()
    return next((found for part, found in ACME_CAS.items() if part in name), ())


@dataclass(frozen=True, slots=True)
class Issuers:
    """Who may issue. ``anyone`` where nothing restricts it; ``methods`` maps an identifier to
    the validation methods its record limits it to (RFC 8657), empty for any."""

    anyone: bool
    methods: Mapping[str, tuple[str, ...]]

    def admits(self, identifiers: tuple[str, ...], method: str) -> bool:
        """Whether a CA of these identifiers may issue after a challenge of this method."""
        if self.anyone:
            return True
        held = [self.methods[each] for each in identifiers if each in self.methods]
        return any(not limited or method in limited for limited in held)


def issuers(found: CaaSet, *, wildcard: bool = False) -> Issuers:
    """Who may issue for the name these records are in force for."""
    if any(each.flags & CRITICAL and each.tag.lower() not in KNOWN_TAGS for each in found.records):
        return Issuers(anyone=False, methods={})
    properties = _of("issuewild", found.records) if wildcard else []
    properties = properties or _of("issue", found.records)
    if not properties:
        return Issuers(anyone=True, methods={})
    return Issuers(anyone=False, methods=_admitted(properties))


def _of(tag: str, records: tuple[CaaRecord, ...]) -> list[str]:
    return [each.value for each in records if each.tag.lower() == tag]


def _admitted(values: list[str]) -> dict[str, tuple[str, ...]]:
    """The methods each identifier is limited to; one record without limits lifts them all."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values:
        domain, *parameters = (part.strip() for part in value.split(";"))
        domain = domain.lower().rstrip(".")
        methods = tuple(_methods(parameters))
        if domain:
            free = not methods or found.get(domain) == ()
            found[domain] = () if free else (*found.get(domain, ()), *methods)
    return found


def _methods(parameters: list[str]) -> Iterator[str]:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "validationmethods":
            yield from (each.strip().lower() for each in value.split(","))
