"""``probe``: one connection to one place, reported in the same form as a diagnosis."""

from dataclasses import field, replace
from typing import Final

from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.diagnosis.routes import redirected
from cf525.edge.ranges import classify
from cf525.edge.status import edge_status
from cf525.errors import DnsError, UsageError
from cf525.model import (
    Confidence,
    EdgeStatus,
    NotProbeable,
    Observation,
    PostQuantum,
    Provenance,
    Report,
    Route,
    RouteStatus,
    Stage,
    Target,
)
from cf525.model.parsing import ConnectTo, parse_origin, parse_target
from cf525.model.status import UNKNOWN
from cf525.net.dns import Existence
from cf525.probe.plan import ProbePlan, edge_plan
from cf525.probe.reach import Reach
from cf525.values import dataclass
from cf525.version import __version__

NOT_JUDGED: Final = "the handshake completes; the certificate was not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleProbe:
    """What to connect to and what to offer. ``timeout`` is in seconds."""

    place: str
    sni: str | None = None
    alpn: tuple[str, ...] = ("h2", "http/1.1")
    post_quantum: str = "supported"
    request: bool = False
    connect_to: tuple[ConnectTo, ...] = ()
    resolver: tuple[str, int] | None = None
    timeout: float = 5.0
    reach: Reach = field(default_factory=Reach)


async def probe_once(job: SingleProbe) -> tuple[Report, tuple[str, ...]]:
    """The report of one probe, and remarks for the person.

    Raises UsageError for a malformed place and DnsError when its name does not resolve.
    """
    route, target, remarks = await _route(job)
    plan = edge_plan(route, target, id="o1", deadline=job.timeout * 1000)
    seen = await job.reach.run(_only_handshake(plan) if not job.request else plan)
    status = _not_judged() if completes(seen) else edge_status(route, seen, None)
    report = Report(
        tool_version=__version__,
        started_at=seen.started_at,
        target=target,
        edge_status=status.status,
        confidence=status.confidence,
        summary=_sentence(seen),
        routes=(route,),
        route_statuses=(RouteStatus(route=route.id, edge=status, observation=seen.id),),
        observations=(seen,),
        connections=1,
        timings={"total_ms": round(seen.timings.total, 1)},
    )
    return report, remarks


def _not_judged() -> EdgeStatus:
    """Of a completed handshake: a certificate that has ended is a 526 all the same, or none."""
    return EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=NOT_JUDGED)


def _only_handshake(plan: ProbePlan) -> ProbePlan:
    return replace(plan, request=False, stop_at=Stage.ESTABLISHED)


def completes(seen: Observation) -> bool:
    """Whether the handshake is completed and nothing in it is what the edge refuses."""
    return seen.established and seen.fatal_alert is None and not seen.rejecting_notes


def _sentence(seen: Observation) -> str:
    if completes(seen):
        return f"{NOT_JUDGED[:1].upper()}{NOT_JUDGED[1:]}: cf525 diagnose judges it."
    return f"The handshake does not complete: it ended at {seen.stage} with {seen.ending}."


async def _route(job: SingleProbe) -> tuple[Route, Target, tuple[str, ...]]:
    given = Provenance(source="argument", detail=job.place)
    try:
        address, port = parse_origin(job.place)
    except UsageError:
        target = parse_target(job.place)
        address, remarks = await _resolve(target, job)
        return _of(job, target.host, address, target.port, given), target, remarks
    host = job.sni or ""
    target = Target(scheme="https", host=host or address, port=port or 443)
    return _of(job, host, address, port or 443, given), target, ()


async def _resolve(target: Target, job: SingleProbe) -> tuple[str, tuple[str, ...]]:
    for rule in job.connect_to:
        if rule.redirect(target.host, target.port) is not None:
            return "0.0.0.0", ()  # noqa: S104  stands for the name; the rule decides
    outside = Outside(Options(resolver=job.resolver))
    found = await outside.resolver.lookup(target.host)
    if not found.addresses:
        what = "does not exist" if found.outcome is Existence.MISSING else "could not be resolved"
        raise DnsError(
            f"{target.host} {what} ({found.reason})",
            hint="give an address, or another resolver with --resolver",
        )
    address = found.addresses[0]
    if classify(address) is NotProbeable.CLOUDFLARE_ADDRESS:
        return address, (
            f"{address} is Cloudflare's edge: this is a handshake with the edge, not the origin",
        )
    return address, ()


def _of(job: SingleProbe, host: str, address: str, port: int, given: Provenance) -> Route:
    sni = job.sni or host or None
    route = Route(
        id="r1",
        mode="unknown",
        scheme="https",
        address=address,
        port=port,
        sni=sni,
        host_header=sni or address,
        alpn=job.alpn,
        post_quantum=PostQuantum(job.post_quantum),
        accepted_names=(sni,) if sni else (),
        provenance={"address": given},
    )
    return redirected(route, host, job.connect_to)
