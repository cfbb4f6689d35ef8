"""Why a certificate is old, missing or a stand-in: renewals that the proxy keeps from happening.

These stand behind another finding (the expired or wrong certificate) and say what keeps it so.
What cannot be seen on the wire, such as an ACME account's log, is left to the pages.
"""

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.match import Match, evidence
from cf525.causes.signs.challenge import Passage, passage
from cf525.causes.signs.renewing import (
    by_tls_alpn,
    in_question,
    platform_fails,
    renews_by_itself,
    stands_in,
)
from cf525.causes.signs.server import default_of
from cf525.model import (
    CertificateFacts,
    Confidence,
    Evidence,
    LoggedCertificate,
    Observation,
    Variable,
)
from cf525.pki import caa, transparency

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


@cause("paas-cannot-renew-proxied", rank=39, needs=(Need.CHAIN,))
def platform_cannot_renew(case: Case) -> Match | None:
    """A platform that gets certificates by itself, and shows an old one or its own."""
    guess = platform_fails(case)
    if guess is None or case.verdict is None:
        return None
    old = case.verdict.has("expired")
    state = "an expired certificate" if old else "a certificate that is not this name's"
    return Match(
        confidence=MEDIUM,
        reason="that the renewal fails because of the proxy is read in the platform's own log"
        if old
        else "a name that was never added to the platform looks the same",
        evidence=(
            evidence(f"the origin is {guess.platform} ({guess.ground}) and shows {state}"),
            evidence(_validity(case.leaf), case.edge),
            *_looked_up(case),
        ),
        facts={"platform": guess.platform, "expired": old},
        status="526" if case.validated else case.status.status,
        contributing=not case.validated,
    )


def _validity(leaf: CertificateFacts | None) -> str:
    if leaf is None or leaf.not_before is None or leaf.not_after is None:
        return "the certificate's dates could not be read"
    return (
        f"{leaf.common_name or ', '.join(leaf.dns_names[:2])}: valid {leaf.not_before:%Y-%m-%d} "
        f"to {leaf.not_after:%Y-%m-%d}"
    )


@cause("cert-renewed-not-reloaded", rank=39, needs=(Need.CHAIN,))
def renewed_elsewhere(case: Case) -> Match | None:
    """Expired here, and its successor is served at another address or stands in the logs."""
    leaf = case.leaf
    if leaf is None or case.verdict is None or not case.verdict.has("expired"):
        return None
    return _served_elsewhere(case, leaf) or _logged(case, leaf)


def _served_elsewhere(case: Case, leaf: CertificateFacts) -> Match | None:
    for sibling in case.siblings:
        newer = sibling.leaf
        if newer is None or newer.not_after is None or leaf.not_after is None:
            continue
        if set(newer.dns_names) & set(leaf.dns_names) and newer.not_after > leaf.not_after:
            here = f"{case.where}: serial {leaf.serial}, {_validity(leaf)}"
            there = f"{sibling.where}: serial {newer.serial}, {_validity(newer)}"
            return _not_reloaded(
                case,
                (evidence(here, case.edge), evidence(there, sibling.edge)),
                newer=f"{sibling.where} already",
            )
    return None


def _logged(case: Case, leaf: CertificateFacts) -> Match | None:
    """A successor of the very same names, in the logs and not here.

    Cloudflare's own certificate for the edge is logged too, for the zone's name and its wildcard:
    for those names nothing can be told.
    """
    names = tuple(sorted(name.lower() for name in leaf.dns_names))
    newer = next((each for each in _successors(case, leaf) if each.names == names), None)
    if newer is None or _like_the_edges(names):
        return None
    here = f"{case.where}: serial {leaf.serial}, {_validity(leaf)}"
    there = (
        f"transparency logs: serial {newer.serial or 'not told'}, for the same names, valid "
        f"{newer.not_before:%Y-%m-%d} to {newer.not_after:%Y-%m-%d}, issued by {newer.issuer}"
    )
    return _not_reloaded(
        case, (evidence(here, case.edge), evidence(there)), newer="the CA's logs hold"
    )


def _not_reloaded(case: Case, proofs: tuple[Evidence, ...], *, newer: str) -> Match:
    return Match(
        confidence=MEDIUM,
        reason="the new file may be missing here, or present and not loaded",
        evidence=proofs,
        facts={"newer": newer},
        status="526" if case.validated else case.status.status,
        contributing=not case.validated,
    )


def _successors(case: Case, leaf: CertificateFacts) -> tuple[LoggedCertificate, ...]:
    if case.renewal is None or leaf.not_before is None or case.verdict is None:
        return ()
    return transparency.successors(
        case.renewal.logged or (),
        case.target.host,
        after=leaf.not_before,
        at=case.verdict.at,
    )


def _like_the_edges(names: tuple[str, ...]) -> bool:
    """Whether Cloudflare issues its own certificates for such names: one, and its wildcard."""
    return len(names) == 2 and f"*.{names[1]}" == names[0]


@cause("http-01-through-proxy", rank=72, needs=(Need.CHAIN,))
def was_to_renew_by_itself(case: Case) -> Match | None:
    """An expired certificate of a CA whose certificates renew by themselves."""
    leaf = case.leaf
    if leaf is None or not renews_by_itself(case) or platform_fails(case) is not None:
        return None
    wildcard = any(name.startswith("*.") for name in leaf.dns_names)
    way = None if wildcard else _way(case)
    shut = way is not None and way.open is False
    issued = f"issued by {leaf.issuer}, which ACME clients renew by themselves"
    return Match(
        confidence=MEDIUM if shut else LOW,
        reason="that the way was shut when the renewal was due is in the ACME client's log alone"
        if shut
        else "why a renewal did not happen is in the ACME client's log alone",
        evidence=(*(() if wildcard else _looked_up(case)), evidence(issued, case.edge)),
        facts={
            "issuer": leaf.issuer,
            "wildcard": wildcard,
            "shut": way.end if way is not None and shut else "",
        },
        status=case.status.status,
        contributing=True,
    )


@cause("acme-blocked-by-edge", rank=71, replaces=("http-01-through-proxy",), needs=(Need.CHAIN,))
def blocked_by_the_edge(case: Case) -> Match | None:
    """The edge itself answers a challenge: it says so by cf-mitigated or an error of its own.

    A wildcard renews by DNS alone, and no rule of the zone stands in its way.
    """
    leaf, way = case.leaf, _way(case)
    if leaf is None or way is None or not way.by_edge or not in_question(case):
        return None
    if any(name.startswith("*.") for name in leaf.dns_names):
        return None
    return Match(
        confidence=MEDIUM,
        reason="a rule may treat the CA's addresses otherwise than this one; the zone's Security "
        "Events tell",
        evidence=tuple(_looked_up(case)),
        facts={"blocked": way.end},
        status=case.status.status,
        contributing=True,
    )


@cause("tls-alpn-01-through-proxy", rank=73, needs=(Need.CHAIN,))
def renews_by_tls_alpn(case: Case) -> Match | None:
    """An expired certificate of an ACME CA, at a server that may renew by TLS-ALPN-01."""
    leaf = case.leaf
    if leaf is None or not renews_by_itself(case):
        return None
    if any(name.startswith("*.") for name in leaf.dns_names):
        return None
    server = by_tls_alpn(case)
    if not server:
        return None
    return Match(
        confidence=LOW,
        reason="which challenge it uses stands in its own configuration and log alone",
        evidence=(
            evidence(f"{server} renews by TLS-ALPN-01 too, and shows a lapsed certificate of "
                     f"{leaf.issuer}", case.edge),
        ),
        facts={"server": server},
        status=case.status.status,
        contributing=True,
    )  # fmt: skip


@cause("acme-caa", rank=71, needs=(Need.CHAIN,))
def kept_by_caa(case: Case) -> Match | None:
    """The CAA records in force do not let the certificate's CA issue it again."""
    leaf = case.leaf
    found = case.renewal.caa if case.renewal is not None else None
    if leaf is None or found is None or not renews_by_itself(case):
        return None
    known = caa.identifiers(leaf.issuer)
    if found.reason == "servfail":
        text = f"the CAA look-up of {found.owner} fails (SERVFAIL): a CA does not issue then"
        return _caa_match(case, LOW, text, known, found.owner)
    wildcard = any(name.startswith("*.") for name in leaf.dns_names)
    issuers = caa.issuers(found, wildcard=wildcard)
    method = "dns-01" if wildcard else "http-01"
    if issuers.admits(known, method):
        return None
    listed = ", ".join(f'{each.tag} "{each.value}"' for each in found.records[:6])
    text = f"CAA at {found.owner}: {listed}; none admits {known[0]}"
    if issuers.admits(known, "dns-01"):
        text += f" by {method}"
    return _caa_match(case, MEDIUM, text, known, found.owner)


def _caa_match(
    case: Case, confidence: Confidence, text: str, known: tuple[str, ...], owner: str
) -> Match:
    return Match(
        confidence=confidence,
        reason="that the renewal failed for this reason is in the ACME client's log alone",
        evidence=(evidence(text),),
        facts={"issuer": known[0], "owner": owner},
        status=case.status.status,
        contributing=True,
    )


@cause("cert-manager-temporary-cert", rank=39, replaces=("untrusted-issuer",), needs=(Need.CHAIN,))
def order_not_finished(case: Case) -> Match | None:
    """A stand-in certificate of software that gets its real one by ACME."""
    leaf = case.leaf
    if leaf is None or not stands_in(case):
        return None
    software = default_of(case)
    # Only cert-manager puts the host's own name into its stand-in.
    meant = "cert-manager" in leaf.issuer.lower() and (
        case.verdict is not None and not case.verdict.has("hostname_mismatch")
    )
    shown = leaf.issuer if meant else leaf.common_name
    return Match(
        confidence=MEDIUM if meant else LOW,
        reason="the name of an issuer is anybody's to choose"
        if meant
        else "a host the server was never told of gets the same certificate",
        evidence=(
            evidence(f"{shown} is what {software} shows meanwhile", case.edge),
            *_looked_up(case),
        ),
        facts={"software": software},
        status="526" if meant and case.validated else case.status.status,
        contributing=not (meant and case.validated),
    )


def _way(case: Case) -> Passage | None:
    return passage(case.renewal.challenge) if case.renewal is not None else None


def _looked_up(case: Case) -> list[Evidence]:
    """The challenge's way, directly and through the edge, and what the logs know."""
    proofs = [
        evidence(f"a made-up HTTP-01 challenge asked {_met(probe)}", probe)
        for probe in case.varied(Variable.CHALLENGE)
    ]
    way = _way(case)
    if way is not None:
        proofs.append(evidence(f"a made-up HTTP-01 challenge asked {way.text}"))
    leaf = case.leaf
    given = case.renewal is not None and case.renewal.logged is not None
    if given and leaf is not None and not _successors(case, leaf):
        text = "the transparency logs' data holds no newer certificate that covers this name"
        proofs.append(evidence(text))
    return proofs


def _met(probe: Observation) -> str:
    """What the challenge met at the origin itself; 404 is how a path that works looks."""
    answer = probe.http
    if answer is None or answer.status is None:
        return f"at the origin's port {probe.port} gets no HTTP answer ({probe.ending})"
    target = answer.header("location")
    where = f" to {target}" if target else ""
    return f"at the origin's port {probe.port} gets HTTP {answer.status}{where}"
