"""Causes in the negotiation: version, cipher suite, group, and rules that a server breaks.

An alert's number alone explains nothing here: alert 40 has six causes and more. What decides is
which wider offer the same server accepts, because that names what the edge's offer lacks.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, contrast, evidence, outcome
from cf525.causes.settings import offered_groups
from cf525.causes.signs import enumeration, inferred
from cf525.causes.signs.enumeration import GROUPS
from cf525.causes.signs.offers import alert_of, certainty, name_decides, not_alone, refused, wider
from cf525.edge.profile import INFERRED_EXTENSIONS, SUITES, cloudflare
from cf525.model import Confidence, Ending, Observation, Variable
from cf525.model.registry import (
    SSL3,
    X25519MLKEM768,
    AlertCode,
    extension_name,
    group_name,
    suite_name,
    version_name,
)

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW

_EDGE_SUITES: Final = {fact.code for fact in SUITES}


@cause("version-too-old", rank=18)
def version_too_old(case: Case) -> Match | None:
    """The server speaks SSLv3 and nothing newer, whatever version it is offered."""
    if not case.before_hello:
        return None
    versions = {
        probe: probe.server_hello.version for probe in case.probes if probe.server_hello is not None
    }
    if not versions or any(version != SSL3 for version in versions.values()):
        return None
    return Match(
        confidence=HIGH,
        evidence=(contrast(case, *versions),),
        facts={"version": version_name(SSL3)},
    )


@cause("version-mismatch", rank=19)
def version_mismatch(case: Case) -> Match | None:
    """An offer of TLS 1.0 to 1.3 in which the server finds no version it may use.

    Alert protocol_version says so. So does internal_error, when the very same server refuses
    TLS 1.3 as a version, TLS 1.1 with internal_error again, and TLS 1.2's own suites for want
    of a common one: OpenSSL then has TLS 1.1 enabled and its security level forbids it.
    """
    alert = case.first_alert(AlertCode.PROTOCOL_VERSION, AlertCode.INTERNAL_ERROR)
    if alert is None or name_decides(case) or version_too_old(case) is not None:
        return None
    if alert.description == AlertCode.INTERNAL_ERROR and not _forbidden_by_security_level(case):
        return None
    accepted = [each for each in case.varied(Variable.VERSION) if each.answered]
    proof = evidence(
        f"TLS 1.0 to 1.3 are offered and answered with fatal alert {alert.description} "
        f"{alert.name}",
        case.edge,
    )
    if accepted:
        return Match(
            confidence=HIGH,
            reason="the server cannot negotiate downwards: one version alone it accepts",
            evidence=(proof, contrast(case, *accepted)),
            facts={"accepts": ", ".join(outcome(each) for each in accepted)},
        )
    return Match(
        confidence=HIGH if alert.description == AlertCode.INTERNAL_ERROR else MEDIUM,
        reason="no version was found that the server accepts",
        evidence=(
            proof,
            contrast(case, *case.varied(Variable.VERSION), *case.varied(Variable.PROFILE)),
        ),
        facts={"accepts": ""},
    )


def _forbidden_by_security_level(case: Case) -> bool:
    answers = (
        alert_of(case, Variable.VERSION, "TLS 1.3"),
        alert_of(case, Variable.VERSION, "TLS 1.1"),
        alert_of(case, Variable.SUITES, "aead"),
    )
    return answers == (70, 80, 40)


@cause("no-common-cipher", rank=28)
def no_common_cipher(case: Case) -> Match | None:
    """The server accepts suites, and none of them is one the edge offers."""
    if not refused(case) or name_decides(case):
        return None
    for probe, hello in wider(case, Variable.SUITES):
        if hello.version > SSL3 and hello.suite not in _EDGE_SUITES:
            others = _other_names_served(case)
            return Match(
                confidence=MEDIUM if others else certainty(probe),
                reason=_A_LIST_OF_ITS_OWN if others else not_alone(probe),
                evidence=(contrast(case, probe), *([contrast(case, *others)] if others else [])),
                facts={
                    "other": others[0].sni or "a hello without a name" if others else "",
                    "accepts": suite_name(hello.suite),
                    "version": version_name(hello.version),
                },
            )
    return None


_A_LIST_OF_ITS_OWN: Final = (
    "other names are answered with what the edge offers: the site of this name has a list of its "
    "own, as far as it was asked"
)


def _other_names_served(case: Case) -> list[Observation]:
    """What shakes hands for other names with the very offer that is refused for this one."""
    return [each for each in case.varied(Variable.SNI) if each.answered]


@cause("compliance-modes", rank=27, replaces=("no-common-group", "hello-intolerance"))
def compliance_modes(case: Case) -> Match | None:
    """The zone's compliance modes leave out the very groups that the server takes."""
    modes = case.route.compliance
    if not modes or not refused(case) or name_decides(case):
        return None
    offered = offered_groups(case)
    usual = cloudflare(case.route.post_quantum, case.route.alpn).groups
    for probe, hello in wider(case, GROUPS):
        if hello.group not in usual or hello.group in offered or hello.suite not in _EDGE_SUITES:
            continue
        lacked = X25519MLKEM768 in offered
        return Match(
            confidence=MEDIUM,
            reason="the exact list of what the edge offers then is not public",
            evidence=(contrast(case, probe), *enumeration.proof(case, hello.version, GROUPS)),
            facts={
                "modes": ", ".join(modes),
                "taken": enumeration.taken(case, hello.version, GROUPS).text,
                "offered": ", ".join(group_name(code) for code in offered),
                "hybrid": "yes" if lacked else "",
            },
        )
    return None


@cause("no-common-group", rank=28)
def no_common_group(case: Case) -> Match | None:
    """The suite is shared, the key agreement group is not."""
    if not refused(case) or name_decides(case):
        return None
    offered = offered_groups(case)
    for probe, hello in wider(case, GROUPS):
        if hello.group in (None, X25519MLKEM768, *offered):
            continue
        if hello.suite not in _EDGE_SUITES:
            continue  # the suite is what was lacking; the group may be a preference
        return Match(
            confidence=certainty(probe),
            reason=not_alone(probe),
            evidence=(contrast(case, probe), *enumeration.proof(case, hello.version, GROUPS)),
            facts={
                "group": enumeration.taken(case, hello.version, GROUPS).text,
                "version": version_name(hello.version),
                "offered": ", ".join(group_name(code) for code in offered),
            },
        )
    return None


@cause("pq-only", rank=27)
def post_quantum_only(case: Case) -> Match | None:
    """The server accepts hybrid key agreement only, and the zone does not offer it."""
    if not refused(case) or case.route.post_quantum != "off":
        return None
    probe = case.answered(Variable.POST_QUANTUM, "supported")
    if probe is None or probe.server_hello is None or probe.server_hello.group != X25519MLKEM768:
        return None
    return Match(confidence=HIGH, evidence=(contrast(case, probe),))


@cause("tls-rule-broken", rank=45)
def tls_rule_broken(case: Case) -> Match | None:
    """The server breaks a rule that the edge's TLS library enforces."""
    edge = case.edge
    if edge is None:
        return None
    notes = edge.ends_handshake
    if notes:
        return Match(
            confidence=MEDIUM,
            reason="the rule is read from the public source of BoringSSL",
            evidence=tuple(evidence(note.detail, edge) for note in notes),
            facts={"rule": notes[0].code, "detail": notes[0].detail},
        )
    if edge.ending is Ending.PROTOCOL_ERROR and not edge.established:
        return Match(
            confidence=MEDIUM,
            reason="no client could go on from here",
            evidence=(evidence(f"the server's messages break TLS: {edge.detail}", edge),),
            facts={"rule": edge.detail, "detail": ""},
        )
    return None


@cause("inferred-extension", rank=26, replaces=("hello-intolerance",))
def inferred_extension(case: Case) -> Match | None:
    """The server refuses an extension, and that the edge sends it stands in no source."""
    probe = inferred.decides(case)
    if probe is None:
        return None
    names = inferred.named(case)
    left_out = ", ".join(extension_name(code) for code in INFERRED_EXTENSIONS)
    alone = [each for each in case.varied(Variable.EXTENSIONS) if each.answered]
    return Match(
        confidence=HIGH,
        evidence=(contrast(case, *dict.fromkeys((probe, *alone[:4]))),),
        facts={"extension": " or ".join(names) or f"one of {left_out}"},
    )


@cause("handshake-refused", rank=60, fallback=True)
def handshake_refused(case: Case) -> Match | None:
    """The server ends the handshake with an alert, and no probe told why."""
    edge = case.edge
    if edge is None or edge.established or edge.fatal_alert is None:
        return None
    alert = edge.fatal_alert
    taken = [each for each in case.probes if each.answered]
    told = "what it accepts does not say why" if taken else "no offer was found that works"
    return Match(
        confidence=LOW,
        reason=f"alert {alert.description} has many causes, and {told}",
        evidence=(contrast(case, *(taken or case.probes)[:6]),),
        facts={"alert": f"{alert.description} {alert.name}", "taken": bool(taken)},
    )
