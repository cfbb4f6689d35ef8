"""One probe as a packet trace: every message with its time, its direction and what it says."""

import textwrap

from cf525.causes.match import variation_label
from cf525.model import Observation, Report
from cf525.model.target import place_of
from cf525.report.escape import for_terminal
from cf525.report.line import Line

_STYLES = {">": "cyan", "<": "green", ".": "dim"}


def render(report: Report, *, width: int = 80) -> list[Line]:
    """The exchange of the report's first observation, and how it ended."""
    seen = report.observations[0]
    return [Line(""), *_exchange(seen, width), Line(""), *_result(seen, report, width)]


def exchanges(report: Report, *, width: int = 80) -> list[Line]:
    """The exchange of every probe of a diagnosis, in the order in which they were sent."""
    lines = []
    for seen in report.observations:
        change = seen.variation
        label = variation_label(change) if change is not None else "as the edge asks"
        lines += [Line(""), Line(f" {seen.id}: {for_terminal(label)}", "bold")]
        lines += _exchange(seen, width)
    return lines


def _exchange(seen: Observation, width: int) -> list[Line]:
    lines = [*_head(seen), Line("")]
    for entry in seen.trace:
        size = f"{entry.length:>6}" if entry.length else " " * 6
        text = f"{entry.at:>9.1f} ms {entry.direction} {size}  {entry.what}"
        lines.append(Line(text, _STYLES.get(entry.direction, "")))
        detail = textwrap.wrap(for_terminal(entry.detail), max(width - 24, 20))
        lines += [Line(f"{' ' * 24}{each}") for each in detail]
    return lines


def _head(seen: Observation) -> list[Line]:
    place, sni = place_of(seen.address, seen.port), seen.sni or "none"
    return [Line(f" {place}  SNI {for_terminal(sni)}  profile {seen.profile}", "bold")]


def _result(seen: Observation, report: Report, width: int) -> list[Line]:
    lines = [
        Line(f" {each}", "bold") for each in textwrap.wrap(for_terminal(report.summary), width - 2)
    ]
    if seen.detail:
        lines.append(Line(f" detail: {for_terminal(seen.detail)}"))
    if seen.plaintext is not None:
        shown = for_terminal(seen.plaintext.head[:60].decode("latin-1").replace("\n", " "))
        lines.append(Line(f" no TLS but {seen.plaintext.kind}: {shown}"))
    request = seen.certificate_request
    if request is not None:
        count = len(request.authorities)
        lines.append(Line(f" the server asks for a client certificate ({count} CA names)"))
    for note in seen.notes:
        edge = " (the edge would refuse this)" if note.rejects else ""
        lines += [
            Line(f" {each}")
            for each in textwrap.wrap(
                f"note {note.code}: {for_terminal(note.detail)}{edge}", width - 2
            )
        ]
    lines.append(
        Line(
            f" {seen.bytes_sent} bytes sent, {seen.bytes_received} received, "
            f"{len(seen.certificates)} certificates",
            "dim",
        )
    )
    return lines
