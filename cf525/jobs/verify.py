"""``verify``: would the edge accept the certificates in a file, before they are deployed?

Reads the files, judges the chain as the edge would judge one that was sent, and reports in the
form of a diagnosis. No origin is contacted; only missing intermediates and revocation lists are
fetched, when that is allowed.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path

from cf525.conclusion.chain import ReadChain, conclude_chain, conclude_unloadable
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.errors import UsageError
from cf525.jobs.aside import aside
from cf525.model import ChainVerdict, KeyProof, Report
from cf525.pki import files, pem
from cf525.pki.pem import Damage, PemText
from cf525.pki.within import Entry, Mending, mending
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What to verify.

    ``paths`` are read in order, as a server would send their certificates: the first holds the
    leaf. ``text`` is what the one path holds, where no file is to be read. ``hosts`` are names of
    which one must be covered: the requested one, then the target of its CNAME. ``key`` is a private
    key that must belong to the leaf. ``fetch`` allows downloads.
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
    text: bytes | None = field(default=None, repr=False)


async def verify(job: Verification) -> Report:
    """The report on the certificates in ``job.paths``. Raises UsageError for unusable files."""
    began = time.perf_counter()
    read = await aside(lambda: _read(job))
    if isinstance(read, Report):
        return read
    async with Outside(_options(job)) as outside:
        judge = await outside.judge()
        judged = await aside(lambda: _judged(job, judge, read))
        verdict = await judge.completed(judged.verdict, read.certificates)
    return conclude_chain(
        ReadChain(
            verdict=verdict,
            mode=job.mode,
            sources=tuple(map(str, job.paths)),
            started_at=datetime.now(UTC),
            odd=tuple(read.odd),
            forms=read.forms,
            mended=judged.mended,
            key_of=_owner(read.keys, read.certificates),
            key_of_another_kind=all(
                files.of_another_kind(key, read.certificates[0]) for key in read.keys
            ),
            refused_of_go=judged.refused_of_go,
            server=job.server,
            milliseconds=(time.perf_counter() - began) * 1000,
        )
    )


@dataclass(frozen=True, slots=True)
class _Read:
    certificates: tuple[bytes, ...]
    entries: list[Entry]
    keys: list[bytes]
    odd: list[Damage]
    forms: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: ChainVerdict
    mended: Mending | None
    refused_of_go: bool


def _read(job: Verification) -> "_Read | Report":
    """What the files hold; the report at once where no server would load one. Raises UsageError."""
    given = job.text
    contents = [(path, files.read_file(path) if given is None else given) for path in job.paths]
    odd: list[Damage] = []
    entries: list[Entry] = []
    keys: list[bytes] = []
    for path, content in contents:
        wrong = pem.written_wrongly(content)
        if wrong:
            raise UsageError(f"{path} {wrong}.")
        text = pem.read(content)
        if any(each.fatal for each in text.damages):
            return conclude_unloadable(
                str(path), job.hosts, job.mode, text.damages, datetime.now(UTC)
            )
        odd += text.damages
        bundle = files.bundle_of(content, str(path), job.password)
        entries += _entries(str(path), text, bundle)
        keys += bundle.public_keys
    certificates = tuple(each.content for each in entries if each.read)
    if not certificates:
        raise UsageError("there is no file to verify", hint="name a file such as fullchain.pem")
    if job.key is not None:
        keys = [files.read_public_key(job.key)]
    forms = {str(path): form for path, content in contents if (form := files.form_of(content))}
    return _Read(certificates, entries, keys, odd, forms)


def _judged(job: Verification, judge: Judge, read: _Read) -> _Judged:
    """The chain as the edge would judge it, and the order of the same files that it would take."""
    verdict = judge.of_chain(
        read.certificates, job.hosts, key_proof=_proof(read.keys, read.certificates[0])
    )
    mended = None
    if verdict.accepted is False and all(each.first for each in read.entries):
        mended = mending(
            read.entries, lambda order: bool(judge.of_chain(order, job.hosts).accepted)
        )
    if mended is not None:
        mended = replace(mended, key=_proof(read.keys, mended.order[0].content))
    less = bool(verdict.accepted) and _refused_of_go(judge, job.hosts, read.entries, read.odd)
    return _Judged(verdict, mended, less)


def _entries(path: str, text: PemText, bundle: files.Bundle) -> Iterator[Entry]:
    """The certificates of a file in its order: as servers read them where it is PEM, with those
    that they pass over; else all that it holds, which have no lines."""
    if not text.held:
        for number, content in enumerate(bundle.certificates, 1):
            yield Entry(file=path, block=number, first=0, last=0, content=content)
        return
    taken = {each.first: each for each in text.held}
    found = {**{each.first: each for each in text.meant}, **taken}
    for number, first in enumerate(sorted(found), 1):
        yield Entry(
            file=path,
            block=number,
            first=first,
            last=found[first].last,
            content=found[first].content,
            read=first in taken,
        )


def _refused_of_go(
    judge: Judge, hosts: tuple[str, ...], entries: Sequence[Entry], odd: Sequence[Damage]
) -> bool:
    """Whether the edge would refuse what a server written in Go sends of an accepted chain."""
    dropped = {each.line for each in odd if each.unread_by}
    sent = tuple(
        each.content
        for each in entries
        if each.read and not any(each.first <= line <= each.last for line in dropped)
    )
    return bool(dropped and sent) and judge.of_chain(sent, hosts).accepted is False


def _proof(keys: list[bytes], leaf: bytes) -> KeyProof:
    if not keys:
        return KeyProof.UNKNOWN
    proofs = {files.proves(key, leaf) for key in keys}
    return KeyProof.PROVED if KeyProof.PROVED in proofs else proofs.pop()


def _owner(keys: list[bytes], certificates: tuple[bytes, ...]) -> int | None:
    """Which certificate, from 1, has the key that is not the first one's; 0 where none has it,
    None where the first has it or no key was read."""
    if not certificates or _proof(keys, certificates[0]) is not KeyProof.FAILED:
        return None
    proved = (n for n, each in enumerate(certificates, 1) if _proof(keys, each) is KeyProof.PROVED)
    return next(proved, 0)


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
