"""What one probe is to do: where, with which ClientHello, how far, and for how long.

``edge_plan`` is the probe that asks as the edge asks; ``vary`` derives from it the probe that
changes exactly one variable, which is what makes a difference between two answers a proof.
"""

from dataclasses import dataclass, replace

from cf525.edge.profile import ALPN_H1, ClientProfile, cloudflare, suite_fact
from cf525.model import PostQuantum, Route, Stage, Target, Variation
from cf525.model.registry import TLS10, VERSIONS
from cf525.tls import profiles

PROBE_DEADLINE = 3_500.0
"""Milliseconds for connect, handshake and answer together. The edge allows 19 s for the SYN
alone; what takes longer than this is reported as slow, not as broken with certainty."""

RECHECK_DEADLINE = 1_500.0
"""Milliseconds for a differential probe of an origin that was silent the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """One connection. ``stop_at`` ends the probe early; ``request`` asks for ``GET path``.

    ``prelude`` is sent before the ClientHello (a PROXY header); ``split`` sends the ClientHello
    in two pieces with that many milliseconds between them; ``plain`` speaks HTTP without TLS.
    """

    id: str
    route: Route
    profile: ClientProfile
    sni: str | None
    variation: Variation | None = None
    stop_at: Stage = Stage.APPLICATION_DATA
    request: bool = True
    path: str = "/"
    host_header: str = ""
    visitor_scheme: str = "https"
    prelude: bytes = b""
    split: float | None = None
    plain: bool = False
    deadline: float = PROBE_DEADLINE


def edge_plan(
    route: Route, target: Target, *, id: str, deadline: float = PROBE_DEADLINE
) -> ProbePlan:
    """The probe that asks this route as Cloudflare's edge would for that target."""
    return ProbePlan(
        id=id,
        route=route,
        profile=cloudflare(route.post_quantum, route.alpn),
        sni=route.sni,
        path=target.path,
        host_header=route.host_header,
        visitor_scheme=target.scheme,
        deadline=deadline,
        plain=route.scheme == "http",
    )


def vary(plan: ProbePlan, variation: Variation, *, id: str) -> ProbePlan:
    """The same probe with one variable changed; it stops when it has learned the difference.

    Raises ``ValueError`` for a variable it does not know: that is a fault of the caller.
    """
    changed = replace(plan, id=id, variation=variation, request=False, stop_at=Stage.ESTABLISHED)
    value = variation.value
    match variation.variable:
        case "sni":
            return replace(changed, sni=value or None)
        case "version":
            version = next(code for code, name in VERSIONS.items() if name == value)
            return replace(changed, profile=profiles.only_version(plan.profile, version))
        case "profile":
            return replace(changed, profile=_named_profile(value))
        case "suites" | "groups" | "signature_algorithms":
            if value == "aead":
                return replace(changed, profile=_aead_only(plan.profile))
            return replace(changed, profile=_widened(plan.profile, variation.variable))
        case "alpn":
            alpn = tuple(value.split(",")) if value else ()
            return replace(changed, profile=profiles.with_alpn(plan.profile, alpn))
        case "post_quantum":
            return replace(
                changed, profile=cloudflare(PostQuantum(value), plan.profile.alpn or ALPN_H1)
            )
        case "proxy":
            return replace(changed, prelude=_proxy_header(plan.route))
        case "split":
            # The cut is tried on the classical hello, so that its length is no second variable.
            classical = profiles.without_post_quantum(plan.profile)
            return replace(changed, profile=classical, split=float(value))
        case "plain":
            return replace(
                changed, plain=True, request=True, stop_at=Stage.APPLICATION_DATA, sni=None
            )
        case _:
            raise ValueError(f"no such variable: {variation.variable}")


def _widened(profile: ClientProfile, what: str) -> ClientProfile:
    """The same offer with everything there is of one kind behind its own entries.

    Its own entries stay first: a server that takes the client's order still prefers them, and
    one that accepts only now lacked this very kind before.
    """
    everything = profiles.legacy()
    match what:
        case "suites":
            return profiles.with_suites(profile, _behind(profile.suites, everything.suites))
        case "groups":
            groups = _behind(profile.groups, profiles.permissive13().groups)
            return profiles.with_groups(profile, groups)
        case _:
            algorithms = _behind(profile.signature_algorithms, everything.signature_algorithms)
            return profiles.with_signature_algorithms(profile, algorithms)


def _aead_only(profile: ClientProfile) -> ClientProfile:
    """The same offer without the suites that versions before TLS 1.2 could use."""
    suites = tuple(
        code
        for code in profile.suites
        if (fact := suite_fact(code)) is not None and TLS10 not in fact.versions
    )
    return profiles.with_suites(profile, suites)


def _behind(own: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    return own + tuple(code for code in more if code not in own)


def _named_profile(name: str) -> ClientProfile:
    known = {
        "permissive": profiles.permissive13,
        "legacy": profiles.legacy,
        "ssl3": profiles.ssl3,
    }
    return known[name]()


def _proxy_header(route: Route) -> bytes:
    """A PROXY protocol v1 header (haproxy.org/download/2.9/doc/proxy-protocol.txt)."""
    if ":" in (route.address or ""):
        return b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"
    return b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
