"""Whether something unknown could change this very verdict: one condition for each of them.

What cannot be read or seen always matters to somebody; at night only that counts which could make
the status another one. Every id that any part of the program gives to an ``Unknown`` stands here
(a test holds that), with the question that decides. An id from elsewhere is taken to matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cf525.causes.case import Case
from cf525.edge.modes import UNKNOWN as UNKNOWN_MODE
from cf525.edge.modes import validates
from cf525.model import Confidence, Status, Unknown
from cf525.model.registry import X25519MLKEM768
from cf525.values import dataclass

LEADS_ELSEWHERE: Final = frozenset(
    f"{how}-{what}"
    for how in ("unread", "incomplete")
    for what in (
        *("page-rules", "config-rules", "origin-rules", "rulesets", "cloud-connector"),
        *("load-balancers", "pools", "spectrum", "fallback-origin", "custom-hostname"),
        *("worker-routes", "worker-domains", "dns-records", "tunnel", "tunnel-configuration"),
    )
)
"""What of the account could give this host another mode or another origin, and was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was concluded, and what it rests on. ``seen_by_edge`` is true where a visit through
    the edge told the same minute what becomes of the origin."""

    status: Status
    confidence: Confidence
    cases: Sequence[Case]
    seen_by_edge: bool = False

    @property
    def surely_fails(self) -> bool:
        return self.status.fails and self.confidence is Confidence.HIGH


Bearing = Callable[[Verdict], bool]


def _always(_: Verdict) -> bool:
    return True


def _never(_: Verdict) -> bool:
    return False


def _unless_it_fails(verdict: Verdict) -> bool:
    return not verdict.status.fails


def _unless_it_surely_fails(verdict: Verdict) -> bool:
    return not verdict.surely_fails


def _unless_the_edge_told(verdict: Verdict) -> bool:
    return not verdict.seen_by_edge


def _where_the_chain_decides(verdict: Verdict) -> bool:
    """Where a certificate was judged in a mode that minds it, or in one that is not known."""
    return any(
        case.verdict is not None and validates(case.route.mode) is not False
        for case in verdict.cases
    )


def _where_it_is_refused(verdict: Verdict) -> bool:
    return verdict.status == "526" or any(
        case.verdict is not None and case.verdict.accepted is False for case in verdict.cases
    )


def _where_the_mode_is_open(verdict: Verdict) -> bool:
    return not verdict.cases or any(case.route.mode == UNKNOWN_MODE for case in verdict.cases)


def _where_the_offer_is_refused(verdict: Verdict) -> bool:
    """Where another ClientHello might have been answered."""
    return any(case.before_hello for case in verdict.cases)


def _where_a_compliance_mode_would_refuse(verdict: Verdict) -> bool:
    """Where another offer might have been answered; and where the origin agrees to what a mode
    leaves out, unless the edge met it with the mode that is in force. Both modes leave the
    hybrid group in (``edge.profile.cloudflare``), and only ``pqh`` the classical ones out."""
    if _where_the_offer_is_refused(verdict):
        return True
    met = (case.edge for case in verdict.cases if case.route.scheme == "https")
    hellos = [each.server_hello for each in met if each is not None and each.established]
    classical = any(each is not None and each.group != X25519MLKEM768 for each in hellos)
    return classical and verdict.status.works and not verdict.seen_by_edge


def _where_a_client_certificate_is_asked_for(verdict: Verdict) -> bool:
    edges = (case.edge for case in verdict.cases)
    if any(case.configuration is not None for case in verdict.cases):
        return True
    return any(edge is not None and edge.certificate_request is not None for edge in edges)


def _where_nothing_answers(verdict: Verdict) -> bool:
    """Where the origin works for us, or never said a word: it may treat others otherwise."""
    spoke = any(case.edge is not None and case.edge.bytes_received for case in verdict.cases)
    return not verdict.seen_by_edge and (verdict.status.works or not spoke)


_OF_EACH: Final[Mapping[Bearing, tuple[str, ...]]] = {
    _always: (
        *("timeout", "interrupted", "worker-ended", "seen-elsewhere", "path-intercepted", "warp"),
        *(
            "no-host-given",
            "origin-not-named",
            "http-answer",
            "only-cloudflare-admitted",
            "behind-the-tunnel",
        ),
        *("special-purpose-address", "behind-private-address"),
        *("trust-list-in-part", "host-header-conflict"),
        *("trace-takes-one", "trace-differs", "trace-not-read", "spectrum-application"),
        *("saas-custom-origin", "custom-hostname-not-active", "unread-account-dns"),
        *("tunnel-configured-locally", "no-dns-record", "unread-dns-records", "port-not-proxied"),
        *("origin-at-cloudflare", "zone-not-found", "conditional-rule"),
        *("too-many-conditional-rules", "pools-not-visible", "origin-unresolved"),
        *("unread-page-rules", "unread-config-rules", "unread-origin-rules"),
        *("unread-load-balancers", "unread-cloud-connector", "unread-pools"),
        *("unread-spectrum", "unread-fallback-origin", "unread-custom-hostname"),
        *("unread-tunnel", "unread-tunnel-configuration", "unread-rulesets"),
        *("configuration-in-part", "certificate-not-read", "certificate-managed"),
    ),
    _where_the_mode_is_open: ("unknown-mode", "unread-ssl", "account-not-read"),
    _where_nothing_answers: (
        *("filters-on-cloudflare-addresses", "dedicated-egress", "unread-aegis"),
    ),
    _where_the_chain_decides: (
        *("edge-strictness", "origin-ca-not-listed", "origin-ca-list-not-read", "clock-skew"),
        "unread-trust-store",
    ),
    _where_it_is_refused: ("edge-completes-chains", "inspection-near-here"),
    _where_a_client_certificate_is_asked_for: (
        *("origin-pull-certificate", "unread-tls-client-auth", "unread-aop-zone"),
        *("unread-aop-host", "unread-hostname-certificates"),
    ),
    _where_the_offer_is_refused: (
        *("compliance-modes", "unread-origin-pqe", "unread-auto-origin-tls-kex"),
        *("unread-origin-max-http-version", "post-quantum-roll-out"),
    ),
    _where_a_compliance_mode_would_refuse: ("unread-origin-tls-compliance-modes",),
    _unless_it_fails: (
        *("address-not-tried", "origin-one-family", "rule-on-a-path", "running-server"),
        *("keys-not-compared", "file-form"),
    ),
    _unless_it_surely_fails: (
        *("edge-not-reached", "edge-did-not-ask", "split-dns", "automatic-ssl"),
        *("backends-behind-the-address", "lean-reading", "audit-spares-calls"),
        "unread-ssl-automatic-mode",
    ),
    _unless_the_edge_told: (
        *("redirected-at-edge", "worker-route", "worker-domain", "snippet"),
        *("unread-worker-routes", "unread-worker-domains", "unread-snippets"),
        "unread-always-use-https",
    ),
    _never: (
        *(
            "which-address",
            "idle-connections",
            "past-failures",
            "renewed-or-not",
            "hosts-file",
            "trust-left-out",
        ),
        *("unread-visits", "unread-colos", "unread-hours", "unread-first", "unread-origins"),
        *("unread-pool-health", "unread-health-checks", "unread-radar", "unread-trace"),
        *("unread-audit-log", "unread-monitors"),
    ),
}
BEARING: Final[Mapping[str, Bearing]] = {
    id: bearing for bearing, ids in _OF_EACH.items() for id in ids
}


def bearing_of(id: str) -> Bearing:
    """The condition of an unknown. One whose list was read in part bears as one not read."""
    return BEARING.get(id.replace("incomplete-", "unread-", 1), _always)


def weighed(unknowns: Iterable[Unknown], verdict: Verdict) -> tuple[Unknown, ...]:
    """Each unknown once, with whether it could change the verdict; those that could come first,
    and among them what leaves the mode open, then what may lead the edge elsewhere."""
    told = [
        replace(each, could_change_verdict=bearing_of(each.id)(verdict))
        for each in dict.fromkeys(unknowns)
    ]
    return tuple(sorted(told, key=_order))


def _order(unknown: Unknown) -> tuple[bool, bool, bool]:
    mode = unknown.id in _OF_EACH[_where_the_mode_is_open]
    return (not unknown.could_change_verdict, not mode, unknown.id not in LEADS_ELSEWHERE)
