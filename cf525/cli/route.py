"""``cf525 route``: where would the edge go for this URL, and which setting decides it?"""

from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import Format, progress, terminal_width, write_lines, write_report


def route(
    target: Annotated[
        str, typer.Argument(metavar="HOST|URL", help="The hostname or URL that visitors ask for.")
    ],
    lean: opt.LeanOption = False,
    country: opt.CountryOption = None,
    header: opt.HeaderOption = [],  # noqa: B006  Typer copies it
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
    """Show every route the edge may take to the origin, and what decided each value."""
    del debug  # read by the entry point
    from cf525.cli.run import run
    from cf525.jobs.route import find_routes
    from cf525.model.parsing import parse_target
    from cf525.report.route import render

    parsed = parse_target(target)
    options = opt.build(
        resolver=resolver,
        no_edge=True,
        no_fetch=True,
        lean=lean,
        country=country,
        header=header,
        token_file=token_file,
        token_command=token_command,
        profile=profile,
        api_base=api_base,
    )
    with progress(f"resolving {parsed.display or parsed.host}", quiet=quiet):
        report = run(find_routes(parsed, options))
    if form is Format.TEXT:
        lines = render(report, width=terminal_width())
        write_lines(lines, output=output, color=not no_color)
    else:
        write_report(report, form=form, output=output, color=False, verbose=True)
    return exit_status.of_routes(report)
