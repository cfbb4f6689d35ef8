"""A certificate of the site's own that exists and is not the one shown.

Uploading a certificate, choosing it for a site and loading it are three steps. That it exists is
known from the transparency logs where they were given; else the server that shows another one
points to it, and then no more is claimed than that.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.match import Match, evidence
from cf525.causes.signs.renewing import renews_by_itself
from cf525.causes.signs.server import default_of, guesses
from cf525.causes.signs.table import kin_of, known_platforms
from cf525.model import CertificateFacts, Confidence, LoggedCertificate
from cf525.pki import transparency

_AT_THE_EDGE: Final = ("Google Trust Services", "Let's Encrypt", "SSL Corp", "Sectigo")
"""CAs of Cloudflare's own certificates (developers.cloudflare.com/ssl/reference/certificate-
authorities, documented): one of them in the logs may be the edge's."""
_OWN_ENTRY: Final = "Traefik"
"""Goes on with its own entry at the CA as long as a router names a resolver (its documentation)."""


@cause("own-certificate-not-served", rank=73, needs=(Need.CHAIN,))
def not_served(case: Case) -> Match | None:
    """The certificate shown is refused, and another one is in the logs or to be expected."""
    leaf = case.leaf
    if leaf is None or case.verdict is None or case.verdict.accepted is not False:
        return None
    return _logged(case, leaf) or _behind_an_own_entry(case, leaf) or _not_chosen(case, leaf)


def _logged(case: Case, leaf: CertificateFacts) -> Match | None:
    """One for this name is in force by the logs, while a certificate of no CA is shown, or one
    of other names. Of a lapsed one its own successor is told elsewhere."""
    assert case.verdict is not None
    if not case.verdict.has("hostname_mismatch", "self_signed"):
        return None
    found = next((each for each in _in_force(case) if not _like_the_edges(each.names)), None)
    if found is None:
        return None
    said = (
        f"valid {found.not_before:%Y-%m-%d} to {found.not_after:%Y-%m-%d}, issued by {found.issuer}"
    )
    edges = any(each in found.issuer for each in _AT_THE_EDGE)
    return _match(
        case,
        leaf,
        confidence=Confidence.LOW if edges else Confidence.MEDIUM,
        reason="Cloudflare has certificates for its edge from the same CA"
        if edges
        else "where it was installed the logs do not tell",
        text=f"transparency logs: one for {', '.join(found.names[:4])}, {said}",
        facts={"logged": said},
    )


def _in_force(case: Case) -> tuple[LoggedCertificate, ...]:
    assert case.verdict is not None
    logged = case.renewal.logged if case.renewal is not None else None
    return transparency.in_force(logged or (), case.target.host, at=case.verdict.at)


def _like_the_edges(names: tuple[str, ...]) -> bool:
    """Whether Cloudflare issues its own certificates for such names: one, and its wildcard."""
    return len(names) == 2 and min(names) == f"*.{max(names)}"


def _behind_an_own_entry(case: Case, leaf: CertificateFacts) -> Match | None:
    """A lapsed certificate of an ACME CA, shown by a server that prefers the entry it has."""
    if not renews_by_itself(case):
        return None
    likely = (each.platform for each in guesses(case))
    server = next((each for each in likely if _OWN_ENTRY in (each, *kin_of(each))), "")
    if not server:
        return None
    return _match(
        case,
        leaf,
        confidence=Confidence.LOW,
        reason="whether a certificate was installed beside it cannot be seen from outside",
        text=f"a lapsed certificate of {leaf.issuer}, which {server} keeps in its own store",
        facts={"server": server, "hidden": "yes"},
    )


def _not_chosen(case: Case, leaf: CertificateFacts) -> Match | None:
    """What a panel shows for a site that has no certificate chosen."""
    server = default_of(case)
    known = known_platforms().get(server)
    if known is None or not known.chosen:
        return None
    return _match(
        case,
        leaf,
        confidence=Confidence.LOW,
        reason="whether a certificate was installed cannot be seen from outside",
        text=f"{server} shows this one for a site that has none chosen, whatever was uploaded",
        facts={"server": server},
    )


def _match(
    case: Case,
    leaf: CertificateFacts,
    *,
    confidence: Confidence,
    reason: str,
    text: str,
    facts: dict[str, object],
) -> Match:
    shown = leaf.common_name or ", ".join(leaf.dns_names[:2]) or "a certificate without a name"
    return Match(
        confidence=confidence,
        reason=reason,
        evidence=(evidence(f"{case.where} shows {shown}", case.edge), evidence(text)),
        facts={"served": shown, **facts},
        status=case.status.status,
        contributing=True,
    )
