"""One diagnosis as Markdown, for a ticket: what visitors get, why, the fix, and the proof.

Names and texts come from other people's servers: every character that Markdown or HTML would act
on is escaped, and code stands in fences that it cannot end.
"""

import re
from collections.abc import Iterator

from cf525.changes.render import dashboard, shell
from cf525.edge.codes import title_of
from cf525.edge.modes import mode_name
from cf525.model import Change, Config, Finding, Part, Remedy, Report, Shell, Words
from cf525.report.answer import Answer, answer
from cf525.report.escape import for_terminal, markdown
from cf525.report.next_command import NOTHING_TYPED, Invocation
from cf525.report.now import Now
from cf525.report.then import Next

_PROOFS = 6


def render(report: Report, run: Invocation = NOTHING_TYPED) -> str:
    """The whole page, with what the first screen chose; its commands take the options of the
    ``run``."""
    return "\n".join(_lines(report, answer(report, run))) + "\n"


def _lines(report: Report, told: Answer) -> Iterator[str]:
    status = report.edge_status
    title = title_of(status)
    yield f"# {markdown(report.target.display or report.target.host)}: {status} {title}".rstrip()
    yield ""
    yield markdown(report.summary)
    yield ""
    yield f"{report.started_at:%Y-%m-%d %H:%M} UTC, cf525 {report.tool_version}."
    headline = report.headline_finding
    if headline is not None:
        yield from _finding(told, headline)
    if told.then is not None:
        yield from _next(told.then)
    for finding in report.findings:
        if finding is not headline:
            yield from ("", f"**Also:** {markdown(finding.title)} ({finding.id})")
    if report.routes:
        yield from ("", "## Route", "")
        yield from ("| origin | mode | visitors get |", "| --- | --- | --- |")
        statuses = {each.route: each.edge for each in report.route_statuses}
        for route in report.routes:
            edge = statuses.get(route.id)
            place = f"{route.address or route.not_probeable or 'none'} port {route.port}"
            got = f"{edge.status}: {edge.reason}" if edge is not None else ""
            cells = (place, mode_name(route.mode), got)
            yield f"| {' | '.join(markdown(each) for each in cells)} |"
    deciding = [each for each in report.unknowns if each.could_change_verdict]
    if deciding:
        yield from ("", "## Cannot tell", "")
        yield from (f"- {markdown(each.text)} {markdown(each.next)}" for each in deciding)


def _next(told: Next) -> Iterator[str]:
    yield from ("", "## Then", "")
    words = told.words or "The next command:"
    yield markdown(words[:1].upper() + words[1:])
    for each in (told.command, told.link):
        if each:
            yield from ("", *_fenced(each, "sh" if each == told.command else ""))


def _finding(told: Answer, finding: Finding) -> Iterator[str]:
    yield from ("", f"## Cause: {markdown(finding.title)}", "")
    sure = f"`{finding.id}`, confidence {finding.confidence}"
    yield f"{sure}: {markdown(finding.confidence_reason)}" if finding.confidence_reason else sure
    yield from ("", markdown(finding.explanation), "", "Proof:", "")
    yield from (f"- {markdown(each.text)}" for each in finding.evidence[:_PROOFS])
    if finding.places:
        yield from ("", "Lines:", "")
        yield from (f"- {markdown(str(each))} {markdown(each.text)}" for each in finding.places)
    if told.rule:
        yield from ("", "## Rule", "", markdown(told.rule))
    fix = told.fix
    if fix is not None and fix.remedy is not None:
        platform = f": {markdown(fix.platform)}" if fix.platform else ""
        yield from ("", f"## Fix{platform}")
        yield from ("", markdown(" ".join(fix.general))) if fix.general else ()
        yield from _remedy(fix.remedy, fix.command)
    gaps = told.gaps
    if told.now is None and not gaps:
        return
    yield from ("", "## Meanwhile" if gaps else "## Now")
    now = told.now or Now("")
    if gaps:
        yield from _remedy(gaps[0], now.command)
        return
    yield from ("", markdown(now.text[:1].upper() + now.text[1:]))
    yield from ("", *_fenced(now.command, "sh")) if now.command else ()


def _remedy(remedy: Remedy, command: str) -> Iterator[str]:
    """One remedy; ``command`` is ours that plans its change."""
    for part in remedy.parts:
        yield ""
        yield from _part(part, command)
    if remedy.cost:
        yield from ("", f"Price: {markdown(remedy.cost)}")
    if remedy.undo:
        yield from ("", f"Undo: {markdown(remedy.undo)}")


def _part(part: Part, command: str) -> Iterator[str]:
    if isinstance(part, Words):
        yield markdown(part.text)
    elif isinstance(part, Config):
        if part.file:
            yield from (f"In {markdown(part.file)}:", "")
        yield from _fenced(part.text, "")
    elif isinstance(part, Shell):
        yield from _fenced("\n".join(part.commands), "sh")
    elif isinstance(part, Change):
        yield f"{markdown(part.text)} ({markdown(dashboard(part))})"
        yield ""
        if command:
            yield from (*_fenced(command, "sh"), "", "Or with curl:", "")
        yield from _fenced("\n".join(shell(part)), "sh")


def _fenced(text: str, tag: str) -> Iterator[str]:
    """Code in a fence longer than any run of backticks within it."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{tag}"
    yield from (for_terminal(line) for line in text.split("\n"))
    yield fence
