"""``verify``: would the edge accept the certificates in a file, before they are deployed?

Reads the files, judges the chain as the edge would judge one that was sent, and reports in the
form of a diagnosis. No origin is contacted; only missing intermediates and revocation lists are
fetched, when that is allowed.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cf525.conclusion.chain import ReadChain, conclude_chain
from cf525.errors import UsageError
from cf525.model import ChainVerdict, KeyProof, Report
from cf525.net import trust_list
from cf525.net.dns import Resolver
from cf525.net.fetch import CRL, through
from cf525.pki import TrustStore, files, judge, revocation
from cf525.pki.completion import complete_chain
from cf525.pki.path import build, sent_nodes


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
    return conclude_chain(
        ReadChain(
            verdict=verdict,
            mode=job.mode,
            sources=tuple(map(str, job.paths)),
            started_at=datetime.now(UTC),
            milliseconds=(time.perf_counter() - began) * 1000,
        )
    )


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
