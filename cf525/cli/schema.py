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
    error: Annotated[
        bool, typer.Option("--error", help="That of a run that has no result to print.")
    ] = False,
    of: Annotated[
        str | None,
        typer.Option(
            "--of",
            metavar="NAME",
            help="That of what fix prints: plan, fix-result, remedies, or fix, which is an entry "
            "of its journal.",
        ),
    ] = None,
) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.report.schemas import PRINTED, json_schema

    kinds = {title: kind for kind, (_, title) in PRINTED.items()}
    chosen = [*(["audit"] if audit else []), *(["error"] if error else []), *([of] if of else [])]
    if len(chosen) > 1:
        raise UsageError(
            "--audit, --error and --of exclude each other", hint="print one after the other"
        )
    name = chosen[0] if chosen else "report"
    if name not in kinds:
        names = ", ".join(kinds)
        raise UsageError(f"there is no schema of {name!r}", hint=f"write one of: {names}")
    results.destination().write(json_schema(kinds[name]))
    return exit_status.OK
