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
    error: Annotated[
        bool, typer.Option("--error", help="That of a run that has no result to print.")
    ] = False,
) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.errors import UsageError
    from cf525.model import AuditReport, Report
    from cf525.model.failure import Failure
    from cf525.report.plain import json_schema

    if audit and error:
        raise UsageError("--audit and --error exclude each other", hint="print one after the other")
    kind = AuditReport if audit else Failure if error else Report
    results.destination().write(json_schema(kind))
    return exit_status.OK
