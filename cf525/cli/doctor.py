"""``cf525 doctor``: what can the token read, and would this machine mislead a diagnosis?"""

import json
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import Format, progress, terminal_width, write_lines, write_text


def doctor(
    zone: Annotated[
        str, typer.Option("--zone", metavar="NAME", help="Try the rights on this zone.")
    ] = "",
    resolver: opt.ResolverOption = None,
    token_file: opt.TokenFileOption = None,
    token_command: opt.TokenCommandOption = None,
    profile: opt.ProfileOption = None,
    api_base: opt.ApiBaseOption = None,
    form: opt.FormatOption = Format.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Check the token's rights, the clock, the resolver, proxies and the trust list."""
    del debug  # read by the entry point
    from cf525.cli.run import run
    from cf525.jobs.doctor import Patient, examine
    from cf525.model.parsing import parse_api_base, parse_hostname, parse_resolver
    from cf525.report.doctor import render
    from cf525.report.plain import to_plain

    credentials = opt.credentials(token_file, token_command, profile, required=True)
    assert credentials is not None
    patient = Patient(
        credentials=credentials,
        api_base=parse_api_base(api_base) if api_base else "",
        resolver=parse_resolver(resolver) if resolver else None,
        zone=parse_hostname(zone) if zone else "",
    )
    with progress("examining", quiet=quiet):
        found = run(examine(patient))
    if form is Format.JSON:
        write_text(json.dumps(to_plain(found), indent=2) + "\n", output)
    else:
        lines = render(found.checks, found.recipe, width=terminal_width())
        write_lines(lines, output=output, color=not no_color)
    return exit_status.OK if found.sound else exit_status.UNKNOWN
