"""``verify``: would the edge accept the certificates in a file, before they are deployed?

Reads the files, judges the chain as the edge would judge one that was sent, and reports in the
form of a diagnosis. No origin is contacted; only missing intermediates and revocation lists are
fetched, when that is allowed.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from cf525.conclusion.chain import ReadChain, conclude_chain, conclude_unloadable
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.errors import UsageError
from cf525.jobs.aside import aside
from cf525.model import KeyProof, Report
from cf525.pki import files, pem
from cf525.pki.pem import Damage
from cf525.values import dataclass


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
    server: str = ""
    timeout: float = 20.0


async def verify(job: Verification) -> Report:
    """The report on the certificates in ``job.paths``. Raises UsageError for unusable files."""
    began = time.perf_counter()
    read = await aside(lambda: _read(job))
    if isinstance(read, Report):
        return read
    certificates, keys, odd = read.certificates, read.keys, read.odd
    async with Outside(_options(job)) as outside:
        judge = await outside.judge()
        proof = _proof(keys, certificates[0])
        verdict = await aside(lambda: judge.of_chain(certificates, job.hosts, key_proof=proof))
        verdict = await judge.completed(verdict, certificates)
    return conclude_chain(
        ReadChain(
            verdict=verdict,
            mode=job.mode,
            sources=tuple(map(str, job.paths)),
            started_at=datetime.now(UTC),
            odd=tuple(odd),
            server=job.server,
            milliseconds=(time.perf_counter() - began) * 1000,
        )
    )


@dataclass(frozen=True, slots=True)
class _Read:
    certificates: tuple[bytes, ...]
    keys: list[bytes]
    odd: list[Damage]


def _read(job: Verification) -> "_Read | Report":
    """What the files hold; the report at once where no server would load one. Raises UsageError."""
    contents = [(path, files.read_file(path)) for path in job.paths]
    odd: list[Damage] = []
    for path, content in contents:
        wrong = pem.written_wrongly(content)
        if wrong:
            raise UsageError(f"{path} {wrong}.")
        found = pem.damages(content)
        if any(each.fatal for each in found):
            return conclude_unloadable(str(path), job.hosts, job.mode, found, datetime.now(UTC))
        odd += found
    bundles = [files.bundle_of(content, str(path), job.password) for path, content in contents]
    certificates = tuple(each for bundle in bundles for each in bundle.certificates)
    if not certificates:
        raise UsageError("there is no file to verify", hint="name a file such as fullchain.pem")
    keys = [key for bundle in bundles for key in bundle.public_keys]
    if job.key is not None:
        keys = [files.read_public_key(job.key)]
    return _Read(certificates, keys, odd)


def _proof(keys: list[bytes], leaf: bytes) -> KeyProof:
    if not keys:
        return KeyProof.UNKNOWN
    proofs = {files.proves(key, leaf) for key in keys}
    return KeyProof.PROVED if KeyProof.PROVED in proofs else proofs.pop()


def _options(job: Verification) -> Options:
    return Options(
        resolver=job.resolver,
        timeout=job.timeout,
        trust_files=job.trust_files,
        trust_only=job.trust_only,
        at=job.at,
        fetch=job.fetch,
        check_revocation=job.check_revocation,
    )
