"""``cf525 schema``: the JSON Schema of a report."""

import json

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import write_text


def schema(output: opt.OutputOption = None) -> int:
    """Print the JSON Schema that every JSON report follows."""
    from cf525.report.plain import json_schema

    write_text(json.dumps(json_schema(), indent=2) + "\n", output)
    return exit_status.OK
