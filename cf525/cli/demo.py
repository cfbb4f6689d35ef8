"""``cf525 demo``: the tool at work on a small world on loopback."""

from typing import Annotated

import typer

from cf525.cli import exit_status, signals
from cf525.cli.groups import grouped
from cf525.cli.options.output import Screen
from cf525.cli.output import print_pieces, progress, terminal_width


@grouped
def demo(
    screen: Screen,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Stay up and print the environment to try any command."),
    ] = False,
) -> int:
    """Diagnose the hosts of a made-up account, most of them broken, on this machine alone."""
    from cf525.cli.run import run
    from cf525.lab.demo import environment, run_demo, run_stories, wait_for_interrupt
    from cf525.lab.running import start
    from cf525.lab.scenarios import SCENARIOS, WORLD
    from cf525.report import screen as first_screen
    from cf525.report.demo import closing, stories, table

    color = not screen.no_color
    with start(WORLD) as lab:
        if keep:
            print_pieces((environment(lab),), color=color)
            wait_for_interrupt()
            signals.heard()
            return exit_status.OK
        with progress("diagnosing the demo's hosts", quiet=screen.quiet):
            results = run_demo(lab, SCENARIOS, carry_out=run)
            others = run_stories(lab, carry_out=run)
    width = terminal_width()
    shown = next(each for each in results if each.scenario.showcase)
    lines = (
        *table(results, width=width),
        *stories(others),
        *first_screen.render(shown.report, width=width),
        *closing(results, others),
    )
    print_pieces(lines, color=color)
    right = all([*(each.as_expected for each in results), *(each.as_expected for each in others)])
    return exit_status.OK if right else exit_status.FAILS
