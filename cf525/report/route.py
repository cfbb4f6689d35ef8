"""The route for people: visitor, edge, each origin, and what decided every value."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from cf525.edge.modes import mode_name
from cf525.model import NotProbeable, Report, Route, Unknown
from cf525.model.target import place_of
from cf525.report.escape import for_terminal
from cf525.report.line import Line

_NAME = 20

VISITOR_SIDE: Final = (
    "Minimum TLS version, TLS 1.3, cipher suites and HTTP/2 of the zone apply to visitors, not to "
    "the origin; Always Use HTTPS redirects visitors before an origin is asked."
)
"""Settings that look decisive and are not (developers.cloudflare.com/ssl/reference)."""


def render(report: Report, *, width: int = 80) -> list[Line]:
    """Every route with its values; then what is not known, and what does not matter."""
    target = report.target
    lines = [Line(""), Line(f" {for_terminal(target.display or target.host)}", "bold")]
    if report.zone is not None:
        zone = report.zone
        state = "paused" if zone.paused else zone.status
        lines.append(Line(f" zone {for_terminal(zone.name)} ({zone.id}), {state}, {zone.kind}"))
    for route in report.routes:
        lines += [Line(""), *_route(route, width)]
    if not report.routes:
        lines += [Line(""), Line(" no origin was found")]
    if report.unknowns:
        lines += [Line(""), Line(" CANNOT TELL", "bold")]
        for unknown in report.unknowns:
            lines += _unknown(unknown, width)
    lines += [Line(""), Line(" NOT DECISIVE", "bold"), *_wrapped(VISITOR_SIDE, 1, width)]
    lines += [Line(""), Line(f" {report.api_calls} API calls", "dim")]
    return lines


def short_place(route: Route) -> str:
    """Where a route leads, in a few words."""
    if route.address is None:
        return route.not_probeable or "no address"
    return place_of(route.address, route.port)


def decided(route: Route) -> str:
    """What decided the mode and the address, and what rules set for the route, or why a mode acts
    as another one."""
    notes = (route.provenance.get(each) for each in ("rules", "acts_as"))
    told = "".join(f"; {each.detail}" for each in notes if each is not None)
    mode, address = (route.provenance.get(each) for each in ("mode", "address"))
    why = mode.detail if mode is not None else "not known"
    return f"({why}); {address.detail if address is not None else 'not known'}{told}"


def _route(route: Route, width: int) -> Iterator[Line]:
    yield Line(f" visitor ──▶ {_way(route)}", "bold")
    if route.not_probeable is not None:
        yield Line(f"   not probeable: {route.not_probeable}", "yellow")
    for name, value in _values(route):
        yield Line(f"   {name.replace('_', ' '):<{_NAME}} {for_terminal(value)}")
        for each in (name, *_BESIDE.get(name, ())):
            provenance = route.provenance.get(each)
            if provenance is None:
                continue
            sure = "" if provenance.certainty == "documented" else f" ({provenance.certainty})"
            reference = f" [{provenance.reference}]" if provenance.reference else ""
            text = f"{provenance.source}: {provenance.detail}{reference}{sure}"
            yield from _wrapped(text, _NAME + 4, width, "dim")


def _way(route: Route) -> str:
    """How far a request comes: to the origin, into a tunnel, or no further than an error."""
    reason = route.not_probeable
    if reason in _NO_WAY:
        return f"Cloudflare: {_NO_WAY[reason]}"
    if reason is NotProbeable.TUNNEL and route.ingress is not None and route.ingress.service:
        return f"Cloudflare ─────▶ cloudflared ──▶ {for_terminal(route.ingress.service)}"
    if route.address is None:
        return f"Cloudflare ─────▶ {reason or 'no address'}"
    return f"Cloudflare ─────▶ {route.scheme}://{place_of(route.address, route.port)}"


_NO_WAY: Final[Mapping[NotProbeable | None, str]] = {
    NotProbeable.PRIVATE: "error 1002, no origin is asked",
    NotProbeable.PROHIBITED: "error 1000, no origin is asked",
    NotProbeable.NOT_SERVED: "error 1016, no origin is asked",
    NotProbeable.TUNNEL_DOWN: "error 1033, no connector is there",
    NotProbeable.NOT_PROXIED: "not on the way; DNS gives visitors the origin's own address",
    NotProbeable.SHADOWED: "not by this zone; other nameservers answer for the name",
}
_NO_HOP: Final = (
    *(NotProbeable.TUNNEL, NotProbeable.TUNNEL_DOWN, NotProbeable.PRIVATE),
    *(NotProbeable.NOT_SERVED, NotProbeable.PROHIBITED),
)
"""Where the edge makes no connection to an address, so that none of its values is one."""
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "address": ("proxied", "monitor"),
    "ingress": ("tunnel",),
}
"""What else decided about a value."""


def _values(route: Route) -> Iterator[tuple[str, str]]:
    yield "mode", mode_name(route.mode)
    yield "address", route.address or "none"
    if route.not_probeable in _NO_HOP:
        yield from _ingress(route)
        return
    yield "port", str(route.port)
    yield "sni", route.sni or "none (no TLS)"
    yield "host", route.host_header
    if route.scheme == "https":
        yield "accepted_names", ", ".join(route.accepted_names)
        yield "alpn", ", ".join(route.alpn) or "none"
        yield "post_quantum", route.post_quantum
        if route.compliance:
            yield "compliance", ", ".join(route.compliance)
        yield "client_certificate", route.client_certificate
        yield "trust", route.trust
    if "condition" in route.provenance:
        yield "condition", "only if"


def _ingress(route: Route) -> Iterator[tuple[str, str]]:
    """A tunnel's rule for the target, and what its connector is told about TLS."""
    if "tunnel" not in route.provenance:
        return
    rule = route.ingress
    if rule is None:
        yield "ingress", "not kept at Cloudflare, or not read"
        return
    yield "ingress", f"{rule.hostname or 'any host'}{rule.path}" if rule.service else "no rule"
    yield "service", rule.service or "none"
    yield from rule.options.items()
    for fault in rule.faults:
        yield "at fault", fault.replace("-", " ")


def _unknown(unknown: Unknown, width: int) -> Iterator[Line]:
    yield from _wrapped(f"· {unknown.text}", 1, width)
    yield from _wrapped(f"next: {unknown.next}", 3, width)


def _wrapped(text: str, indent: int, width: int, style: str = "") -> Iterator[Line]:
    for each in textwrap.wrap(
        for_terminal(text), max(width - indent, 20), break_long_words=False, break_on_hyphens=False
    ):
        yield Line(f"{' ' * indent}{each}", style)
