"""Causes around the name in the ClientHello: refused, unknown, or answered by a default."""

from collections.abc import Sequence
from typing import Any

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, contrast, evidence, outcome, variation_label
from cf525.causes.signs.server import SERVICE, default_of, platform_of
from cf525.causes.signs.table import kin_of, known_platforms
from cf525.causes.waves import UNKNOWN_NAME
from cf525.model import CertificateFacts, Confidence, Ending, Observation, Variable
from cf525.model.registry import AlertCode
from cf525.pki.facts import describe
from cf525.pki.names import matches

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def _with_other_name(case: Case) -> list[Observation]:
    """The first probe of every other name that was answered."""
    answered = {
        each.sni: each for each in reversed(list(case.varied(Variable.SNI))) if each.answered
    }
    return list(reversed(answered.values()))


@cause("sni-rejected-112", rank=20)
def sni_rejected_112(case: Case) -> Match | None:
    """Fatal alert unrecognized_name as the first answer."""
    alert = case.first_alert(AlertCode.UNRECOGNIZED_NAME)
    if alert is None:
        return None
    others = _with_other_name(case)
    proof = [
        evidence(
            f"SNI {case.route.sni} is answered with fatal alert 112 unrecognized_name, "
            "before any certificate",
            case.edge,
        )
    ]
    if others:
        proof.append(contrast(case, *others))
        return Match(confidence=HIGH, evidence=tuple(proof), facts=_known_names(case, others))
    refused = [each for each in case.varied(Variable.SNI, "") if not each.answered]
    if refused:
        proof.append(contrast(case, *refused))
    return Match(
        confidence=MEDIUM,
        reason="no name was found that is accepted: a server with no certificate at all (Go's) "
        "answers alike",
        evidence=tuple(proof),
        facts=_known_names(case, ()),
    )


def _known_names(case: Case, others: Sequence[Observation]) -> dict[str, object]:
    """The name to send instead: the one whose certificate suits this host best."""
    named = (each for each in others if each.sni)
    best = min(named, key=lambda each: _suits(case, each), default=None)
    return {"known_name": best.sni if best is not None else ""}


def _suits(case: Case, seen: Observation) -> int:
    """0 for the host's own name, then what is shown for a name that covers the host, for the
    zone's name and covers it, for any name that it covers, and for one that it does not cover."""
    host, zone = case.target.host, case.zone.name if case.zone is not None else ""
    shown = describe(seen.certificates[0], 0).dns_names if seen.certificates else ()
    covered = [
        name
        for name in (host, seen.sni or "")
        if any(matches(each.encode("utf-8", "replace"), name) for each in shown)
    ]
    if seen.sni == host:
        return 0
    if host in covered:
        return 1
    return 4 if seen.sni not in covered else 2 if seen.sni == zone else 3


@cause("sni-rejected-80", rank=20)
def sni_rejected_80(case: Case) -> Match | None:
    """Alert internal_error as the first answer: how Go servers say that no certificate fits."""
    alert = case.first_alert(AlertCode.INTERNAL_ERROR)
    if alert is None:
        return None
    first = evidence(
        f"SNI {case.route.sni} is answered with fatal alert 80 internal_error, "
        "before any certificate",
        case.edge,
    )
    if case.offers_answered:
        return None  # another offer for the same name is answered: the name is not what it minds
    others = _with_other_name(case)
    if others:
        return Match(
            confidence=HIGH,
            evidence=(first, contrast(case, *others)),
            facts=_known_names(case, others),
        )
    go_server = next((each for each in case.varied(Variable.PLAIN) if _go_refusal(each)), None)
    if go_server is not None:
        return Match(
            confidence=MEDIUM,
            reason="the server behaves as Go's TLS does, which answers so when it has or gets no "
            "certificate for the name; no name was found that it accepts",
            evidence=(first, contrast(case, go_server)),
            facts=_known_names(case, ()),
        )
    return Match(
        confidence=MEDIUM,
        reason="no name was found that the server accepts, and servers also send alert 80 when "
        "a certificate file cannot be read",
        evidence=(
            first,
            contrast(case, *case.varied(Variable.SNI), *case.varied(Variable.VERSION)),
        ),
        facts=_known_names(case, ()),
    )


def _go_refusal(observation: Observation) -> bool:
    """Go's net/http answers plain HTTP on a TLS port with HTTP/1.0 400 and no headers."""
    answer = observation.http
    return answer is not None and answer.status == 400 and not answer.headers


@cause("sni-rejected-other", rank=21)
def sni_rejected_other(case: Case) -> Match | None:
    """An alert that does not speak of names, yet only the name decides over it."""
    alert = case.first_alert()
    told = (AlertCode.INTERNAL_ERROR, AlertCode.UNRECOGNIZED_NAME)
    if alert is None or alert.description in told or not case.name_decides:
        return None
    others = _with_other_name(case)
    tried = [each for each in case.varied(Variable.PROFILE) if not each.answered]
    by_parameters = alert.description == AlertCode.HANDSHAKE_FAILURE
    return Match(
        confidence=HIGH if tried and not by_parameters else MEDIUM,
        reason=_left_open(by_parameters) if tried else "wider offers for this name were not tried",
        evidence=(contrast(case, *others, *tried),),
        facts=_known_names(case, others) | {"alert": f"{alert.description} {alert.name}"},
    )


def _left_open(by_parameters: bool) -> str:
    if by_parameters:
        return "a site of this name that takes none of what was offered would look the same"
    return "the wider offers that were tried for the same name are refused as well"


@cause("sni-reset", rank=22)
def sni_reset(case: Case) -> Match | None:
    """The connection is dropped for this name, and another name is answered."""
    if not (case.silent_close or case.silent) or not case.name_decides:
        return None
    others = _with_other_name(case)
    if _unknown_name_passes(case):
        return None
    named = any(each.sni for each in others)
    made_up = any(case.varied(Variable.SNI, UNKNOWN_NAME))
    known = "the name was the only thing changed"
    if named and not made_up:
        known += ", and a made-up one was not tried: a filter would look the same"
    return Match(
        confidence=HIGH if named and made_up else MEDIUM,
        reason=known
        if named
        else "only a hello without any name is answered; no name was found that is",
        evidence=(contrast(case, *others),),
        facts=_known_names(case, others),
    )


@cause("dpi-by-sni", rank=22)
def filtered_by_name(case: Case) -> Match | None:
    """The very name is dropped, and even a name that nobody serves is answered."""
    if not (case.silent_close or case.silent) or not case.name_decides:
        return None
    unknown = _unknown_name_passes(case)
    if unknown is None:
        return None
    return Match(
        confidence=MEDIUM,
        reason="a server that is told to drop this one name would look the same",
        evidence=(contrast(case, unknown, *_with_other_name(case)[:2]),),
    )


def _unknown_name_passes(case: Case) -> Observation | None:
    return case.answered(Variable.SNI, UNKNOWN_NAME)


@cause("sni-needs-cname-target", rank=17)
def needs_the_target(case: Case) -> Match | None:
    """A platform that knows its own name for the site and not the visitor's."""
    target = foreign_target(case)
    if target is None:
        return None
    probe = case.answered(Variable.SNI, target)
    if probe is None or case.edge is None:
        return None
    pool = _pool_of(case, target)
    worse = _worse(case, case.edge, probe)
    if not worse and not (pool and _is_the_targets(case, probe, target)):
        return None
    reason = "" if case.name_decides else "the platform's own name gets another certificate"
    return Match(
        confidence=HIGH if case.name_decides else MEDIUM,
        reason=reason if worse else "it shows one certificate, which covers its own name alone",
        evidence=(contrast(case, probe),),
        facts={"target": target, "pool": pool},
        **(_unless_validated(case) if case.edge.established else {}),
    )


def _is_the_targets(case: Case, probe: Observation, target: str) -> bool:
    """Whether a platform's certificate covers the target that it knows, and not the host."""
    refused = case.verdict is not None and case.verdict.has("hostname_mismatch")
    shown = describe(probe.certificates[0], 0).dns_names if probe.certificates else ()
    covers = any(matches(each.encode("utf-8", "replace"), target) for each in shown)
    return refused and covers and bool(platform_of(target))


def _pool_of(case: Case, target: str) -> str:
    """The pool whose endpoint has that name, if it comes from one."""
    endpoint = case.route.provenance.get("endpoint")
    return endpoint.reference if endpoint is not None and endpoint.detail == target else ""


def foreign_target(case: Case) -> str | None:
    """The target of the CNAME, or the name of a pool's endpoint, outside the visitor's domain."""
    own = _labels(case.target.host)[-2:]
    names = (name for name in case.own_names if name != case.route.sni)
    return next((name for name in names if _labels(name)[-2:] != own), None)


def _worse(case: Case, edge: Observation, probe: Observation) -> bool:
    if not edge.answered:
        return case.name_decides
    refused = case.verdict is not None and case.verdict.has("hostname_mismatch")
    return refused and bool(probe.certificates) and probe.certificates[:1] != edge.certificates[:1]


@cause("default-vhost-cert", rank=38, replaces=("hostname-mismatch",))
def default_vhost(case: Case) -> Match | None:
    """The handshake works with a certificate that belongs to no host of this name."""
    leaf = case.leaf
    if case.edge is None or leaf is None or case.verdict is None:
        return None
    if not case.verdict.has("hostname_mismatch"):
        return None
    software = default_of(case)
    nameless = next(iter(case.varied(Variable.SNI, "")), None)
    same = (
        nameless is not None
        and bool(nameless.certificates)
        and nameless.certificates[0] == case.edge.certificates[0]
    )
    if not software and (not same or leaf.is_ca or _related(case, leaf)):
        return None
    shown = ", ".join(leaf.dns_names[:4]) or leaf.common_name or "no name at all"
    proof = [evidence(f"SNI {case.route.sni} → a certificate for {shown}", case.edge)]
    if nameless is not None and same:
        label = variation_label(nameless.variation) if nameless.variation else "no SNI"
        proof.append(
            evidence(f"{label} → the very same certificate ({outcome(nameless)})", nameless)
        )
    known = known_platforms().get(software)
    if known is not None and known.device:
        proof.append(evidence(f"{software} is {_what_it_is(software)}, no site of this name"))
    return Match(
        confidence=HIGH if software else MEDIUM,
        reason=""
        if software
        else "a server with this one certificate for all its sites looks the same",
        evidence=tuple(proof),
        facts={"software": software, "served": shown},
        **_unless_validated(case),
    )


def _what_it_is(software: str) -> str:
    service = SERVICE in (software, *kin_of(software))
    return "a service of its own" if service else "a device with a page of its own"


def _related(case: Case, leaf: CertificateFacts) -> bool:
    """Whether a name of the certificate, however it is written, lies in the same domain as one
    that was asked for, or in one that differs from it in its top level alone: then it was made
    for this site, and made wrongly."""
    wanted = [_labels(each) for each in case.route.accepted_names]
    shown = [_labels(each) for each in (*leaf.dns_names, leaf.common_name)]
    return any(
        one[-2:] == other[-2:] or (len(one) > 2 and one[:-1] == other[:-1])
        for one in wanted
        for other in shown
    )


def _labels(name: str) -> list[str]:
    """The labels of a name, or of a URL that stands for one."""
    host = name.lower().rpartition("//")[2].partition("/")[0].partition(":")[0].rstrip(".")
    return host.split(".")


def _unless_validated(case: Case) -> dict[str, Any]:
    if case.validated:
        return {"status": "526"}
    return {"status": case.status.status, "contributing": True}


@cause("alpn-no-overlap", rank=30, replaces=("closes-mid-handshake",))
def alpn_no_overlap(case: Case) -> Match | None:
    """The server refuses the application protocols the edge offers.

    Alert 120 says so by itself. Other servers send another alert, or drop the connection, and
    answer the very same hello without ALPN.
    """
    edge = case.edge
    if edge is None or edge.established:
        return None
    alert = edge.fatal_alert
    without = case.answered(Variable.ALPN, "")
    named = alert is not None and alert.description == AlertCode.NO_APPLICATION_PROTOCOL
    if edge.answered and not named:
        return _cut_over_h2(case, edge)
    if not named and (without is None or not case.before_hello or case.name_decides):
        return None
    offered = ", ".join(case.route.alpn)
    met = f"alert {alert.description} {alert.name}" if alert is not None else outcome(edge)
    proof = [evidence(f"ALPN {offered} is answered with: {met}", edge)]
    if without is not None:
        proof.append(contrast(case, *(p for p in case.varied(Variable.ALPN, "") if p.answered)))
    older = _takes_http1_alone(case, edge)
    if older is not None:
        proof[0] = contrast(case, older)
    alone = named or all(_without_alpn(each) for each in case.offers_answered)
    if not alone:
        reason = "other changes of the offer are accepted as well"
    elif case.silent:
        reason = "a filter on the path that swallows such hellos would do the same"
    else:
        reason = ""
    return Match(
        confidence=MEDIUM if reason else HIGH,
        reason=reason,
        evidence=tuple(proof),
        facts={"older": "yes" if older is not None else ""},
    )


def _cut_over_h2(case: Case, edge: Observation) -> Match | None:
    """A server that agrees to h2, sees that it cannot speak it here (RFC 9113 section 9.2 wants
    TLS 1.2), and closes in the middle; with http/1.1 alone it goes through."""
    hello = edge.server_hello
    if edge.ending not in (Ending.EOF, Ending.RESET) or hello is None or case.inconsistent:
        return None
    through = [each for each in case.varied(Variable.ALPN) if each.established]
    labels = (variation_label(each.variation) for each in through if each.variation is not None)
    taken = " and ".join(dict.fromkeys(labels))
    said = (
        f"with {', '.join(case.route.alpn)} in the offer the connection is closed in the middle of "
        f"the handshake, each time; with {taken} the handshake is complete"
    )
    again = case.varied(Variable.REPEAT)
    if not through or not again or any(each.established for each in again):
        return None
    return Match(
        confidence=MEDIUM,
        reason="what the server closes for is not said; only what was offered differs",
        evidence=(evidence(said, edge, *through),),
        facts={"older": "yes" if case.varied(Variable.ALPN, "http/1.1") else ""},
    )


def _takes_http1_alone(case: Case, edge: Observation) -> Observation | None:
    """The probe that shows that http/1.1 alone is taken where the edge offers h2 beside it.

    OpenSSL refuses the protocols behind its ServerHello, which therefore proves nothing there.
    """
    if "h2" not in case.route.alpn:
        return None
    taken = (
        each
        for each in case.varied(Variable.ALPN, "http/1.1")
        if each.established or (each.answered and not edge.answered and each.fatal_alert is None)
    )
    return next(taken, None)


def _without_alpn(probe: Observation) -> bool:
    return probe.variation is not None and probe.variation.variable in (
        Variable.ALPN,
        Variable.PROFILE,
    )
