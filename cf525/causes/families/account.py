"""Causes that Cloudflare's own records tell, whatever an origin does: who is asked at all.

A switch of the account, a delegation, a hostname that is not served, a tunnel's rule, a lot. What
the mode and the addresses of a zone lead to stands with the routing.
"""

from typing import Final

from cf525.causes.case import Case
from cf525.causes.cause import cause
from cf525.causes.match import Match, evidence
from cf525.edge.monitors import MONITOR_SUITES_END, monitor_differs
from cf525.model import Confidence, Ingress, NotProbeable
from cf525.model.registry import suite_name

HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def _record(case: Case) -> str:
    why = case.route.provenance.get("address")
    return why.detail if why is not None else case.address


@cause("enforce-dns-only", rank=3, needs=(), replaces=("not-proxied",))
def enforce_dns_only(case: Case) -> Match | None:
    """The account's switch lets DNS give visitors the origin's own address."""
    why = case.route.provenance.get("proxied")
    if why is None or why.reference != "enforce_dns_only":
        return None
    return Match(
        confidence=HIGH,
        evidence=(evidence(why.detail), evidence(_record(case))),
        facts={"record": _record(case)},
        status="not-applicable",
    )


@cause("record-shadowed", rank=3, needs=(), replaces=("not-proxied",))
def record_shadowed(case: Case) -> Match | None:
    """The record lies below a delegation, so that other nameservers answer for its name."""
    if case.route.not_probeable is not NotProbeable.SHADOWED:
        return None
    return Match(
        confidence=HIGH,
        evidence=(evidence(f"{_record(case)}; the zone delegates its name with an NS record"),),
        facts={"record": _record(case)},
    )


@cause("custom-hostname-not-served", rank=3, needs=())
def custom_hostname_not_served(case: Case) -> Match | None:
    """A custom hostname that is not active, or that leads to no origin."""
    if case.route.not_probeable is not NotProbeable.NOT_SERVED:
        return None
    return Match(
        confidence=HIGH,
        evidence=(evidence(_record(case)),),
        facts={"state": _record(case)},
        status="1016",
    )


_OF_INGRESS: Final = {
    "plain-to-tls-port": (
        "which speaks plain HTTP to a port where TLS is usual",
        "Write https:// and originServerName, or the port on which the service speaks HTTP.",
    ),
    "tls-to-plain-port": (
        "which speaks TLS to port 80, where plain HTTP is usual",
        "Write http:// in its service, or the port on which the service speaks TLS.",
    ),
    "no-server-name": (
        "because no public certificate holds the name it asks at, and no other is set",
        "Set originServerName to a name of the service's certificate, or caPool to its CA.",
    ),
    "catch-all-only": (
        "because none names this host, and the last one answers a status of its own",
        "Add a public hostname for this name to the tunnel, with the service behind it.",
    ),
    "no-rule": (
        "because none covers it",
        "Add a public hostname for this name to the tunnel, with the service behind it.",
    ),
    "no-catch-all": (
        "because the last rule does not match everything, which cloudflared refuses",
        "Add a last rule without a hostname, such as http_status:404.",
    ),
}


@cause("tunnel-ingress", rank=4, needs=(), replaces=("tunnel",))
def tunnel_ingress(case: Case) -> Match | None:
    """The rule of a tunnel that serves this URL is wrong by its own words."""
    ingress = case.route.ingress
    known = [each for each in ingress.faults if each in _OF_INGRESS] if ingress else []
    if ingress is None or not known:
        return None
    wrong, mend = _OF_INGRESS[known[0]]
    return Match(
        confidence=MEDIUM,
        reason="whether the service behind it minds cannot be seen from outside",
        evidence=(evidence(_rule(ingress)), *(evidence(_OF_INGRESS[each][0]) for each in known)),
        facts={"rule": _rule(ingress), "wrong": wrong, "mend": mend},
        status="502",
    )


def _rule(ingress: Ingress) -> str:
    if not ingress.service:
        return "the tunnel's rules"
    options = "".join(f", {name} {value}" for name, value in ingress.options.items())
    return f"{ingress.hostname or 'any host'}{ingress.path} → {ingress.service}{options}"


@cause("rule-for-a-share", rank=9, needs=())
def rule_for_a_share(case: Case) -> Match | None:
    """A lot decides which of several routes a request takes, and they end differently."""
    share = case.route.provenance.get("share")
    if share is None or not case.status.status.fails:
        return None
    others = [each for each in case.siblings if "share" in each.route.provenance]
    if not any(each.status.status.works for each in others):
        return None
    return Match(
        confidence=case.status.confidence,
        evidence=(
            evidence(f"{share.detail} → {case.status.status}", case.edge),
            *(
                evidence(
                    f"{each.route.provenance['share'].detail} → {each.status.status}", each.edge
                )
                for each in others
            ),
        ),
        facts={"rule": share.detail},
        contributing=True,
    )


@cause("monitor-not-the-edge", rank=80)
def lenient_monitor(case: Case) -> Match | None:
    """A monitor that looks with other eyes than the edge: it takes any certificate, or it no
    longer speaks what the edge still does."""
    monitor = case.route.provenance.get("monitor")
    if monitor is not None and case.status.status == "526":
        return _match("lenient", monitor.detail, case)
    hello = case.edge.server_hello if case.edge is not None else None
    if hello is None or case.edge is None or not case.status.status.works:
        return None
    unhealthy = _unhealthy(case)
    if not unhealthy or not monitor_differs(hello.version, hello.suite):
        return None
    if case.edge.started_at.date() < MONITOR_SUITES_END:
        return None
    return _match("suites", f"{unhealthy}; the origin chose {suite_name(hello.suite)}", case)


def _unhealthy(case: Case) -> str:
    health = case.insight.health if case.insight is not None else ()
    return next(
        (
            f"{each.name} calls {each.address} unhealthy: {each.reason or 'without a reason'}"
            for each in health
            if each.address == case.route.address and not each.healthy
        ),
        "",
    )


def _match(how: str, text: str, case: Case) -> Match:
    return Match(
        confidence=MEDIUM,
        reason="" if how == "lenient" else "the monitor's own reason may be another",
        evidence=(evidence(text, case.edge),),
        facts={"how": how, "seen": text},
        contributing=True,
    )
