"""The report of ``verify`` for people: the answer, the chain, every defect and what mends it.

Unlike a diagnosis it has no route to show; the drawn chain takes that place. Everything from the
certificates is escaped.
"""

import textwrap
from collections.abc import Iterator

from cf525.edge.codes import title_of
from cf525.model import ChainVerdict, Defect, DefectClass, Report
from cf525.report import screen, text
from cf525.report.chain import chain_lines, missing_lines
from cf525.report.escape import for_terminal
from cf525.report.line import Line
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.text import LABEL

_LABELS = {
    DefectClass.REJECTED: "526",
    DefectClass.HANDSHAKE: "525",
    DefectClass.LIKELY: "LIKELY",
    DefectClass.ADVICE: "ADVICE",
}


def render(
    report: Report, *, width: int = 80, verbose: bool = False, run: Invocation = NOTHING_TYPED
) -> list[Line]:
    """``report`` holds one chain verdict, or none where the file is not loaded. Without
    ``verbose`` it is the first screen of a diagnosis, with the chain where there is room."""
    if not report.chain_verdicts:
        return screen.render(report, width=width, run=run)
    (verdict,) = report.chain_verdicts
    if not verbose:
        first = screen.render(report, width=width, run=run)
        drawn = [Line(""), *chain_lines(verdict)]
        limit = screen.HEALTHY_ROWS if report.edge_status.works else screen.ROWS
        return [*first, *(drawn if screen.rows([*first, *drawn], width) <= limit else ())]
    lines = [Line(""), *_answer(report, width), Line(""), *chain_lines(verdict)]
    for found in verdict.defects:
        lines += [Line(""), *_defect(found, width)]
    lines += text.findings(report, width=width, run=run)
    for unknown in report.unknowns:
        lines += [Line(""), *_item("UNKNOWN", f"{unknown.text} {unknown.next}", width)]
    if verdict.missing:
        lines += [Line(""), *missing_lines(verdict)]
    lines += [Line(""), *_footer(verdict, width)]
    return lines


def _answer(report: Report, width: int) -> Iterator[Line]:
    status = report.edge_status
    shown = {"ok": "OK", "unknown": "?"}.get(status, status)
    style = {"ok": "bold green", "unknown": "bold yellow"}.get(status, "bold red")
    title = {"ok": "the edge would accept this chain"}.get(status) or title_of(status)
    yield Line(f" {shown}  {title}", style)
    for each in _wrap(report.summary, width - 1):
        yield Line(f" {each}")


def _defect(found: Defect, width: int) -> Iterator[Line]:
    yield from _item(_LABELS[found.kind], f"{found.code}: {found.text}", width)
    if found.remedy:
        yield from _item("FIX", found.remedy, width)


def _footer(verdict: ChainVerdict, width: int) -> Iterator[Line]:
    parts = [f"confidence {verdict.confidence}", verdict.second_opinion]
    if verdict.browsers:
        parts.append(f"browsers {verdict.browsers} it")
    parts.append(f"judged as of {verdict.at:%Y-%m-%d %H:%MZ}")
    parts.append(f"trusted: {', '.join(verdict.trust)}")
    for each in _wrap("; ".join(filter(None, parts)), width - 1):
        yield Line(f" {each}", "dim")


def _item(label: str, text: str, width: int) -> Iterator[Line]:
    first, *more = _wrap(text, width - LABEL - 2) or [""]
    yield Line(f"{' ' * (LABEL - len(label))} {first}", "", f" {label}")
    for each in more:
        yield Line(f"{' ' * (LABEL + 2)}{each}")


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        for_terminal(text).replace("\n", " "),
        width,
        break_long_words=False,
        break_on_hyphens=False,
    )
