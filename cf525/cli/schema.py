"""``cf525 schema``: the JSON Schema of a report."""

import json
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import write_text


def schema(
    audit: Annotated[bool, typer.Option("--audit", help="That of an audit.")] = False,
    output: opt.OutputOption = None,
) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.model import AuditReport, Report
    from cf525.report.plain import json_schema

    kind = AuditReport if audit else Report
    write_text(json.dumps(json_schema(kind), indent=2) + "\n", output)
    return exit_status.OK
