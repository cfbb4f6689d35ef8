"""``cf525 schema``: the JSON Schema of a report."""

from typing import Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.output import Output


class SchemaOutput(Output):
    """The output of a schema."""

    kind: ClassVar[str] = "schema"


@grouped
def schema(
    results: SchemaOutput,
    audit: Annotated[bool, typer.Option("--audit", help="That of an audit.")] = False,
) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.model import AuditReport, Report
    from cf525.report.plain import json_schema

    results.destination().write(json_schema(AuditReport if audit else Report))
    return exit_status.OK
