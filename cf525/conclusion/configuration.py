"""The report on a server's own configuration: what a ClientHello of the edge would meet.

Nothing was asked over a network. The catalogue speaks as it does of an origin, and says besides
which line it is; how sure that is never exceeds what files can tell.
"""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cf525.causes.case import Case, Context
from cf525.causes.configured import holding, late, waits
from cf525.causes.matching import findings
from cf525.conclusion.bearing import Verdict, weighed
from cf525.edge.codes import title_of
from cf525.edge.modes import mode_name, validates
from cf525.edge.status import chain_status
from cf525.model import (
    ChainVerdict,
    Confidence,
    Config,
    EdgeStatus,
    Finding,
    Place,
    Provenance,
    Recognised,
    Remedy,
    Report,
    Route,
    RouteStatus,
    Target,
    Unknown,
    Words,
)
from cf525.model.status import OK, UNKNOWN
from cf525.patterns import lazy_pattern
from cf525.servers.faults import NOT_READ
from cf525.servers.foretold import Foretold
from cf525.values import dataclass
from cf525.version import __version__

PATCHED: Final = "This patch mends it: add '--diff | {command}' to this command."
PRICE: Final = "Price: {}"
_KEYS: Final = "Whether each private key belongs to its certificate: keys are not read unasked.{}"
_BESIDE: Final = " Named after it are further ones: "
MENDED: Final = "patch -p0"
_HUNK: Final = lazy_pattern(r"@@ -(\d+)")
MOST_MORE: Final = 3
"""Lines of a patch that are told among the places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfiguration:
    """A configuration that was read and what it foretells. ``sources`` are the files as they were
    named; ``patch`` mends what was found, from the folder ``patch_from``, empty for this one;
    ``prices`` are what it costs; ``copied`` says that a whole tree was given, so that what it
    lacks keeps a server from being called healthy, and ``bare`` that no certificate and no key was
    copied with it: where the edge judges none, the rest decides; ``keys_beside`` are further
    keys that are named after the certificate, of which no name tells which one is its own."""

    foretold: Foretold
    verdict: ChainVerdict | None
    host: str
    mode: str
    port: int
    sources: Sequence[str]
    started_at: datetime
    patch: str = ""
    patch_from: str = ""
    prices: tuple[str, ...] = ()
    milliseconds: float = 0.0
    aop: str = "unknown"
    keys_compared: bool = False
    copied: bool = False
    bare: bool = False
    keys_beside: tuple[str, ...] = ()


def case_of(read: ReadConfiguration) -> Case:
    """The case that the files make, without any handshake."""
    plain = read.foretold.plain
    port = 80 if plain else read.port
    address = read.foretold.chain.file.path if read.foretold.chain is not None else ""
    route = Route(
        id="r1",
        mode=read.mode,
        scheme="http" if plain else "https",
        address=address or (read.sources[0] if read.sources else "configuration"),
        port=port,
        sni=None if plain else read.host,
        host_header=read.host,
        accepted_names=(read.host,),
        client_certificate=read.aop,
        provenance={
            "address": Provenance(source="argument", detail=", ".join(read.sources)),
            "mode": Provenance(source="argument", detail="--mode"),
        },
    )
    target = Target(scheme="https", host=read.host, port=443, display=read.host)
    bare = Case(
        context=Context(target=target, server=read.foretold.server),
        route=route,
        status=EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=""),
        verdict=read.verdict,
        configuration=read.foretold,
    )
    return replace(bare, status=_status(bare, read))


def conclude_configuration(read: ReadConfiguration) -> Report:
    """What the edge would meet, why, and at which line."""
    case = case_of(read)
    found = tuple(
        each
        for each in findings((case,))
        if not each.contributing or each.places or validates(read.mode) is False
    )
    headline = next((each for each in found if not each.contributing), None)
    if headline is not None and read.patch:
        mended = _mended(headline, read)
        found = tuple(mended if each is headline else each for each in found)
    judged = Verdict(status=case.status.status, confidence=case.status.confidence, cases=(case,))
    return Report(
        tool_version=__version__,
        started_at=read.started_at,
        target=case.target,
        edge_status=case.status.status,
        confidence=case.status.confidence,
        summary=_summary(read, case, headline),
        headline=headline.id if headline is not None else None,
        routes=(case.route,),
        route_statuses=(RouteStatus(route="r1", edge=case.status),),
        chain_verdicts=(read.verdict,) if read.verdict is not None else (),
        findings=found,
        unknowns=weighed(_unknowns(read), judged),
        timings={"total_ms": round(read.milliseconds, 1)},
        server=Recognised(platform=read.foretold.server, ground="its configuration was read"),
    )


def _status(case: Case, read: ReadConfiguration) -> EdgeStatus:
    """What the edge would meet. A server whose key is another's does not start: as long as no key
    was looked at, that all is well is likely and no more."""
    status = _foretold(case, read)
    lacking = any(each.id == NOT_READ for each in read.foretold.unknowns)
    open_alone = read.bare and not validates(read.mode)
    if status.status == OK and read.copied and lacking and not open_alone:
        reason = "a certificate or key that the configuration names is not in the copied tree"
        return EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=reason)
    if status.status == OK and read.keys_beside and not read.foretold.plain:
        others = ", ".join(read.keys_beside[:3])
        reason = (
            f"{others} is named after the certificate too, and which key fits only --keys tells"
        )
        return EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=reason)
    unsure = not (read.keys_compared or read.foretold.plain)
    if status.status == OK and status.confidence is Confidence.HIGH and unsure:
        return replace(status, confidence=Confidence.MEDIUM)
    return status


def _foretold(case: Case, read: ReadConfiguration) -> EdgeStatus:
    foretold = read.foretold
    if not foretold.told:
        reason = foretold.doubts[0] if foretold.doubts else "nothing here decides over this name"
        return EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=reason)
    fault = next((each for each in holding(case, foretold) if not waits(each, case)), None)
    unjudged = read.verdict is None and validates(read.mode) and not foretold.plain
    if fault is not None and not (late(fault) and unjudged):
        return _no_surer(
            EdgeStatus(status=fault.status, confidence=fault.confidence, reason=fault.evidence[0]),
            foretold,
        )
    if foretold.plain:
        reason = "the edge asks in clear, and is answered"
        return _no_surer(EdgeStatus(status=OK, confidence=Confidence.HIGH, reason=reason), foretold)
    if read.verdict is not None:
        return _no_surer(chain_status(read.mode, read.verdict), foretold)
    if validates(read.mode):
        reason = "the handshake is completed, and which certificate comes is not known"
        return EdgeStatus(status=UNKNOWN, confidence=Confidence.LOW, reason=reason)
    reason = "the edge and the server have all in common that a handshake needs"
    return _no_surer(EdgeStatus(status=OK, confidence=Confidence.HIGH, reason=reason), foretold)


def _no_surer(status: EdgeStatus, foretold: Foretold) -> EdgeStatus:
    """A doubt about what the files are for makes it likely, and no more."""
    if status.confidence is Confidence.HIGH and (foretold.doubts or foretold.unknowns):
        return replace(status, confidence=Confidence.MEDIUM)
    return status


def _mended(headline: Finding, read: ReadConfiguration) -> Finding:
    """The finding with the patch, which stands before every other fix."""
    prices = map(PRICE.format, read.prices)
    command = f"{MENDED} -d {read.patch_from}" if read.patch_from else MENDED
    remedy = Remedy(
        where="origin",
        platform=read.foretold.server,
        parts=(
            Words(text=" ".join((PATCHED.format(command=command), *prices))),
            Config(server=read.foretold.server, text=read.patch.rstrip("\n")),
        ),
    )
    known = {(each.file, each.line) for each in headline.places}
    more = [each for each in _changed(read) if (each.file, each.line) not in known]
    places = (*headline.places, *more[:MOST_MORE])
    remedies = (remedy, *headline.remedies)
    return replace(headline, patch=read.patch, places=places, remedies=remedies)


def _changed(read: ReadConfiguration) -> Iterator[Place]:
    """The first line that each part of the patch changes, or puts another one behind."""
    file, number, before, found = "", 0, "", True
    lines = read.patch.splitlines()
    for line, after in zip(lines, (*lines[1:], ""), strict=True):
        if line.startswith("--- ") and after.startswith("+++ "):
            file, found = posixpath.join(read.patch_from, line.removeprefix("--- ")), True
        elif hunk := _HUNK.match(line):
            number, before, found = int(hunk[1]), "", False
        elif not found and line.startswith(("-", "+")):
            text = before if line.startswith("+") else line[1:].strip()
            yield Place(file=file, line=max(number - line.startswith("+"), 1), text=text)
            found = True
        elif not found:
            before, number = line[1:].strip(), number + 1


def _unknowns(read: ReadConfiguration) -> tuple[Unknown, ...]:
    doubts = tuple(
        Unknown(
            id="configuration-in-part",
            text=f"{_capital(each)}.",
            next="Give what is missing, or let --wire ADDR ask the running server.",
        )
        for each in read.foretold.doubts
    )
    running = Unknown(
        id="running-server",
        text=f"Whether the running {read.foretold.server} has read these files: it may be older.",
        next="Lay them beside the handshake: add --wire ADDR.",
    )
    keys = Unknown(
        id="keys-not-compared",
        text=_KEYS.format(
            f"{_BESIDE}{', '.join(read.keys_beside[:3])}." if read.keys_beside else ""
        ),
        next="Compare them: add --keys.",
    )
    compared = read.keys_compared or read.foretold.plain
    return (*doubts, *read.foretold.unknowns, *(() if compared else (keys,)), running)


def _capital(text: str) -> str:
    """The beginning of a sentence; the name of a file stays as it is called."""
    named = set("/.") & set(text.partition(" ")[0])
    return text if named else f"{text[:1].upper()}{text[1:]}"


def _summary(read: ReadConfiguration, case: Case, headline: Finding | None) -> str:
    status = case.status.status
    site = f" (answered by {read.foretold.site})" if read.foretold.site is not None else ""
    if status == OK:
        how = "in clear" if read.foretold.plain else f"in {mode_name(read.mode)}"
        return f"As these files say, the edge would get an answer for {read.host} {how}{site}."
    if status.unknown:
        return f"Cannot tell: {case.status.reason}."
    title = headline.title if headline is not None else case.status.reason
    return f"{status} {title_of(status)}: {title}{site}."
