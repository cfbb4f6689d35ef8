"""One host's page in the HTML report: its plain report turned into what a template lays out.

Works on the plain data of a saved report, so that ten thousand reports are never in memory as
objects. Lays out; judges nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cf525.changes.render import dashboard, needs, shell, terraform, undo_shell
from cf525.edge.codes import title_of
from cf525.edge.modes import mode_name
from cf525.model import Change, Config, HostRow, Part, Remedy, Report, Shell, Words
from cf525.model.target import place_of
from cf525.report.answer import Answer, Fix, answer
from cf525.report.audit.words import RISKS, met, state_label
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.now import Now
from cf525.report.plain import from_plain
from cf525.report.then import Next
from cf525.values import dataclass

_ROUTES: Final = 6
_TRACE: Final = 40
_FIXES: Final = 2
_STEPS: Final = (
    ("connect", "TCP connection"),
    ("server_hello", "ServerHello"),
    ("established", "handshake complete"),
    ("total", "end"),
)
BAR: Final = 560
"""The length of a whole timeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A route as it is drawn. ``state`` is ok, bad or open."""

    place: str
    state: str
    status: str
    mode: str
    why: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A moment of a handshake; ``x`` is its place on the bar."""

    name: str
    at: float
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One probe: its moments, and its messages as far as they are shown."""

    title: str
    ending: str
    steps: tuple[Step, ...]
    trace: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The certificates of one route with what is wrong with them."""

    verdict: str
    state: str
    anchor: str
    certificates: Sequence[Mapping[str, Any]]
    defects: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a remedy as it is laid out: a paragraph, or lines to copy with what they are, which
    are folded away where most people do not need them."""

    text: str = ""
    caption: str = ""
    code: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """A remedy; ``undo_code`` are the lines that take its changes back."""

    title: str
    platform: str
    stop_gap: bool
    pieces: tuple[Piece, ...]
    cost: str
    undo: str
    undo_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A finding as it was reported, with its remedies laid out: those that are shown at once, the
    stop-gap beside the fixes, and those that are folded away. ``rule`` is to be looked at before
    them; ``meanwhile`` says what helps where no stop-gap does."""

    found: Mapping[str, Any]
    rule: str
    meanwhile: Now | None
    shown: tuple[Mending, ...]
    folded: tuple[Mending, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPage:
    """All that the template needs for one host."""

    number: int
    host: str
    zone: str
    severity: str
    label: str
    status: str
    status_title: str
    summary: str
    met: str
    risks: tuple[str, ...]
    hops: tuple[Hop, ...]
    findings: tuple[Explained, ...]
    then: Next | None
    chains: tuple[Chain, ...]
    exchanges: tuple[Exchange, ...]
    unknowns: Sequence[Mapping[str, Any]]


def host_page(
    report: Mapping[str, Any], row: HostRow, number: int, run: Invocation = NOTHING_TYPED
) -> HostPage:
    """The page of the host in place ``number`` of the table, with what its first screen chose."""
    status = report["edge_status"]
    whole = from_plain(Report, report)
    told = answer(whole, run)
    return HostPage(
        number=number,
        host=row.host,
        zone=row.zone,
        severity=row.severity.value,
        label=state_label(row),
        status=status,
        status_title=title_of(status),
        summary=row.summary,
        met=met(row),
        risks=tuple(RISKS[risk] for risk in row.risks),
        hops=tuple(_hops(report))[:_ROUTES],
        findings=tuple(_explained(report, whole, told)),
        then=told.then,
        chains=tuple(_chains(report)),
        exchanges=tuple(_exchanges(report)),
        unknowns=report["unknowns"],
    )


def _explained(report: Mapping[str, Any], whole: Report, told: Answer) -> Iterator[Explained]:
    server = whole.server.platform if whole.server is not None else ""
    for found, finding in zip(report["findings"], whole.findings, strict=True):
        of_it = told.beside(finding)
        fixes = [each for each in finding.remedies if not each.stop_gap]
        chosen = of_it.fix.remedy if of_it.fix is not None else None
        fixes.sort(
            key=lambda each: (
                each is not chosen, each.platform != server, each.platform != "any"
            )
        )  # fmt: skip
        most = _FIXES if server else sum(each.platform == "any" for each in fixes) or _FIXES
        gaps = of_it.gaps
        shown = [
            *(_mending(each, of_it.fix if each is chosen else None) for each in fixes[:1]),
            *(_mending(each, title="Or") for each in fixes[1:most]),
            *(_mending(each, of_it.now) for each in gaps[:1]),
        ]
        yield Explained(
            found=found,
            rule=of_it.rule,
            meanwhile=of_it.now if not gaps else None,
            shown=tuple(shown),
            folded=tuple(map(_mending, (*fixes[most:], *gaps[1:]))),
        )


def _mending(remedy: Remedy, told: Fix | Now | None = None, title: str = "Fix") -> Mending:
    """A remedy, with the command that plans it and what it presupposes where it was ``told``."""
    general = " ".join(told.general) if isinstance(told, Fix) else ""
    before = (Piece(text=general),) if general else ()
    planned = told.command if told is not None else ""
    platform = "" if remedy.platform in ("any", "stop-gap") else f" — {remedy.platform}"
    changes = [each for each in remedy.parts if isinstance(each, Change)]
    return Mending(
        title=f"{'Meanwhile' if remedy.stop_gap else title}{platform}",
        platform="any server" if remedy.platform == "any" else remedy.platform,
        stop_gap=remedy.stop_gap,
        pieces=(*before, *(piece for each in remedy.parts for piece in _pieces(each, planned))),
        cost=remedy.cost,
        undo=remedy.undo,
        undo_code="\n".join(line for each in changes for line in undo_shell(each)),
    )


def _pieces(part: Part, planned: str) -> Iterator[Piece]:
    if isinstance(part, Words):
        yield Piece(text=part.text)
    elif isinstance(part, Config):
        yield Piece(caption=part.file, code=part.text)
    elif isinstance(part, Shell):
        yield Piece(code="\n".join(part.commands))
    else:
        yield Piece(text=f"{part.text} ({dashboard(part)}; {needs(part)})")
        yield from (Piece(code=planned),) if planned else ()
        yield Piece(caption="With curl", code="\n".join(shell(part)), folded=True)
        if terraform(part):
            yield Piece(caption="With Terraform", code=terraform(part), folded=True)


def _hops(report: Mapping[str, Any]) -> Iterator[Hop]:
    statuses = {each["route"]: each["edge"] for each in report["route_statuses"]}
    for route in report["routes"]:
        edge = statuses.get(route["id"], {"status": "unknown", "reason": ""})
        address = route["address"]
        mode = route["provenance"].get("mode", {})
        yield Hop(
            place=place_of(address, route["port"])
            if address
            else route["not_probeable"] or "no address",
            state=_state(edge["status"]),
            status=edge["status"],
            mode=mode_name(route["mode"]),
            why=mode.get("detail", ""),
            reason=edge["reason"],
        )


def _state(status: str) -> str:
    if status == "ok":
        return "ok"
    return "bad" if status.isdigit() or status == "redirect-loop" else "open"


def _chains(report: Mapping[str, Any]) -> Iterator[Chain]:
    seen = set()
    for verdict in report["chain_verdicts"]:
        key = tuple(each["sha256"] for each in verdict["certificates"])
        if key in seen or not key:
            continue
        seen.add(key)
        words = {True: "accepted", False: "refused", None: "not certain"}
        yield Chain(
            verdict=f"{words[verdict['accepted']]} in Full (strict)",
            state={True: "ok", False: "bad", None: "open"}[verdict["accepted"]],
            anchor=verdict["anchor"] or "",
            certificates=verdict["certificates"],
            defects=verdict["defects"],
        )


def _exchanges(report: Mapping[str, Any]) -> Iterator[Exchange]:
    """The edge's own probe of each route; the differential ones are evidence, not pictures."""
    for seen in report["observations"]:
        if seen["variation"] is not None:
            continue
        hello = seen["server_hello"]
        offer = f"{hello['version_name']}, {hello['suite_name']}" if hello else "no ServerHello"
        yield Exchange(
            title=f"{seen['address']}:{seen['port']}, SNI {seen['sni'] or 'none'}: {offer}",
            ending=_ending(seen),
            steps=tuple(_steps(seen["timings"])),
            trace=tuple(seen["trace"][:_TRACE]),
        )


def _ending(seen: Mapping[str, Any]) -> str:
    if seen["ending"] == "done":
        return "it came to its end"
    stage, how = seen["stage"].replace("_", " "), seen["ending"].replace("_", " ")
    return f"it ended after {stage} with {how}"


def _steps(timings: Mapping[str, Any]) -> Iterator[Step]:
    total = max((timings[name] or 0.0 for name, _ in _STEPS), default=0.0) or 1.0
    for name, label in _STEPS:
        at = timings[name]
        if at is not None:
            yield Step(name=label, at=at, x=round(at / total * BAR, 1))
