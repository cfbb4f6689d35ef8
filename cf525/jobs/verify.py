"""``verify``: would the edge accept the certificates in a file, before they are deployed?

Reads the files, judges them as if an origin had sent them, and reports in the form of a
diagnosis. No origin is contacted; only missing intermediates and revocation lists are fetched,
when that is allowed.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cf525.causes.case import Case
from cf525.causes.matching import findings
from cf525.edge.modes import mode_name, validates
from cf525.edge.status import edge_status
from cf525.errors import UsageError
from cf525.model import (
    ChainVerdict,
    DefectClass,
    EdgeStatus,
    Ending,
    Finding,
    KeyProof,
    Observation,
    Provenance,
    Report,
    Route,
    RouteStatus,
    ServerHello,
    Stage,
    Target,
    Unknown,
)
from cf525.model.registry import TLS13
from cf525.net import trust_list
from cf525.net.dns import Resolver
from cf525.net.fetch import CRL, through
from cf525.pki import TrustStore, files, judge, revocation
from cf525.pki.completion import complete_chain
from cf525.pki.path import build, sent_nodes
from cf525.version import __version__

_SUITE = 0x1301
_NO_NAME = Unknown(
    id="no-host-given",
    text="Whether the certificate covers the name: no host was given.",
    next="Name it with --host.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What to verify.

    ``paths`` are read in order, as a server would send their certificates: the first holds the
    leaf. ``hosts`` are names of which one must be covered: the requested one, then the target of
    its CNAME. ``key`` is a private key that must belong to the leaf. ``fetch`` allows downloads.
    """

    paths: tuple[Path, ...]
    hosts: tuple[str, ...] = ()
    mode: str = "strict"
    key: Path | None = None
    password: bytes | None = None
    trust_files: tuple[Path, ...] = ()
    trust_only: bool = False
    at: datetime | None = None
    fetch: bool = True
    check_revocation: bool = False
    resolver: tuple[str, int] | None = None


async def verify(job: Verification) -> Report:
    """The report on the certificates in ``job.paths``. Raises UsageError for unusable files."""
    began = time.perf_counter()
    bundles = [files.read_bundle(path, job.password) for path in job.paths]
    certificates = tuple(each for bundle in bundles for each in bundle.certificates)
    if not certificates:
        raise UsageError("there is no file to verify", hint="name a file such as fullchain.pem")
    keys = [key for bundle in bundles for key in bundle.public_keys]
    if job.key is not None:
        keys = [files.read_public_key(job.key)]
    if job.fetch and not job.trust_only:
        await asyncio.to_thread(trust_list.refresh)
    trust = trust_list.store(job.trust_files, only=job.trust_only)
    verdict = judge(
        certificates,
        names=job.hosts,
        at=job.at or datetime.now(UTC),
        trust=trust,
        key_proof=_proof(keys, certificates[0]),
    )
    if job.fetch:
        verdict = await _fetched(verdict, certificates, trust, job)
    return _report(job, verdict, certificates, began)


def _proof(keys: list[bytes], leaf: bytes) -> KeyProof:
    if not keys:
        return KeyProof.UNKNOWN
    proofs = {files.proves(key, leaf) for key in keys}
    return KeyProof.PROVED if KeyProof.PROVED in proofs else proofs.pop()


async def _fetched(
    verdict: ChainVerdict, certificates: tuple[bytes, ...], trust: TrustStore, job: Verification
) -> ChainVerdict:
    resolver = Resolver(job.resolver)
    completion = await complete_chain(verdict, certificates, trust=trust, fetch=through(resolver))
    if not job.check_revocation:
        return completion.verdict
    path = build(sent_nodes((*certificates, *completion.missing)), trust.edge)
    found = await revocation.check(path, fetch=through(resolver, CRL), at=verdict.at)
    return revocation.apply(completion.verdict, found)


def _report(
    job: Verification, verdict: ChainVerdict, certificates: tuple[bytes, ...], began: float
) -> Report:
    case = _case(job, verdict, certificates)
    found = tuple(_without_observations(each) for each in findings((case,)))
    found = tuple(each for each in found if not each.contributing or validates(job.mode) is False)
    status = _status(case.status, verdict)
    return Report(
        tool_version=__version__,
        started_at=datetime.now(UTC),
        target=case.target,
        edge_status=status.status,
        confidence=status.confidence,
        summary=_summary(job, verdict, status),
        headline=next((each.id for each in found if not each.contributing), None),
        routes=(case.route,),
        route_statuses=(RouteStatus(route=case.route.id, edge=status),),
        chain_verdicts=(verdict,),
        findings=found,
        unknowns=() if verdict.names else (_NO_NAME,),
        timings={"total_ms": round((time.perf_counter() - began) * 1000, 1)},
    )


def _case(job: Verification, verdict: ChainVerdict, certificates: tuple[bytes, ...]) -> Case:
    """The case of an origin that finishes its handshake with this chain."""
    host = verdict.names[0] if verdict.names else ""
    route = Route(
        id="r1",
        mode=job.mode,
        scheme="https",
        address="file",
        port=443,
        sni=host or None,
        host_header=host,
        accepted_names=verdict.names,
        provenance={
            "address": Provenance(source="argument", detail=", ".join(map(str, job.paths)))
        },
    )
    seen = Observation(
        id="",
        route=route.id,
        profile="",
        variation=None,
        address=route.address or "",
        port=route.port,
        sni=route.sni,
        started_at=verdict.at,
        stage=Stage.ESTABLISHED,
        ending=Ending.DONE,
        server_hello=ServerHello(version=TLS13, suite=_SUITE),
        certificates=certificates,
    )
    target = Target(scheme="https", host=host, port=443, display=host or str(job.paths[0]))
    return Case(
        target=target,
        route=route,
        status=edge_status(route, seen, verdict),
        edge=seen,
        verdict=verdict,
    )


def _without_observations(found: Finding) -> Finding:
    """A file was read and nothing observed: the evidence names no observation."""
    return replace(found, evidence=tuple(replace(each, observations=()) for each in found.evidence))


def _status(status: EdgeStatus, verdict: ChainVerdict) -> EdgeStatus:
    """The case's status, with the verdict's confidence: no handshake stands behind it."""
    return replace(status, confidence=verdict.confidence)


def _summary(job: Verification, verdict: ChainVerdict, status: EdgeStatus) -> str:
    where = " for " + " or ".join(verdict.names) if verdict.names else ""
    if status.status == "ok" and verdict.accepted is not True:
        return f"In {mode_name(job.mode)} the edge does not judge the certificate{where}."
    if verdict.accepted:
        return f"The edge in Full (strict) would accept this chain{where}."
    if verdict.accepted is None:
        return f"Whether the edge would accept this chain{where} cannot be told from here."
    first = next((each for each in verdict.decisive), None)
    early = first is not None and first.kind is DefectClass.HANDSHAKE
    outcome = "could not finish the handshake (525)" if early else "would refuse this chain (526)"
    sure = "" if status.confidence.rank == 0 else f" ({status.confidence} confidence)"
    names = ", ".join(path.name for path in job.paths)
    return f"With {names} the edge {outcome}{where}{sure}: {first.text if first else ''}"
