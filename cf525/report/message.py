"""A short text to paste into a ticket: for the hosting provider, or for the site's owner.

It holds what the other side needs to look (time, address, what was sent, what came back, what to
change) and nothing that is the sender's: no zone, no account, no token, no name of a setting.
"""

import textwrap
from collections.abc import Iterator

from cf525.edge.codes import title_of
from cf525.model import Finding, Observation, Report, Route, Words
from cf525.model.target import host_part
from cf525.report.answer import Answer, answer, ordered
from cf525.report.escape import for_terminal
from cf525.report.line import one_line

WIDTH = 76


def render(report: Report) -> str:
    """The message as plain text, ending in a line feed."""
    lines: list[str] = []
    for paragraph in _paragraphs(report):
        lines += [*map(one_line, _laid_out(paragraph)), ""]
    return "\n".join(lines[:-1]) + "\n"


def _laid_out(paragraph: str) -> list[str]:
    text = for_terminal(paragraph)
    if text.startswith("    "):
        return text.split("\n")
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _paragraphs(report: Report) -> Iterator[str]:
    host, status = report.target.host, report.edge_status
    title = title_of(status)
    finding = report.headline_finding
    if finding is None:
        own = status.passes_through
        verdict = (
            "The connection from Cloudflare works for" if own else "Nothing wrong was found with"
        )
        yield f"{verdict} {host} ({report.summary})"
        return
    label = f"error {status} ({title})" if status.numbered else "an error"
    yield (
        f"Visitors of {host} reach the site through Cloudflare and get {label}: "
        f"{finding.title}. This concerns the connection from Cloudflare to the server."
    )
    for route in _failing(report, finding):
        observation = _first(report, route)
        if observation is not None:
            yield from _exchange(route, observation)
    proofs = [each.text for each in finding.evidence]
    yield "\n".join(f"    - {text}" for text in _wrapped(proofs))
    yield from _change(answer(report))
    yield (
        "The test came from an address outside Cloudflare's ranges. If the server behaves well "
        "towards others, please see whether a firewall, a rate limit or a filter treats the "
        "ranges of https://www.cloudflare.com/ips/ differently at the time above."
    )


def _wrapped(texts: list[str]) -> Iterator[str]:
    for text in texts:
        yield textwrap.fill(text, WIDTH - 6, subsequent_indent="      ", break_long_words=False)


def _failing(report: Report, finding: Finding) -> list[Route]:
    return [each for each in report.routes if each.id in finding.routes][:3]


def _first(report: Report, route: Route) -> Observation | None:
    return next((each for each in report.observations if each.route == route.id), None)


def _exchange(route: Route, seen: Observation) -> Iterator[str]:
    name = f"the name (SNI) {seen.sni}" if seen.sni else "no name (SNI)"
    sent = (
        f"a TLS ClientHello with {name}, TLS 1.0 to 1.3, the suites Cloudflare documents"
        if route.scheme == "https"
        else f"plain HTTP for {route.host_header}"
    )
    yield "\n".join(
        (
            f"    Time (UTC)    {seen.started_at:%Y-%m-%d %H:%M:%S}",
            f"    Address       {_place(route)}",
            *_row("Sent", sent),
            *_row("Came back", _answer(seen)),
        )
    )


def _row(label: str, text: str) -> list[str]:
    indent = " " * 18
    filled = textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [f"    {label:<14}{filled.lstrip()}"]


def _place(route: Route) -> str:
    return f"{host_part(route.address or '')} port {route.port}"


def _answer(seen: Observation) -> str:
    alert = seen.fatal_alert
    if alert is not None:
        return f"fatal TLS alert {alert.description} {alert.name}"
    if seen.plaintext is not None:
        return f"no TLS, but {seen.plaintext.status_line or seen.plaintext.kind}"
    if seen.established:
        status = seen.http.status if seen.http is not None else None
        answer = f", HTTP {status}" if status is not None else ""
        return f"a finished handshake with the certificate below{answer}"
    what = f"{seen.bytes_received} bytes" if seen.bytes_received else "not one byte"
    return f"{what}, then: {seen.ending.replace('_', ' ')}"


def _change(told: Answer) -> Iterator[str]:
    """The first remedy that is the other side's to carry out."""
    for remedy in ordered(told):
        if remedy.where in ("origin", "host") and not remedy.stop_gap:
            place = "" if remedy.platform == "any" else f" ({remedy.platform})"
            chosen = told.fix is not None and remedy is told.fix.remedy
            general = told.fix.general if told.fix is not None and chosen else ()
            own = (each.text for each in remedy.parts if isinstance(each, Words))
            words = " ".join((*general, *own))
            yield f"What would mend it{place}: {words or 'the lines below.'}"
            safe = [each for each in remedy.commands if "api.cloudflare.com" not in each]
            if safe:
                yield "\n".join(f"    {each}" for each in safe)
            return
