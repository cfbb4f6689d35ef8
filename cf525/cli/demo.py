"""``cf525 demo``: the tool at work on a small world on loopback."""

from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import progress, terminal_width, write_lines, write_text


def demo(
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Stay up and print the environment to try any command."),
    ] = False,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Diagnose a dozen broken origins of a made-up account, on this machine alone."""
    del debug  # read by the entry point
    from cf525.lab.demo import environment, run_demo, wait_for_interrupt
    from cf525.lab.running import start
    from cf525.lab.scenarios import SCENARIOS, WORLD
    from cf525.report import text
    from cf525.report.demo import closing, table

    with start(WORLD) as lab:
        if keep:
            write_text(environment(lab), None)
            wait_for_interrupt()
            return exit_status.OK
        with progress("diagnosing the demo's hosts", quiet=quiet):
            results = run_demo(lab, SCENARIOS)
    width = terminal_width()
    write_lines(table(results, width=width), output=None, color=not no_color)
    shown = next(each for each in results if each.scenario.showcase)
    write_lines(text.render(shown.report, width=width), output=None, color=not no_color)
    write_lines(closing(results), output=None, color=not no_color)
    return exit_status.OK if all(each.as_expected for each in results) else exit_status.FAILS
