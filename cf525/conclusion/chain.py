"""The report on a chain that was read and not met: a file before it is deployed.

The catalogue speaks as it does of an origin; what needs a handshake does not arise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Final

from cf525.causes.case import Case, Context
from cf525.causes.matching import findings
from cf525.conclusion.bearing import Verdict, weighed
from cf525.conclusion.certainty import bounded, bounded_case
from cf525.conclusion.conclude import recognised
from cf525.conclusion.forms import no_pem, packed_anew
from cf525.conclusion.within import told
from cf525.edge.modes import mode_name
from cf525.edge.status import chain_status
from cf525.model import (
    ChainVerdict,
    Confidence,
    DefectClass,
    EdgeStatus,
    Provenance,
    Report,
    Route,
    RouteStatus,
    Target,
    Unknown,
)
from cf525.model.status import OK, UNLOADABLE
from cf525.pki.pem import GO, Damage
from cf525.pki.within import Mending
from cf525.values import dataclass
from cf525.version import __version__

NO_NAME: Final = Unknown(
    id="no-host-given",
    text="Whether the certificate covers the name: no host was given.",
    next="Name it with --host.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChain:
    """A chain that was read: ``sources`` are the names of the files, ``mode`` the mode in which it
    is to be judged, ``odd`` what servers mind in the files and load all the same, or some of them,
    ``forms`` what the files are that are no PEM (see ``pki.files.form_of``), by their names;
    ``mended`` how the files' own certificates would make a chain that is accepted,
    ``key_of`` which certificate a key that is not the first one's belongs to, 0 for none of them;
    ``refused_of_go`` whether the edge refuses what servers written in Go send of them; ``server``
    is the platform a person named, ``milliseconds`` what the reading and judging took."""

    verdict: ChainVerdict
    mode: str
    sources: Sequence[str]
    started_at: datetime
    odd: tuple[Damage, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)
    mended: Mending | None = None
    key_of: int | None = None
    key_of_another_kind: bool = False
    refused_of_go: bool = False
    server: str = ""
    milliseconds: float = 0.0


def conclude_chain(chain: ReadChain) -> Report:
    """What the edge would make of it, and why."""
    verdict = chain.verdict
    case = bounded_case(_case(chain))
    found = tuple(
        each
        for each in findings((case,), bounded)
        if not each.contributing or case.status.status.works
    )
    if chain.mended is not None:
        found = tuple(told(each, chain.mended, verdict, chain.odd) for each in found)
    found = tuple(packed_anew(each, chain.forms) for each in found)
    headline = next((each for each in found if not each.contributing), None)
    minded = tuple(_minded(each, refused=chain.refused_of_go) for each in chain.odd)
    unnamed = () if verdict.names else (NO_NAME,)
    foreign = (no_pem(name, form) for name, form in chain.forms.items())
    judged = Verdict(status=case.status.status, confidence=case.status.confidence, cases=(case,))
    return Report(
        tool_version=__version__,
        started_at=chain.started_at,
        target=case.target,
        edge_status=case.status.status,
        confidence=case.status.confidence,
        summary=_summary(chain, case.status),
        headline=headline.id if headline is not None else None,
        server=recognised((case,), headline),
        routes=(case.route,),
        route_statuses=(RouteStatus(route=case.route.id, edge=case.status),),
        chain_verdicts=(verdict,),
        findings=found,
        unknowns=weighed((*unnamed, *foreign, *filter(None, minded)), judged),
        timings={"total_ms": round(chain.milliseconds, 1)},
    )


def _minded(odd: Damage, *, refused: bool) -> Unknown | None:
    """What only some servers mind, as something that depends on which one it is."""
    if odd.unread:
        return None
    by = odd.refused_by or odd.unread_by
    who = "A server written in Go (Caddy, Traefik)" if by == (GO,) else " or ".join(by)
    what = f"would not load the file: {odd.text} (line {odd.line})"
    if odd.unread_by:
        outcome = " (then 526)" if refused else ""
        what = f"skips the certificate of line {odd.line}{outcome}: {odd.text}"
    return Unknown(
        id="file-form",
        text=f"{who} {what}.",
        next="With such a server write the file anew in plain PEM.",
    )


def conclude_unloadable(
    name: str, hosts: Sequence[str], mode: str, damages: tuple[Damage, ...], started_at: datetime
) -> Report:
    """The report on a file that servers refuse: what is damaged, and nothing about a chain."""
    route, target = _read_from((name,), tuple(hosts), mode, address=name)
    status = EdgeStatus(
        status=UNLOADABLE, confidence=Confidence.HIGH, reason="servers refuse the file"
    )
    case = Case(
        context=Context(target=target),
        route=route,
        status=status,
        files=(name,),
        damages=damages,
    )
    found = findings((case,), bounded)
    headline = next(iter(found), None)
    return Report(
        tool_version=__version__,
        started_at=started_at,
        target=target,
        edge_status=status.status,
        confidence=status.confidence,
        summary=f"{name}: {headline.title}." if headline is not None else status.reason,
        headline=headline.id if headline is not None else None,
        routes=(route,),
        route_statuses=(RouteStatus(route=route.id, edge=status),),
        findings=found,
    )


def _case(chain: ReadChain) -> Case:
    verdict = chain.verdict
    route, target = _read_from(chain.sources, verdict.names, chain.mode, address="file")
    status = chain_status(chain.mode, verdict)
    if chain.key_of is not None:
        reason = "the private key is not that of the first certificate"
        sure = Confidence.MEDIUM if chain.key_of_another_kind else Confidence.HIGH
        status = EdgeStatus(status=UNLOADABLE, confidence=sure, reason=reason)
    elif status.status.fails and verdict.has("leaf_not_first"):
        status = replace(status, confidence=Confidence.MEDIUM)  # with the leaf's key none loads it
    return Case(
        context=Context(target=target, server=chain.server),
        route=route,
        status=status,
        key_of=chain.key_of,
        key_of_another_kind=chain.key_of_another_kind,
        verdict=verdict,
        files=tuple(chain.sources),
        damages=chain.odd,
    )


def _read_from(
    sources: Sequence[str], names: tuple[str, ...], mode: str, *, address: str
) -> tuple[Route, Target]:
    """The route and the target that stand for files: nothing is asked over them."""
    host = names[0] if names else ""
    route = Route(
        id="r1",
        mode=mode,
        scheme="https",
        address=address,
        port=443,
        sni=host or None,
        host_header=host,
        accepted_names=names,
        provenance={"address": Provenance(source="argument", detail=", ".join(sources))},
    )
    display = host or (sources[0] if sources else "")
    return route, Target(scheme="https", host=host, port=443, display=display)


def _summary(chain: ReadChain, status: EdgeStatus) -> str:
    verdict = chain.verdict
    if status.status == UNLOADABLE:
        return f"{', '.join(chain.sources)}: {status.reason}; servers do not load them."
    where = " for " + " or ".join(verdict.names) if verdict.names else ""
    if status.status == OK and verdict.accepted is not True:
        return f"In {mode_name(chain.mode)} the edge does not judge the certificate{where}."
    if verdict.accepted:
        return f"The edge in Full (strict) would accept this chain{where}."
    if verdict.accepted is None:
        return f"Whether the edge would accept this chain{where} cannot be told from here."
    first = next((each for each in verdict.decisive), None)
    early = first is not None and first.kind is DefectClass.HANDSHAKE
    outcome = "could not finish the handshake (525)" if early else "would refuse this chain (526)"
    sure = "" if status.confidence.rank == 0 else f" ({status.confidence} confidence)"
    names = ", ".join(each.rpartition("/")[2] for each in chain.sources)
    return f"With {names} the edge {outcome}{where}{sure}: {first.text if first else ''}"
