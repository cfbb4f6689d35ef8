"""Files and wire side by side: does the running server do what its configuration says?

Where both agree the line is proof. Where they do not, what differs tells which of three it is: the
server has not read its files again, another server answers, or the files are not those in use.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cf525.causes.case import Case, Context
from cf525.causes.filling import render
from cf525.causes.signs.table import kin_of
from cf525.conclusion.configuration import ReadConfiguration, conclude_configuration
from cf525.model import (
    Confidence,
    EdgeStatus,
    Evidence,
    Finding,
    Observation,
    Recognised,
    Report,
)
from cf525.model.registry import version_name
from cf525.pki.facts import describe
from cf525.values import dataclass

NOT_RELOADED: Final = "not-reloaded"
OTHER_SERVER: Final = "other-server-answers"
NOT_IN_USE: Final = "config-not-in-use"
RUNNING: Final = "running-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What it comes to, how sure that is, and what differs, in words."""

    cause: str
    confidence: Confidence
    differs: tuple[str, ...]
    reason: str = ""


def joined(wire: Report, read: ReadConfiguration) -> Report:
    """The report on the running server, with what its files say to it."""
    files = conclude_configuration(read)
    seen = _direct(wire)
    if seen is None or not read.foretold.told:
        unknowns = tuple(each for each in files.unknowns if each not in wire.unknowns)
        return replace(wire, unknowns=(*wire.unknowns, *unknowns))
    found = difference(wire, files, read, seen)
    if found is None:
        return _agreeing(wire, files)
    finding = _finding(found, wire, read)
    others = tuple(replace(each, contributing=True) for each in wire.findings)
    told = {each.id for each in others}
    theirs = tuple(
        replace(each, contributing=True) for each in files.findings if each.id not in told
    )
    return replace(
        wire,
        headline=finding.id,
        findings=(finding, *others, *theirs),
        summary=f"{finding.title[:1].upper()}{finding.title[1:]}: {found.differs[0]}.",
        server=Recognised(platform=read.foretold.server, ground="its configuration was read"),
    )


def difference(
    wire: Report, files: Report, read: ReadConfiguration, seen: Observation
) -> Difference | None:
    """Where the running server does something else than its files foretell; None if nowhere."""
    differs = tuple(_differing(wire, files, read, seen))
    if not differs:
        return None
    platform = wire.server.platform if wire.server is not None else ""
    own = read.foretold.server
    if platform and platform != own and own not in kin_of(platform):
        text = f"the answer is that of {platform}, and the files are {own}'s"
        return Difference(
            cause=OTHER_SERVER,
            confidence=Confidence.MEDIUM,
            differs=(text, *differs),
            reason="a proxy of that name may stand in front of it",
        )
    leaf = seen.certificates[0] if seen.certificates else None
    if leaf is not None and leaf not in read.foretold.leaves and not _related(leaf, read):
        return Difference(
            cause=OTHER_SERVER,
            confidence=Confidence.MEDIUM,
            differs=("the certificate on the wire is in none of the files", *differs),
            reason="the running server may have read another certificate before",
        )
    if files.edge_status.works or _older(leaf, read):
        return Difference(
            cause=NOT_RELOADED,
            confidence=Confidence.HIGH if _older(leaf, read) else Confidence.MEDIUM,
            differs=differs,
            reason="" if _older(leaf, read) else "the files in use may be others",
        )
    return Difference(
        cause=NOT_IN_USE,
        confidence=Confidence.MEDIUM,
        differs=differs,
        reason="they may have been changed since the server started",
    )


def _differing(
    wire: Report, files: Report, read: ReadConfiguration, seen: Observation
) -> Iterator[str]:
    foretold = read.foretold
    chain = foretold.chain
    if chain is not None and seen.certificates and not foretold.plain:
        ours, theirs = chain.certificates[0], seen.certificates[0]
        if ours != theirs:
            yield f"the wire shows {_called(theirs)}, the file holds {_called(ours)}"
        elif chain.certificates != seen.certificates:
            count = f"{len(seen.certificates)} certificates and the file {len(chain.certificates)}"
            yield f"the wire shows {count}"
    fault = foretold.decisive
    silent = fault is not None and fault.status == "525" and chain is None
    if silent and seen.certificates:
        yield f"the files foretell {fault.cause if fault else ''}, and a certificate comes"
    hello = seen.server_hello
    if hello is not None and foretold.agreed is not None and foretold.agreed.told:
        own = foretold.agreed.version
        if own != hello.version:
            yield f"the wire speaks {version_name(hello.version)}, the files {version_name(own)}"
    if files.edge_status != wire.edge_status and not files.edge_status.unknown:
        known = not wire.edge_status.unknown
        if known and not _same_cause(wire, files):
            yield f"the files foretell {files.edge_status}, the wire comes to {wire.edge_status}"


def _same_cause(wire: Report, files: Report) -> bool:
    return wire.headline is not None and wire.headline == files.headline


def _called(encoded: bytes) -> str:
    """A certificate in a few words."""
    facts = describe(encoded, 0)
    names = ", ".join(facts.dns_names[:2]) or facts.subject
    until = f", until {facts.not_after:%Y-%m-%d}" if facts.not_after is not None else ""
    return f"serial {facts.serial[:23]} for {names}{until}"


def _related(leaf: bytes, read: ReadConfiguration) -> bool:
    """Whether a certificate has a name in common with the one that the files would send."""
    chain = read.foretold.chain
    theirs = set(describe(leaf, 0).dns_names)
    if read.host in theirs:
        return True
    return chain is not None and bool(theirs & set(describe(chain.certificates[0], 0).dns_names))


def _older(leaf: bytes | None, read: ReadConfiguration) -> bool:
    """Whether the wire's certificate was made before the file's."""
    chain = read.foretold.chain
    if leaf is None or chain is None or leaf == chain.certificates[0]:
        return False
    theirs, ours = describe(leaf, 0).not_before, describe(chain.certificates[0], 0).not_before
    return theirs is not None and ours is not None and theirs < ours


def _agreeing(wire: Report, files: Report) -> Report:
    """Both say the same: the files' line and patch belong to what the wire shows."""
    proof = Evidence(text="the running server answers as its files say")
    headline = files.headline_finding
    findings = wire.findings
    id = wire.headline
    if headline is not None:
        mine = wire.headline_finding
        base = mine if mine is not None and mine.id == headline.id else headline
        merged = replace(
            base,
            evidence=(*base.evidence, proof),
            places=headline.places,
            patch=headline.patch,
            remedies=headline.remedies,
        )
        rest = tuple(each for each in findings if each.id != merged.id)
        rest = tuple(replace(each, contributing=True) for each in rest)
        findings, id = (merged, *rest), merged.id
    confidence = min(wire.confidence, files.confidence, key=lambda each: each.rank)
    return replace(
        wire,
        findings=findings,
        headline=id,
        confidence=confidence,
        server=files.server,
        unknowns=tuple(each for each in wire.unknowns if each.id != RUNNING),
    )


def _finding(found: Difference, wire: Report, read: ReadConfiguration) -> Finding:
    route = wire.routes[0]
    status = EdgeStatus(status=wire.edge_status, confidence=found.confidence, reason="")
    case = Case(
        context=Context(target=wire.target, server=read.foretold.server),
        route=route,
        status=status,
        configuration=read.foretold,
    )
    facts = {"differs": "; ".join(found.differs), "server": read.foretold.server}
    page = render(found.cause, case, facts, (read.foretold.server,))
    chain = read.foretold.chain
    places = (chain.file.place,) if chain is not None else ()
    if not places and read.foretold.site is not None:
        places = (read.foretold.site,)
    return Finding(
        id=found.cause,
        edge_status=wire.edge_status,
        confidence=found.confidence,
        title=page.title,
        evidence=tuple(Evidence(text=each) for each in found.differs),
        explanation=page.explanation,
        remedies=page.remedies,
        routes=(route.id,),
        confidence_reason=found.reason,
        places=places,
    )


def _direct(wire: Report) -> Observation | None:
    """The edge's own probe of the first route that was probed."""
    return next((each for each in wire.observations if each.variation is None and each.route), None)
