"""The formats of an audit, and where its results are written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.model import AuditReport


class Form(StrEnum):
    TABLE = "table"
    NDJSON = "ndjson"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    JUNIT = "junit"
    PROMETHEUS = "prometheus"
    SARIF = "sarif"


class FailOn(StrEnum):
    BROKEN = "broken"
    AT_RISK = "at-risk"
    NEVER = "never"


class HostChoice(StrEnum):
    FAILING = "failing"
    PROXIED = "proxied"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """An audit's report and, where a checkpoint has them, the full reports of its hosts."""

    report: "AuditReport"
    path: Path | None = None
    places: Mapping[str, int]

    def full(self, hosts: Sequence[str]) -> Iterator[Any]:
        """The full reports of these hosts as plain data; those that are not kept are left out."""
        from cf525.audit.checkpoint import read_reports

        if self.path is not None:
            kept = (host for host in hosts if host in self.places)
            yield from read_reports(self.path, self.places, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a result goes, and in which form."""

    form: Form
    output: Path | None
    color: bool
    verbose: bool

    def check(self, *, force: bool) -> None:
        """Raise UsageError now for an output that could not be written hours later."""
        if self.output is None:
            return
        if self.output.is_dir() or not self.output.absolute().parent.is_dir():
            raise UsageError(
                f"cannot write {self.output}: it is a folder or lies in none",
                hint="name a file in a writable folder",
            )
        if self.output.is_file() and not force:
            raise UsageError(
                f"{self.output} exists already", hint="overwrite it with --force, or name another"
            )
        existed = self.output.exists()
        try:
            with self.output.open("ab"):
                pass
            if not existed:
                self.output.unlink()
        except OSError as error:
            raise UsageError(
                f"cannot write {self.output}: {error.strerror}",
                hint="name a file in a writable folder",
            ) from None


def write_audit(
    report: "AuditReport",
    results: Sequence[AuditResult],
    destination: Destination,
    *,
    fail_at_risk: bool = False,
) -> None:
    """Render the report and write it. ``results`` hold the full reports of its hosts."""
    from cf525.cli.output import terminal_width, write_lines, write_text

    output = destination.output
    match destination.form:
        case Form.TABLE:
            from cf525.report.audit import table

            width = terminal_width() if output is None else 100
            lines = table.render(report, width=width, verbose=destination.verbose)
            write_lines(lines, output=output, color=destination.color)
        case Form.NDJSON:
            hosts = [row.host for row in report.hosts]
            _write_ndjson((each for one in results for each in one.full(hosts)), output)
        case Form.HTML:
            from cf525.report.audit import html

            hosts = html.detailed(report)
            write_text(
                html.render(report, (each for one in results for each in one.full(hosts))), output
            )
        case form:
            write_text(_rendered(report, form, fail_at_risk=fail_at_risk), output)


def _rendered(report: "AuditReport", form: Form, *, fail_at_risk: bool) -> str:
    from cf525.report.audit import junit, markdown, prometheus, sarif
    from cf525.report.plain import to_json

    match form:
        case Form.MARKDOWN:
            return markdown.render(report)
        case Form.JUNIT:
            return junit.render(report, fail_at_risk=fail_at_risk)
        case Form.PROMETHEUS:
            return prometheus.render(report)
        case Form.SARIF:
            return sarif.render(report)
        case _:
            return to_json(report)


def _write_ndjson(reports: Iterator[Any], output: Path | None) -> None:
    import json

    from cf525.cli.output import write_text

    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in reports)
    if output is None:
        for line in lines:
            write_text(line, None)
        return
    with output.open("w", encoding="utf-8") as file:
        file.writelines(lines)
