"""The report for people: 80 columns, readable without colour, the answer first.

Prose is wrapped; commands never are, because they are made to be copied. Colour is a second
channel only: every word that matters is there without it. Everything that came from the network
is escaped before it is laid out.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cf525.causes.signs.table import known_platforms
from cf525.changes.render import dashboard, needs, shell, terraform, undo_shell
from cf525.edge.codes import title_of
from cf525.edge.modes import mode_name
from cf525.model import (
    ChainVerdict,
    Change,
    Confidence,
    Config,
    Finding,
    Part,
    Remedy,
    Report,
    Shell,
    Status,
    Unknown,
    Words,
)
from cf525.model.status import UNKNOWN
from cf525.report import beside
from cf525.report.answer import Answer, Fix, answer, ordered
from cf525.report.chain import NAME_END, chain_lines, missing_lines
from cf525.report.escape import for_terminal
from cf525.report.line import Line, counted
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.now import Now
from cf525.report.route import decided, short_place
from cf525.report.then import Next

LABEL = 9
MIN_WIDTH = 40
SHOWN_FIXES = 2
NAMED = 4
"""How many platforms are named of those whose fix is not shown."""
SHOWN_UNKNOWNS = 6
SHOWN_ROUTES = 8


def render(
    report: Report,
    *,
    width: int = 80,
    verbose: bool = False,
    run: Invocation = NOTHING_TYPED,
) -> list[Line]:
    """The report as lines of at most ``width`` columns, commands excepted."""
    layout = _Layout(max(width, MIN_WIDTH), recognised=report.server is not None)
    told = answer(report, run)
    lines = [Line(""), *layout.verdict(report), Line(""), *layout.routes(report)]
    lines += layout.beside(report)
    shown = [each for each in report.findings if not each.contributing]
    for number, finding in enumerate(shown[: len(report.findings) if verbose else 3]):
        chosen = told.beside(finding)
        stop_gap = verbose or number == 0
        lines += [Line(""), *layout.finding(chosen, verbose=verbose, stop_gap=stop_gap)]
    for verdict in _chains(report, verbose=verbose):
        lines += [Line(""), *layout.chain(verdict, verbose=verbose)]
    also = [each for each in report.findings if each.contributing]
    if also:
        lines += [Line(""), *layout.contributing(also)]
    if report.unknowns:
        lines += [Line(""), *layout.unknowns(report.unknowns, verbose=verbose)]
    if report.errors:
        lines += [Line(""), *layout.labelled("NOT READ", report.errors)]
    lines += [*layout.next(told.then), Line(""), *layout.footer(report)]
    return lines


def findings(report: Report, *, width: int, run: Invocation) -> Iterator[Line]:
    """What was found, each with all its remedies, and what to do next: for a report whose other
    parts are laid out elsewhere."""
    layout = _Layout(max(width, MIN_WIDTH), recognised=report.server is not None)
    told = answer(report, run)
    for finding in report.findings:
        chosen = told.beside(finding)
        yield Line("")
        yield from layout.finding(chosen, verbose=True, stop_gap=True)
    yield from layout.next(told.then)


class _Layout:
    def __init__(self, width: int, *, recognised: bool) -> None:
        self.width = width
        self.recognised = recognised

    # -- parts ----------------------------------------------------------------------------

    def verdict(self, report: Report) -> Iterator[Line]:
        status = report.edge_status
        shown = {"ok": "OK", "unknown": "?", "not-applicable": "n/a"}.get(status, status)
        title = title_of(status) or "the origin's own answer passes through"
        host = for_terminal(report.target.display or report.target.host)
        left = f" {shown}  {title}"
        gap = self.width - len(left) - len(host)
        text = f"{left}{' ' * gap}{host}" if gap > 1 else left
        yield Line(text, _style(status))
        if gap <= 1:
            yield Line(f" {host}")
        if report.headline is None or len(report.routes) > 1:
            yield from self._wrapped(report.summary, indent=1)

    def routes(self, report: Report) -> Iterator[Line]:
        statuses = {each.route: each.edge for each in report.route_statuses}
        for route in report.routes[:SHOWN_ROUTES]:
            status = statuses[route.id].status if route.id in statuses else UNKNOWN
            mark = {"ok": "─────▶", "unknown": "──?──▶", "not-applicable": "  n/a "}
            arrow = mark.get(status, "──✗──▶" if status.fails else "─────▶")
            place = short_place(route)
            yield Line(f" visitor ──▶ Cloudflare {arrow} {place}  {status}", _style(status))
            mode = "DNS only" if status == "not-applicable" else mode_name(route.mode)
            yield from self._wrapped(f"{mode} {decided(route)}", indent=13)
            if route.dial is not None:
                yield Line(f"{' ' * 13}dialled at {route.dial[0]} port {route.dial[1]}")
        more = len(report.routes) - SHOWN_ROUTES
        if more > 0:
            yield Line(f"             … and {more} more routes (--format json lists all)")

    def beside(self, report: Report) -> Iterator[Line]:
        """What the edge, a series and Cloudflare's own records add to the direct test."""
        for number, part in enumerate(beside.parts(report)):
            if number == 0:
                yield Line("")
            if part.row:
                yield Line(f"{' ' * (LABEL + 2)}{for_terminal(part.text)}")
            else:
                yield from self._item(part.label, part.text)

    def finding(self, told: Answer, *, verbose: bool, stop_gap: bool) -> Iterator[Line]:
        finding = told.finding
        if finding is None:
            return
        certain = finding.confidence
        label = {Confidence.HIGH: "CAUSE", Confidence.MEDIUM: "LIKELY", Confidence.LOW: "MAYBE"}
        yield from self._item(label[certain], f"{finding.id}: {finding.title}", style="bold")
        yield from self._continued(finding.explanation)
        if finding.confidence_reason:
            yield from self._item("SURE?", f"{certain}: {finding.confidence_reason}")
        for number, proof in enumerate(finding.evidence[:6]):
            parts = [part for part in proof.text.split("; ") if part]
            for place, part in enumerate(parts):
                first = number == 0 and place == 0
                yield from self._item("PROOF" if first else "", part)
        for number, each in enumerate(finding.places):
            stands = f"{each}  {each.text}" if each.text else str(each)
            yield from self._item("LINE" if number == 0 else "", stands)
        if told.rule:
            yield from self._item("RULE", told.rule)
        yield from self._remedies(told, finding, verbose=verbose, stop_gap=stop_gap)

    def _remedies(
        self, told: Answer, finding: Finding, *, verbose: bool, stop_gap: bool
    ) -> Iterator[Line]:
        fixes = [each for each in ordered(told) if not each.stop_gap]
        shown = fixes
        if not verbose or self.recognised:
            shown = [each for each in fixes if _one_of(each, fixes)]
            shown = shown if verbose else shown[:SHOWN_FIXES]
        for number, remedy in enumerate(shown):
            label = "FIX" if number == 0 else "OR" if _one_of(remedy, fixes) else "FOR"
            fix = told.fix if told.fix is not None and remedy is told.fix.remedy else Fix()
            general = " ".join(fix.general)
            yield from self._remedy(label, remedy, general, fix.command, verbose=verbose)
        hidden = sorted({each.platform for each in fixes if each not in shown} - {"any"})
        if hidden:
            which = ", ".join(hidden) if len(hidden) <= NAMED else f"{len(hidden)} other platforms"
            yield from self._item("", f"For {which}: cf525 explain {finding.id}")
        now = told.now or Now("")
        for remedy in told.gaps[:1] if stop_gap else ():
            yield from self._remedy("MEANWHILE", remedy, "", now.command, verbose=verbose)
        if now.text and stop_gap and not told.gaps:
            yield from self._item("NOW", now.text)
            yield from self._lines((now.command,) if now.command else ())

    def next(self, told: Next | None) -> Iterator[Line]:
        """The one next command."""
        if told is None:
            return
        yield Line("")
        yield from self._item("THEN", told.words)
        yield from self._lines(each for each in (told.command, told.link) if each)

    def _remedy(
        self, label: str, remedy: Remedy, general: str, command: str, *, verbose: bool
    ) -> Iterator[Line]:
        """One remedy; ``command`` is ours that plans its change."""
        platform = {"any": "", "stop-gap": ""}.get(remedy.platform, remedy.platform)
        where = {"dns": "DNS", "cloudflare": "", "host": "hosting provider"}.get(remedy.where, "")
        prefix = platform or where
        parts = remedy.parts
        first = parts[0].text if parts and isinstance(parts[0], Words) else ""
        words = " ".join(each for each in (general, first) if each)
        text = f"{prefix} — {words}" if prefix and words else prefix or words
        if text or not parts or not isinstance(parts[0], Change):
            yield from self._item(label, text)
            label = ""
        for part in parts[1:] if first else parts:
            yield from self._part(label, part, command, verbose=verbose)
            label = ""
        if remedy.cost:
            yield from self._continued(f"Price: {remedy.cost}")
        if remedy.undo:
            yield from self._continued(f"Undo: {remedy.undo}")
            if verbose:
                for change in parts:
                    if isinstance(change, Change):
                        yield from self._lines(undo_shell(change))

    def _part(self, label: str, part: Part, command: str, *, verbose: bool) -> Iterator[Line]:
        if isinstance(part, Words):
            yield from self._continued(part.text)
        elif isinstance(part, Config):
            if part.file:
                yield from self._lines((f"in {part.file}:",), style="dim")
            yield from self._lines(part.text.split("\n"))
        elif isinstance(part, Shell):
            yield from self._lines(part.commands)
        else:
            yield from self._item(label, f"{part.text} ({dashboard(part)}; {needs(part)})")
            if command:
                yield from self._lines((command,))
                yield from self._continued("or with curl:")
            yield from self._lines(shell(part))
            block = terraform(part) if verbose else ""
            if block:
                yield from self._continued("Where Terraform manages the zone:")
                yield from self._lines(block.split("\n"))

    def _lines(self, lines: Iterable[str], *, style: str = "cyan") -> Iterator[Line]:
        """Lines to copy: as they are, never wrapped."""
        for each in lines:
            yield Line(f"{' ' * (LABEL + 5)}{for_terminal(each)}", style)

    def chain(self, verdict: ChainVerdict, *, verbose: bool) -> Iterator[Line]:
        """The chain with the broken link marked, and what others make of it."""
        yield Line(" CHAIN", "bold")
        for line in chain_lines(verdict):
            text = f"{' ' * LABEL}{line.text}"
            if len(text) <= self.width:
                yield replace(line, text=text)
                continue
            name, rest = line.text[:NAME_END], line.text[NAME_END:]
            yield replace(line, text=f"{' ' * LABEL}{name.rstrip()}")
            for each in self._wrapped(rest.strip(), indent=LABEL + 4):
                yield replace(each, style=line.style)
        if verbose and verdict.second_opinion:
            yield from self._continued(f"{verdict.second_opinion}.")
        if verdict.browsers:
            edge = {True: "accept", False: "refuse", None: "perhaps accept"}
            yield from self._continued(
                f"Browsers would {verdict.browsers} it, the edge would {edge[verdict.accepted]} it."
            )
        if verbose:
            yield from missing_lines(verdict)
        elif verdict.missing:
            yield from self._continued("--verbose prints the certificate to append.")

    def contributing(self, findings: Sequence[Finding]) -> Iterator[Line]:
        for number, finding in enumerate(findings):
            text = f"{finding.id}: {finding.title}"
            if finding.confidence_reason:
                text += f" ({finding.confidence_reason})"
            yield from self._item("ALSO" if number == 0 else "", text)
            if finding.confidence is not Confidence.LOW and finding.evidence:
                yield from self._wrapped(finding.evidence[0].text, indent=LABEL + 4)
                yield Line(f"{' ' * (LABEL + 5)}cf525 explain {finding.id}", "cyan")

    def unknowns(self, unknowns: Sequence[Unknown], *, verbose: bool) -> Iterator[Line]:
        shown = unknowns if verbose else unknowns[:SHOWN_UNKNOWNS]
        yield Line(" CANNOT TELL", "bold")
        for unknown in shown:
            yield from self._wrapped(f"· {unknown.text}", indent=LABEL + 1, hanging=2)
            yield from self._wrapped(f"next: {unknown.next}", indent=LABEL + 3)
        if len(unknowns) > len(shown):
            yield from self._continued(f"… and {len(unknowns) - len(shown)} more (--verbose)")

    def labelled(self, label: str, texts: Iterable[str]) -> Iterator[Line]:
        for number, text in enumerate(texts):
            yield from self._item(label if number == 0 else "", text)

    def footer(self, report: Report) -> Iterator[Line]:
        total = report.timings.get("total_ms", 0.0) / 1000
        text = (
            f"{counted(report.connections, 'connection')}, "
            f"{counted(report.api_calls, 'API call')}, {total:.1f} s, "
            f"{report.started_at:%Y-%m-%d %H:%M:%SZ}"
        )
        for line in self._wrapped(text, indent=1):
            yield replace(line, style="dim")

    # -- lines ----------------------------------------------------------------------------

    def _item(self, label: str, text: str, *, style: str = "") -> Iterator[Line]:
        """A labelled paragraph: the label once, the text wrapped beside it."""
        lines = self._wrap(text, LABEL + 2) or [""]
        if len(label) > LABEL:
            yield Line("", label=f" {label}")
            label = ""
        yield Line(f"{' ' * (LABEL - len(label))} {lines[0]}", style, f" {label}")
        for each in lines[1:]:
            yield Line(f"{' ' * (LABEL + 2)}{each}", style)

    def _continued(self, text: str) -> Iterator[Line]:
        return self._wrapped(text, indent=LABEL + 2)

    def _wrapped(self, text: str, *, indent: int, hanging: int = 0) -> Iterator[Line]:
        for number, each in enumerate(self._wrap(text, indent + hanging)):
            extra = hanging if number else 0
            yield Line(f"{' ' * (indent + extra)}{each}")

    def _wrap(self, text: str, indent: int) -> list[str]:
        return textwrap.wrap(
            for_terminal(text).replace("\n", " "),
            max(self.width - indent, 20),
            break_long_words=False,
            break_on_hyphens=False,
        )


def _chains(report: Report, *, verbose: bool) -> list[ChainVerdict]:
    """The chains to draw: all of them when asked for, else the first that the edge refuses."""
    if verbose:
        return list(report.chain_verdicts)
    if not any(each.edge_status == "526" for each in report.findings if not each.contributing):
        return []
    return [each for each in report.chain_verdicts if each.accepted is False][:1]


def _style(status: Status) -> str:
    if status == "ok":
        return "bold green"
    if not status.fails:
        return "bold yellow"
    return "bold red"


def _one_of(remedy: Remedy, fixes: Sequence[Remedy]) -> bool:
    """Whether a fix can be carried out where the first one can: another server's lines are no
    alternative to it, nor is what holds for every server where there is none to be set up."""
    first = known_platforms().get(fixes[0].platform)
    neutral = remedy.neutral and (first is None or not first.closed)
    return neutral or remedy.platform == fixes[0].platform or remedy.where != "origin"
