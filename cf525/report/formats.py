"""The formats: for each kind of result its names, file suffixes, and what renders it.

Every command prints through this table, and its help, the suffix of ``--output`` and the error
for a name that is none are drawn from it. A format is one function here, under ``@form``; what it
renders with is imported when it is used, so that the table costs no start-up time. Writing is not
done here: a function yields the pieces, text as it is or lines with a style.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from cf525.report.escape import in_json
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.model import Report
    from cf525.model.fix import FixEntry, FixPlan, FixResult, Offers
    from cf525.report.audit.result import AuditResult
    from cf525.report.doctor import Check
    from cf525.report.line import Line
    from cf525.report.next_command import Invocation

    Pieces: TypeAlias = Iterable[str | Line]

KINDS: Final = {
    "report": "a diagnosis",
    "routes": "a route",
    "probe": "a probe",
    "command": "a command to paste",
    "verification": "a verification",
    "lint": "a look at a configuration",
    "audit": "an audit",
    "hosts": "a diagnosis of several hosts",
    "plan": "the plan of an audit",
    "examination": "an examination",
    "page": "an explanation",
    "anchors": "the trust stores",
    "schema": "a schema",
    "fix": "a plan",
    "fixed": "a change",
    "offers": "the remedies",
    "fixes": "the journal",
}
"""Every kind of result, as people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to lay a result out. ``width`` is the terminal's; None for a file. ``verbose`` is how
    often it was asked for more: once for all there is, twice for the exchanges too. ``run`` gives
    what was typed, from which the next commands take their options."""

    width: int | None = None
    verbose: int = 0
    run: "Callable[[], Invocation] | None" = None

    @property
    def typed(self) -> "Invocation":
        """The run; nothing in it where it is not known."""
        from cf525.report.next_command import NOTHING_TYPED

        return NOTHING_TYPED if self.run is None else self.run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to print one kind of result. ``suffixes`` are those of files that hold it."""

    kind: str
    name: str
    suffixes: tuple[str, ...]
    render: "Callable[[Any, Layout], Pieces]"


_FORMATS: Final[dict[tuple[str, str], Format]] = {}


def form(
    *kinds: str, name: str, suffixes: tuple[str, ...]
) -> "Callable[[Callable[[Any, Layout], Pieces]], Callable[[Any, Layout], Pieces]]":
    """Registers a function for kinds of results. The first of a kind is what is printed unasked."""

    def register(
        render: "Callable[[Any, Layout], Pieces]",
    ) -> "Callable[[Any, Layout], Pieces]":
        for kind in kinds:
            if kind not in KINDS or (kind, name) in _FORMATS:
                raise ValueError(f"format {name} of {kind}: no such kind, or there already")
            shown = _harmless(render, name) if name in _SEEN else render
            _FORMATS[kind, name] = Format(kind=kind, name=name, suffixes=suffixes, render=shown)
        return render

    return register


_SEEN: Final = ("text", "table", "message", "markdown", "html", "prometheus")
"""What people look at. What a renderer forgot to escape is harmless there all the same."""


def _harmless(
    render: "Callable[[Any, Layout], Pieces]", name: str
) -> "Callable[[Any, Layout], Pieces]":
    def shown(result: Any, layout: Layout) -> "Pieces":
        from dataclasses import replace

        from cf525.report.escape import for_terminal, without_controls

        def named(text: str) -> str:
            return "\t".join(map(for_terminal, text.split("\t")))

        made = named if name in ("text", "table", "message") else without_controls
        for each in render(result, layout):
            if isinstance(each, str):
                yield made(each)
            else:
                yield replace(each, label=made(each.label), text=made(each.text))

    return shown


def formats_of(kind: str) -> tuple[Format, ...]:
    """The formats of a kind of result, its default first."""
    return tuple(each for each in _FORMATS.values() if each.kind == kind)


def find(kind: str, name: str) -> Format | None:
    """The format of this name, if this kind of result has it."""
    return _FORMATS.get((kind, name))


def of_suffix(kind: str, suffix: str) -> Format | None:
    """The format that files with this suffix hold, if this kind of result has it."""
    return next((each for each in formats_of(kind) if suffix.lower() in each.suffixes), None)


def belonging(suffix: str) -> str:
    """The name of the format, of any kind of result, that has this suffix; empty for none."""
    return next((each.name for each in _FORMATS.values() if suffix.lower() in each.suffixes), "")


_TEXT: Final = (".txt",)
_JSON: Final = (".json",)
_MARKDOWN: Final = (".md", ".markdown")
_HTML: Final = (".html", ".htm")


@form("report", name="text", suffixes=_TEXT)
def _report(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import screen, text, trace

    width = layout.width or 80
    if not layout.verbose:
        return screen.render(report, width=width, run=layout.typed)
    whole = text.render(report, width=width, verbose=True, run=layout.typed)
    return [*whole, *trace.exchanges(report, width=width)] if layout.verbose > 1 else whole


@form("report", name="message", suffixes=())
def _message(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import message

    del layout  # a message is wrapped for a mail
    return (message.render(report),)


@form("verification", name="text", suffixes=_TEXT)
def _verification(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import verification

    return verification.render(report, verbose=layout.verbose > 0, run=layout.typed)


@form("lint", name="text", suffixes=_TEXT)
def _lint(report: "Report", layout: Layout) -> "Pieces":
    return _report(report, layout)


@form("report", "verification", "lint", name="html", suffixes=_HTML)
def _host_html(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report.audit import html

    return (html.render_host(report, layout.typed),)


@form("report", "verification", "lint", name="markdown", suffixes=_MARKDOWN)
def _ticket(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import ticket

    return (ticket.render(report, layout.typed),)


@form("report", "verification", "lint", name="tf-external", suffixes=())
def _flat(report: "Report", layout: Layout) -> "Pieces":
    """For Terraform's external data source, which takes one object of strings."""
    del layout
    finding = report.headline_finding
    flat = {
        "host": report.target.host,
        "status": str(report.edge_status),
        "fails": "unknown" if report.edge_status.unknown else str(report.fails).lower(),
        "cause": report.headline or "",
        "title": finding.title if finding is not None else "",
        "confidence": report.confidence.value,
        "summary": report.summary,
    }
    return (json.dumps(flat) + "\n",)


@form("routes", name="text", suffixes=_TEXT)
def _routes(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import route

    return route.render(report, width=layout.width or 80)


@form("probe", name="text", suffixes=_TEXT)
def _probe(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import trace

    return trace.render(report, width=layout.width or 80)


@form("lint", name="diff", suffixes=(".diff", ".patch"))
def _patch(report: "Report", layout: Layout) -> "Pieces":
    del layout
    return (each.patch for each in report.findings if each.patch)


@form("lint", name="sarif", suffixes=(".sarif",))
def _lines_sarif(report: "Report", layout: Layout) -> "Pieces":
    from cf525.report import lines_sarif

    del layout
    return (lines_sarif.render(report),)


@form("audit", name="table", suffixes=_TEXT)
def _table(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import table

    width = layout.width or 100
    return table.render(result.report, width=width, verbose=layout.verbose > 0, run=layout.typed)


@form("hosts", name="text", suffixes=_TEXT)
def _table_and_screens(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import table

    width = layout.width or 80
    return table.with_screens(result, width=width, verbose=layout.verbose > 0, run=layout.typed)


@form("audit", "hosts", name="ndjson", suffixes=(".ndjson", ".jsonl"))
def _ndjson(result: "AuditResult", layout: Layout) -> "Pieces":
    del layout
    hosts = [row.host for row in result.report.hosts]
    return (ndjson_line(each) for each in result.full(hosts))


def ndjson_line(report: Mapping[str, Any]) -> str:
    """A host's report as one line, for an audit that prints each when it is there."""
    return in_json(json.dumps(report, ensure_ascii=False)) + "\n"


@form("audit", "hosts", name="markdown", suffixes=_MARKDOWN)
def _markdown(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import markdown

    del layout
    return (markdown.render(result.report),)


@form("audit", "hosts", name="html", suffixes=_HTML)
def _html(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import html

    full = result.full(html.detailed(result.report))
    return (html.render(result.report, full, layout.typed),)


@form("audit", "hosts", name="junit", suffixes=(".xml",))
def _junit(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import junit

    del layout
    return (junit.render(result.report, fail_at_risk=result.fail_at_risk),)


@form("audit", "hosts", name="sarif", suffixes=(".sarif",))
def _sarif(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import sarif

    del layout
    return (sarif.render(result.report),)


@form("audit", "hosts", name="prometheus", suffixes=(".prom",))
def _prometheus(result: "AuditResult", layout: Layout) -> "Pieces":
    from cf525.report.audit import prometheus

    del layout
    return (prometheus.render(result.report),)


@form("audit", "hosts", name="json", suffixes=_JSON)
def _audit_json(result: "AuditResult", layout: Layout) -> "Pieces":
    return _json(result.report, layout)


class _Examination(Protocol):
    """What the doctor found."""

    @property
    def checks(self) -> "Sequence[Check]": ...
    @property
    def recipe(self) -> str: ...


@form("examination", name="text", suffixes=_TEXT)
def _examination(found: _Examination, layout: Layout) -> "Pieces":
    from cf525.report import doctor

    return doctor.render(found.checks, found.recipe, width=layout.width or 80)


@form("page", name="text", suffixes=_TEXT)
def _page(markdown: str, layout: Layout) -> "Pieces":
    from cf525.report import page

    return page.render(markdown, width=min(layout.width or 80, 80))  # so prose reads best


@form("page", name="markdown", suffixes=_MARKDOWN)
def _page_as_it_is(markdown: str, layout: Layout) -> "Pieces":
    del layout
    return (markdown,)


@form("plan", "anchors", "command", name="text", suffixes=_TEXT)
def _sentences(sentences: Sequence[str], layout: Layout) -> "Pieces":
    del layout
    return (f"{each}\n" for each in sentences)


@form("fix", name="text", suffixes=_TEXT)
def _fix(plan: "FixPlan", layout: Layout) -> "Pieces":
    from cf525.report import fix

    return fix.plan(plan, width=layout.width or 80, verbose=bool(layout.verbose))


@form("fixed", name="text", suffixes=_TEXT)
def _fixed(done: "FixResult", layout: Layout) -> "Pieces":
    from cf525.report import fix

    return fix.result(done, width=layout.width or 80)


@form("offers", name="text", suffixes=_TEXT)
def _offers(found: "Offers", layout: Layout) -> "Pieces":
    from cf525.report import fix

    return fix.offers(found, width=layout.width or 80)


@form("fixes", name="text", suffixes=_TEXT)
def _fixes(found: "Sequence[FixEntry]", layout: Layout) -> "Pieces":
    from datetime import UTC, datetime

    from cf525.report import fix

    return fix.entries(found, datetime.now(UTC), width=layout.width or 80)


@form(
    "report", "routes", "probe", "verification", "lint", "examination", name="json", suffixes=_JSON
)
@form("fix", "fixed", "offers", "fixes", name="json", suffixes=_JSON)
def _json(result: object, layout: Layout) -> "Pieces":
    from cf525.report.plain import to_plain

    return _json_as_it_is(to_plain(result), layout)


@form("schema", name="json", suffixes=_JSON)
def _json_as_it_is(plain: object, layout: Layout) -> "Pieces":
    del layout
    return (in_json(json.dumps(plain, indent=2, ensure_ascii=False)) + "\n",)
