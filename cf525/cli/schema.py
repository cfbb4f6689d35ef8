"""``cf525 schema``: the JSON Schema of a report."""

from typing import Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.output import Output
from cf525.errors import UsageError


class SchemaOutput(Output):
    """The output of a schema."""

    kind: ClassVar[str] = "schema"


@grouped
def schema(
    results: SchemaOutput,
    audit: Annotated[bool, typer.Option("--audit", help="That of an audit.")] = False,
    of: Annotated[
        str | None,
        typer.Option(
            "--of",
            metavar="NAME",
            help="That of a report, an audit, or of what fix prints: plan, fix-result, remedies, "
            "fix (an entry of its journal).",
        ),
    ] = None,
) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.report.plain import TITLES, json_schema

    kinds = {title: kind for kind, (_, title) in TITLES.items()}
    name = of or ("audit" if audit else "report")
    if name not in kinds or (audit and of not in (None, "audit")):
        raise UsageError(
            f"there is no schema of {name!r}", hint=f"write one of: {', '.join(kinds)}"
        )
    results.destination().write(json_schema(kinds[name]))
    return exit_status.OK
