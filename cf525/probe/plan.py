"""What one probe is to do: where, with which ClientHello, how far, and for how long.

``edge_plan`` is the probe that asks as the edge asks; ``vary`` derives from it the probe that
changes exactly one variable, which is what makes a difference between two answers a proof.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from cf525.edge.profile import (
    ALPN_H1,
    INFERRED_EXTENSIONS,
    ClientProfile,
    cloudflare,
    suite_fact,
)
from cf525.model import (
    Elimination,
    Observation,
    PostQuantum,
    Route,
    Stage,
    Target,
    Variable,
    Variation,
)
from cf525.model.registry import SSL3, TLS10, TLS13, VERSIONS, extension_name
from cf525.tls import profiles
from cf525.tls.ffdhe import FFDHE
from cf525.tls.signature import ClientCertificate
from cf525.values import dataclass

PROBE_DEADLINE = 3_500.0
"""Milliseconds for connect and handshake together, and for an answer without TLS. The edge
allows 19 s for the SYN alone; what takes longer than this is reported as slow, not as broken with
certainty."""

ANSWER_DEADLINE = 8_000.0
"""The same where the handshake is complete and only the HTTP answer is missing: the edge waits
two minutes for it, so an application that takes seconds is slow and not broken."""

CHALLENGE_PATH = "/.well-known/acme-challenge/cf525-probe"
RECHECK_DEADLINE = 1_500.0
"""Milliseconds for a differential probe of an origin that was silent the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """One connection. ``stop_at`` ends the probe early; ``request`` asks for ``GET path``.

    ``prelude`` is sent before the ClientHello (a PROXY header); ``split`` sends the ClientHello
    in two pieces with that many milliseconds between them, cut at ``split_at`` (the middle by
    default; 0 waits before the first byte); ``plain`` speaks HTTP without TLS. ``headers``
    replaces those by which the edge names its visitor, and then the body is read as well.
    ``client_certificate`` answers a CertificateRequest; without one the answer is empty.
    ``answer_deadline`` is until when an answer is waited for once the handshake is complete, where
    that is longer than ``deadline``.
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
    split_at: int | None = None
    plain: bool = False
    headers: tuple[tuple[str, str], ...] | None = None
    client_certificate: ClientCertificate | None = None
    deadline: float = PROBE_DEADLINE
    answer_deadline: float = 0.0


Runner: TypeAlias = Callable[[ProbePlan], Awaitable[Observation]]
"""Carries out one probe; never raises for what a peer does."""


def edge_plan(
    route: Route,
    target: Target,
    *,
    id: str,
    deadline: float = PROBE_DEADLINE,
    answer_deadline: float = 0.0,
) -> ProbePlan:
    """The probe that asks this route as Cloudflare's edge would for that target."""
    return ProbePlan(
        id=id,
        route=route,
        profile=cloudflare(route.post_quantum, route.alpn, route.compliance, ml_dsa=route.ml_dsa),
        sni=route.sni,
        path=target.path,
        host_header=route.host_header,
        visitor_scheme=target.scheme,
        deadline=deadline,
        answer_deadline=answer_deadline,
        plain=route.scheme == "http",
    )


def vary(plan: ProbePlan, variation: Variation, *, id: str) -> ProbePlan:
    """The same probe with one variable changed; it stops when it has learned the difference."""
    changed = replace(plan, id=id, variation=variation, request=False, stop_at=Stage.ESTABLISHED)
    return _CHANGES[variation.variable](changed, variation.value)


def _repeat(plan: ProbePlan, _: str) -> ProbePlan:
    return plan


def _sni(plan: ProbePlan, value: str) -> ProbePlan:
    return replace(plan, sni=value or None)


def _version(plan: ProbePlan, value: str) -> ProbePlan:
    version = next(code for code, name in VERSIONS.items() if name == value)
    return replace(plan, profile=profiles.only_version(plan.profile, version))


def _profile(plan: ProbePlan, value: str) -> ProbePlan:
    return replace(plan, profile=_NAMED_PROFILES[value]())


def _suites(plan: ProbePlan, value: str) -> ProbePlan:
    match value:
        case "aead":
            profile = _aead_only(plan.profile)
        case "no FFDHE":
            # A server with a DH group of its own may refuse whoever names groups of RFC 7919.
            more = (*profiles.legacy().suites, *profiles.unencrypted())
            profile = profiles.with_suites(plan.profile, _behind(plan.profile.suites, more))
        case _:
            profile = _widened(plan.profile, "suites")
    return replace(plan, profile=profile)


def _groups(plan: ProbePlan, _: str) -> ProbePlan:
    return replace(plan, profile=_widened(plan.profile, "groups"))


def _signature_algorithms(plan: ProbePlan, _: str) -> ProbePlan:
    return replace(plan, profile=_widened(plan.profile, "signature_algorithms"))


def _alpn(plan: ProbePlan, value: str) -> ProbePlan:
    """Other protocols. Where one is named, whether it is spoken matters too, so it asks."""
    protocols = tuple(value.split(",")) if value else ()
    changed = replace(plan, profile=profiles.with_alpn(plan.profile, protocols))
    return _asking(changed) if protocols else changed


def _host(plan: ProbePlan, value: str) -> ProbePlan:
    return _asking(replace(plan, host_header=value))


def _extensions(plan: ProbePlan, value: str) -> ProbePlan:
    """Without the extension of that name, or without all that are only inferred."""
    left_out = [code for code in INFERRED_EXTENSIONS if value in ("", extension_name(code))]
    if not left_out:
        raise ValueError(f"no such extension among the inferred ones: {value}")
    return replace(plan, profile=profiles.without_extensions(plan.profile, left_out))


def _post_quantum(plan: ProbePlan, value: str) -> ProbePlan:
    alpn = plan.profile.alpn or ALPN_H1
    return replace(plan, profile=cloudflare(PostQuantum(value), alpn, ml_dsa=plan.route.ml_dsa))


def _proxy(plan: ProbePlan, value: str) -> ProbePlan:
    header = _proxy_header_v2 if value == "v2" else _proxy_header
    return replace(plan, prelude=header(plan.route))


def _split(plan: ProbePlan, value: str) -> ProbePlan:
    # The cut is tried on the classical hello, so that its length is no second variable.
    classical = profiles.without_post_quantum(plan.profile)
    return replace(plan, profile=classical, split=float(value))


def _mute(plan: ProbePlan, value: str) -> ProbePlan:
    """Say nothing for so many milliseconds: who closes now has not waited for a ClientHello."""
    return replace(plan, split=float(value), split_at=0)


def _plain(plan: ProbePlan, value: str) -> ProbePlan:
    """Plain HTTP on the same port, or on the port ``value`` of the same address."""
    changed = _asking(replace(plan, plain=True, sni=None))
    if not value:
        return changed
    return replace(changed, route=replace(plan.route, port=int(value)))


def _challenge(plan: ProbePlan, value: str) -> ProbePlan:
    """What an ACME challenge of a made-up token would meet on that port (RFC 8555, 8.3)."""
    return replace(_plain(plan, value), path=CHALLENGE_PATH)


def _without(plan: ProbePlan, value: str) -> ProbePlan:
    """Everything one version has, without the code points of one kind that are left out."""
    rest = Elimination.parse(value)
    if rest is None:
        raise ValueError(f"no such step of an elimination: {value}")
    known = _EVERYTHING_OF.get(rest.version, profiles.legacy)()
    only = profiles.only_version(known, rest.version)
    return replace(plan, profile=profiles.without(only, rest.kind, rest.left_out))


def _asking(plan: ProbePlan) -> ProbePlan:
    return replace(plan, request=True, stop_at=Stage.APPLICATION_DATA)


_CHANGES: Final[Mapping[Variable, Callable[[ProbePlan, str], ProbePlan]]] = {
    Variable.REPEAT: _repeat,
    Variable.SNI: _sni,
    Variable.VERSION: _version,
    Variable.PROFILE: _profile,
    Variable.SUITES: _suites,
    Variable.GROUPS: _groups,
    Variable.SIGNATURE_ALGORITHMS: _signature_algorithms,
    Variable.ALPN: _alpn,
    Variable.EXTENSIONS: _extensions,
    Variable.HOST: _host,
    Variable.POST_QUANTUM: _post_quantum,
    Variable.PROXY: _proxy,
    Variable.SPLIT: _split,
    Variable.MUTE: _mute,
    Variable.PLAIN: _plain,
    Variable.CHALLENGE: _challenge,
    Variable.WITHOUT: _without,
}
"""What each variable of a ``Variation`` does to a plan."""

_NAMED_PROFILES: Final[Mapping[str, Callable[[], ClientProfile]]] = {
    "permissive": profiles.permissive13,
    "legacy": profiles.legacy,
    "ssl3": profiles.ssl3,
}
_EVERYTHING_OF: Final[Mapping[int, Callable[[], ClientProfile]]] = {
    TLS13: profiles.permissive13,
    SSL3: profiles.ssl3,
}


def _widened(profile: ClientProfile, what: str) -> ClientProfile:
    """The same offer with everything there is of one kind behind its own entries.

    Its own entries stay first: a server that takes the client's order still prefers them, and
    one that accepts only now lacked this very kind before.
    """
    everything = profiles.legacy()
    match what:
        case "suites":
            more = (*everything.suites, *profiles.permissive13().suites)
            wider = profiles.with_suites(profile, _behind(profile.suites, more))
            # A DHE suite is of no use without a group for it (RFC 7919 section 4).
            return profiles.with_groups(wider, _behind(profile.groups, FFDHE))
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


def _proxy_header(route: Route) -> bytes:
    """A PROXY protocol v1 header (haproxy.org/download/2.9/doc/proxy-protocol.txt)."""
    if ":" in (route.address or ""):
        return b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"
    return b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"


def _proxy_header_v2(route: Route) -> bytes:
    """The same connection as a PROXY protocol v2 header, which is binary."""
    if ":" in (route.address or ""):
        addresses = bytes.fromhex("20010db8" + 22 * "0" + "01" + "20010db8" + 22 * "0" + "02")
        family = 0x21
    else:
        addresses = bytes((192, 0, 2, 1, 192, 0, 2, 2))
        family = 0x11
    body = addresses + (56324).to_bytes(2) + (443).to_bytes(2)
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes((0x21, family)) + len(body).to_bytes(2) + body
