"""``lint``: what a server's own configuration would answer the edge, and at which line.

Reads the files, lets ``servers`` foretell the handshake, judges the certificates that the
configuration names as ``verify`` does, and looks for a patch that makes the whole healthy: one is
only told when the patched files, judged anew, are better.
"""

import posixpath
import time
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path

from cf525.conclusion.configuration import ReadConfiguration, case_of, conclude_configuration
from cf525.conclusion.join import joined
from cf525.diagnosis.judge import Judge
from cf525.diagnosis.options import Options
from cf525.diagnosis.outside import Outside
from cf525.edge.modes import validates
from cf525.errors import UsageError
from cf525.jobs.aside import aside
from cf525.jobs.diagnose import diagnose
from cf525.jobs.neighbours import Neighbour, names, shown, unharmed
from cf525.model import ChainVerdict, Report
from cf525.model.status import OK
from cf525.probe.reach import parse_via
from cf525.probe.transports import Ssh
from cf525.reading.sources import STDIN, Source, named, of_host
from cf525.reading.ssh import ROUNDS as MOST_FETCHES
from cf525.reading.ssh import Remote
from cf525.servers.faults import unread
from cf525.servers.foretold import Edit, Foretold, as_called
from cf525.servers.library import Absence, Given, Library, Overlaid, What
from cf525.servers.patch import applied, diff_of
from cf525.servers.question import Question
from cf525.servers.registry import KINDS
from cf525.servers.strangers import unquoted
from cf525.servers.swap import better_chains, other_keys
from cf525.values import dataclass

KEPT_IN_FILES = frozenset(("nginx", "apache", "haproxy", "caddy", "traefik", "envoy"))
"""Servers that do not start, or answer no name, without the certificate files they name."""

ROUNDS = 4
"""How many faults behind each other a patch mends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What to read and to judge. ``paths`` are files, folders or ``-``; none stands for the usual
    places. ``root`` stands before every absolute path inside; ``via`` is a host to read from."""

    host: str
    paths: tuple[str, ...] = ()
    server: str = ""
    root: Path | None = None
    mode: str = "strict"
    port: int = 443
    address: str = ""
    keys: bool = False
    wire: tuple[str, int | None] | None = None
    via: Ssh | None = None
    trust_files: tuple[Path, ...] = ()
    trust_only: bool = False
    at: datetime | None = None
    resolver: tuple[str, int] | None = None
    timeout: float = 20.0
    aop: str = "unknown"
    text: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Judged:
    """One look at the files, as they are or with a patch."""

    read: ReadConfiguration

    @property
    def healthy(self) -> bool:
        return case_of(self.read).status.status == OK

    @property
    def loads(self) -> bool:
        """Whether the server takes the configuration at all."""
        fault = self.read.foretold.decisive
        return fault is None or fault.cause != "configuration-not-loaded"

    @property
    def trouble(self) -> tuple[str, str]:
        """What is wrong: the same twice means that nothing was gained."""
        case = case_of(self.read)
        fault = self.read.foretold.decisive
        return (
            case.status.status,
            f"{fault.cause} {fault.evidence}" if fault else case.status.reason,
        )


async def lint(job: Lint) -> Report:
    """The report on the configuration. Raises UsageError where there is none to read."""
    read = await _read(job)
    if job.wire is None:
        return conclude_configuration(read)
    return joined(await diagnose(job.host, _of_wire(job, _options(job))), read)


async def _read(job: Lint) -> ReadConfiguration:
    """The files judged, with the patch that mends them."""
    began = time.perf_counter()

    def took() -> float:
        return (time.perf_counter() - began) * 1000

    via = job.via
    remote = Remote(via.destination, via.port, via.options) if via is not None else None
    if remote is None:
        source = await aside(lambda: named(job.paths, job.server, job.root, job.text))
    else:
        source = await of_host(remote, job.paths, job.server, aside)
    async with Outside(_options(job)) as outside:
        linter = Linter(job, source, await outside.judge())
    read = await aside(lambda: linter.read(milliseconds=took))
    for _ in range(MOST_FETCHES):
        if remote is None or not remote.missing:
            break
        await remote.fetch()
        read = await aside(lambda: linter.read(milliseconds=took))
    return read


def _of_wire(job: Lint, options: Options) -> Options:
    """The diagnosis of the one address that the files are laid beside."""
    assert job.wire is not None
    address, port = job.wire
    return replace(options, origins=((address, port or job.port),), mode=job.mode, edge=False)


async def laid_beside(report: Report, config: str, options: Options) -> Report:
    """A diagnosis with what the configuration at ``config`` (a path, or ``ssh://host/path``) says
    to it. Raises UsageError where there is none to read."""
    route = next((each for each in report.routes if each.probeable), None)
    if route is None:
        raise UsageError("no origin was probed, to lay the files beside", hint="give --origin ADDR")
    via, path = _place(config)
    job = Lint(
        host=report.target.host,
        paths=(path,) if path else (),
        mode=route.mode if route.mode != "unknown" else "strict",
        port=route.port,
        address=route.address or "",
        via=via,
        aop=route.client_certificate,
        trust_files=options.trust_files,
        trust_only=options.trust_only,
        at=options.at,
    )
    return joined(report, await _read(job))


def _place(config: str) -> tuple[Ssh | None, str]:
    if not config.startswith("ssh://"):
        return None, config
    host, slash, path = config.removeprefix("ssh://").partition("/")
    found = parse_via(f"ssh://{host}")
    assert isinstance(found, Ssh)
    return found, f"{slash}{path}" if path else ""


def _options(job: Lint) -> Options:
    return Options(
        trust_files=job.trust_files,
        trust_only=job.trust_only,
        at=job.at,
        fetch=False,
        resolver=job.resolver,
        timeout=job.timeout,
    )


class Linter:
    """The files of one source, judged once or with patches."""

    def __init__(self, job: Lint, source: Source, judge: Judge) -> None:
        self.job = job
        self.source = source
        self.judge = judge
        self.started_at = datetime.now(UTC)
        self.question = Question(
            host=job.host,
            port=job.port,
            mode=job.mode,
            address=job.address or (job.wire[0] if job.wire is not None else ""),
            keys=job.keys,
            at=job.at,
            client_certificate=job.aop,
        )

    def read(self, milliseconds: Callable[[], float] | None = None) -> ReadConfiguration:
        """The configuration judged, with the patch that mends it where there is one."""
        library = Overlaid(self.source.library, {})
        first = self._look(library)
        changed, prices = (library, ()) if first.healthy else self._patched(library, first)
        before = {name: self._before(name) for name in changed.texts}
        patch = diff_of(changed, before)
        took = milliseconds() if milliseconds is not None else 0.0
        return replace(
            first.read,
            foretold=as_called(first.read.foretold, self.source.library.shown),
            patch=patch,
            prices=prices if patch else (),
            patch_from="/" if patch and self.source.absolute(changed.texts) else "",
            milliseconds=took,
        )

    def foretold(self, library: Overlaid, question: Question) -> Foretold:
        """What one name meets with the files, as they are or with a patch."""
        renewed = self.source.renewed
        whole = renewed(library) if renewed is not None and library.texts else library
        kind, mains = self.source.kind, self.source.mains
        found = KINDS[kind].judge(whole, mains, question)
        given = isinstance(self.source.library, Given)  # all of it was handed over
        return found if given else unquoted(found, whole, mains, kind)

    def _look(self, library: Overlaid) -> _Judged:
        foretold = self._with_unread_key(library, self.foretold(library, self.question))
        verdict = self._verdict(foretold, self.job.host)
        return _Judged(
            ReadConfiguration(
                foretold=foretold,
                verdict=verdict,
                host=self.job.host,
                mode=self.job.mode,
                port=self.job.port,
                sources=self.source.named,
                started_at=self.started_at,
                aop=self.job.aop,
                keys_compared=self.job.keys,
                copied=self._copied,
                keys_beside=self._keys_beside(library, foretold),
            )
        )

    @property
    def _copied(self) -> bool:
        return self.job.root is not None and self.source.kind in KEPT_IN_FILES

    def _keys_beside(self, library: Overlaid, foretold: Foretold) -> tuple[str, ...]:
        """Further keys named after the certificate, where none was looked at."""
        chain = foretold.chain
        if chain is None or chain.key is None or self.job.keys:
            return ()
        found = other_keys(library, chain.file.path, chain.key.path)
        return tuple(posixpath.basename(each) for each in found)

    def _with_unread_key(self, library: Overlaid, foretold: Foretold) -> Foretold:
        """The same with a key that the tree lacks together with its whole folder."""
        key = foretold.chain.key if foretold.chain is not None else None
        if (
            key is None
            or not self._copied
            or library.read(key.path, What.KEY) is not Absence.UNKNOWN
        ):
            return foretold
        return replace(foretold, unknowns=(*foretold.unknowns, unread(library.shown(key.path))))

    def _verdict(self, foretold: Foretold, host: str) -> ChainVerdict | None:
        if foretold.chain is None or foretold.plain:
            return None
        agreed = foretold.agreed
        return self.judge.of_chain(
            foretold.chain.certificates,
            (host,),
            key_proof=foretold.chain.proof,
            tls_version=agreed.version if agreed is not None else None,
        )

    # -- the patch ------------------------------------------------------------------------

    def _patched(self, library: Overlaid, first: _Judged) -> tuple[Overlaid, tuple[str, ...]]:
        """The files made healthy, or at least rid of what is wrong now, and what it costs; as they
        are where that is not known."""
        now, current = first, library
        prices: list[str] = []
        for _ in range(ROUNDS):
            found = self._step(current, now)
            if found is None:
                break
            current, now, price = found
            prices += [price] if price else []
            if now.healthy:
                break
        if current is library or case_of(now.read).status.status.fails:
            return library, ()
        if any(name.endswith(STDIN) for name in current.texts):
            return library, ()  # what was piped in is no file
        return current, tuple(dict.fromkeys(prices))

    def _before(self, name: str) -> bytes:
        """A file as it is, by its real name."""
        for path in self.source.paths_of(name):
            content = self.source.library.read(path)
            if not isinstance(content, Absence):
                return content
        return b""

    def _step(self, library: Overlaid, now: _Judged) -> tuple[Overlaid, _Judged, str] | None:
        fault = now.read.foretold.decisive
        for edits in self._candidates(library, now):
            changed = applied(edits, library) if edits else None
            if changed is None:
                continue
            try:
                then = self._look(changed)
            except UsageError:  # the edited text is no configuration
                continue
            better = then.trouble != now.trouble and (then.loads or not now.loads)
            if (then.healthy or better) and self._others_kept(library, changed, now):
                own = fault is not None and edits is fault.edits
                return changed, then, fault.price if fault is not None and own else ""
        return None

    def _others_kept(self, library: Overlaid, changed: Overlaid, now: _Judged) -> bool:
        """Whether the other sites of the files demand and serve what they did."""

        def seen(files: Overlaid, name: str) -> Neighbour:
            foretold = self.foretold(files, replace(self.question, host=name))
            verdict = self._verdict(foretold, name)
            return Neighbour(foretold, verdict is not None and verdict.accepted is True)

        found, host = now.read.foretold, self.question.host
        own = [each for each in shown(found, host) if not self._unmatched(library, each)]
        served = (name for name in own if seen(library, name).accepted)
        return all(seen(changed, name).accepted for name in served) and unharmed(
            names(found),
            lambda name: seen(library, name),
            lambda name: seen(changed, name),
        )

    def _unmatched(self, library: Overlaid, name: str) -> bool:
        """Whether no site has the name."""
        return self.foretold(library, replace(self.question, host=name)).unmatched

    def _candidates(self, library: Library, now: _Judged) -> Sequence[tuple[Edit, ...]]:
        foretold = now.read.foretold
        found: list[tuple[Edit, ...]] = []
        fault = foretold.decisive
        if fault is not None:
            found.append(fault.edits)
            if not fault.edits and foretold.chain is not None:  # a key that the edge cannot use
                found += self._swaps(library, foretold)
        verdict = now.read.verdict
        refused = verdict is not None and verdict.accepted is False and validates(self.job.mode)
        if refused and foretold.if_refused is not None:
            found.append(foretold.if_refused.edits)
        if refused:
            found += foretold.others
        if refused and foretold.chain is not None:
            found += self._swaps(library, foretold)
        return found

    def _swaps(self, library: Library, foretold: Foretold) -> list[tuple[Edit, ...]]:
        """Other chains for the line that names the one that is sent."""
        if foretold.chain is None or foretold.foreign:
            return []
        served = foretold.served
        if served is None and not foretold.unmatched:
            served = frozenset()  # the line is that of the site for the name
        return better_chains(library, foretold.chain, self.job.host, self._good, served)

    def _good(self, certificates: tuple[bytes, ...]) -> bool:
        return self.judge.of_chain(certificates, (self.job.host,)).accepted is True
