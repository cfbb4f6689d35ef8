"""Causes that only the edge's own answer shows: it fails where the direct test does not.

Each rests on the visit beside the probes of the same run. What a filter or a path does to
Cloudflare's addresses cannot be seen from here; that it must be something of the kind can.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import Need, cause
from cf525.causes.match import Match, evidence
from cf525.edge.codes import EXPLAINED
from cf525.edge.modes import mode_name, validates
from cf525.model import Confidence, Ending, Evidence, Maker, NotProbeable, VisitOutcome

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

VISIT_FINDINGS: Final = frozenset(
    {
        *("edge-certificate", "cf-ips-firewalled", "edge-validates", "unseen-from-here"),
        *("bad-http-answer", "slow-application", "tunnel-not-connected"),
        *("origin-name-at-the-edge", "origin-not-asked"),
    }
)
"""Findings that rest on the visit, and so are what the visitor meets."""

_TCP = (Ending.REFUSED, Ending.CONNECT_TIMEOUT, Ending.UNREACHABLE)


@cause("edge-certificate", rank=1, needs=(Need.VISIT,))
def edge_handshake(case: Case) -> Match | None:
    """The edge answers the visitor's ClientHello with a fatal alert."""
    visit = case.visit
    if visit is None or visit.outcome is not VisitOutcome.TLS_REFUSED:
        return None
    return Match(
        confidence=HIGH if "alert 40" in visit.detail else MEDIUM,
        evidence=(
            Evidence(
                text=f"TLS to the edge at {visit.address} for {case.target.host}: {visit.detail}",
                observations=_ids(case),
            ),
        ),
        status="edge-tls",
    )


@cause("cf-ips-firewalled", rank=7, needs=(Need.VISIT,))
def edge_only(case: Case) -> Match | None:
    """The edge reports the failure, and every address answers this machine without fault."""
    visit = case.visit
    if visit is None or not only_at_the_edge(case, "521", "522", "523", "525"):
        return None
    return Match(
        confidence=MEDIUM,
        reason="what the origin does to Cloudflare's addresses cannot be seen from here",
        evidence=(
            said(case),
            evidence(f"{case.where} answers this machine: {case.status.reason}", case.edge),
        ),
        status=visit.code,
    )


@cause("tunnel-not-connected", rank=3, needs=(), replaces=("tunnel", "tunnel-ingress"))
def tunnel_not_connected(case: Case) -> Match | None:
    """The edge says that no connector holds the tunnel, or the account does."""
    if case.route.not_probeable is NotProbeable.TUNNEL_DOWN:
        why = case.route.provenance["tunnel"]
        return Match(confidence=HIGH, evidence=(evidence(why.detail),), status="1033")
    if case.visit is None or case.visit.code != "1033":
        return None
    return edge_says(case, "")


@cause("origin-name-at-the-edge", rank=3, needs=(Need.VISIT,))
def name_at_the_edge(case: Case) -> Match | None:
    """The edge cannot or may not use the name or address that the record leads to."""
    visit = case.visit
    if visit is None or visit.code not in ("530", "1000", "1001", "1002", "1014", "1016", "1018"):
        return None
    return edge_says(case, "", answer=visit.code)


@cause("edge-validates", rank=8, needs=(Need.VISIT,))
def edge_validates(case: Case) -> Match | None:
    """The edge refuses the certificate although the mode that was read does not look at it."""
    visit = case.visit
    if visit is None or visit.code != "526" or case.status.status == "526":
        return None
    lax = validates(case.route.mode) is False
    automatic = case.zone is not None and case.zone.ssl_automatic == "auto"
    return Match(
        confidence=MEDIUM if lax else LOW,
        reason="" if automatic else "a Worker's subrequest is always validated, whatever the mode",
        evidence=(
            said(case),
            evidence(f"the mode that was read is {mode_name(case.route.mode)}", case.edge),
        ),
        facts={"automatic": "yes" if automatic else "", "lax": "yes" if lax else ""},
        status="526",
    )


@cause("unseen-from-here", rank=8, needs=(Need.VISIT,))
def unseen(case: Case) -> Match | None:
    """The edge gets further than this machine, which is not admitted at all."""
    visit = case.visit
    if visit is None or visit.code not in ("520", "525", "526"):
        return None
    if case.edge is None or case.edge.ending not in _TCP:
        return None
    return Match(
        confidence=HIGH,
        evidence=(
            said(case),
            evidence(f"TCP from here to {case.where}: {case.edge.ending}", case.edge),
        ),
        facts={"answer": visit.code},
        status=visit.code,
    )


@cause("only-cloudflare-admitted", rank=9, needs=(Need.VISIT,))
def allow_listed(case: Case) -> Match | None:
    """The origin serves the edge and is silent to this machine."""
    visit = case.visit
    if visit is None or not visit.reached_origin:
        return None
    probes = [each.edge for each in (case, *case.siblings) if each.edge is not None]
    if case.edge is None or not all(each.ending in _TCP for each in probes):
        return None
    return Match(
        confidence=MEDIUM,
        reason="the edge may have used another address than those known here",
        evidence=(
            said(case),
            evidence(f"TCP from here to {case.where}: {case.edge.ending}", *probes),
        ),
        status="ok",
        contributing=True,
    )


@cause("origin-not-asked", rank=9, needs=(Need.VISIT,), fallback=True)
def not_asked(case: Case) -> Match | None:
    """The edge reports a failure, and nobody said where the origin is."""
    visit = case.visit
    unnamed = case.route.address is None and case.route.not_probeable is None
    if visit is None or not unnamed or not visit.fails:
        return None
    return edge_says(case, "", answer=visit.code, meaning=EXPLAINED.get(visit.code, ""))


def only_at_the_edge(case: Case, *codes: str) -> bool:
    """Whether the edge reports one of these while every route works from here."""
    return (
        case.visit is not None
        and case.visit.code in codes
        and case.status.status == "ok"
        and not any(each.status.fails for each in case.siblings)
    )


def edge_says(case: Case, reason: str, **facts: object) -> Match:
    """The edge's own word for its own trouble, as sure as it is that the edge said it."""
    assert case.visit is not None
    certain = case.visit.maker == "cloudflare" and not reason
    return Match(
        confidence=HIGH if certain else MEDIUM,
        reason=reason or ("" if certain else "another proxy may have sent this status"),
        evidence=(said(case),),
        facts=facts,
        status=case.visit.code,
    )


def confirmed(case: Case, status: str) -> tuple[Evidence, ...]:
    """The proof that the edge itself meets what this machine met; empty where it did not say so."""
    visit = case.visit
    if visit is None or visit.code != status or visit.maker is not Maker.CLOUDFLARE:
        return ()
    return (said(case),)


def said(case: Case) -> Evidence:
    """What the edge answered, as a proof."""
    visit = case.visit
    assert visit is not None
    ray = f", ray {visit.ray}" if visit.ray else ""
    place = f" at {visit.colo}" if visit.colo else ""
    return Evidence(
        text=f"{visit.at:%H:%M:%SZ} through the edge{place}: HTTP {visit.status}{ray}",
        observations=_ids(case),
    )


def _ids(case: Case) -> tuple[str, ...]:
    seen = case.visit.observation if case.visit is not None else None
    return (seen,) if seen is not None else ()
