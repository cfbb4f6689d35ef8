"""``cf525 route``: where would the edge go for this URL, and which setting decides it?"""

from dataclasses import replace
from typing import ClassVar

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.account import LeanAccess
from cf525.cli.options.judging import AsVisitor
from cf525.cli.options.output import Output
from cf525.cli.options.where import TargetArgument, Unhurried, built
from cf525.cli.output import progress


class RouteOutput(Output):
    """The output of a route."""

    kind: ClassVar[str] = "routes"


@grouped
def route(
    target: TargetArgument,
    visitor: AsVisitor,
    network: Unhurried,
    account: LeanAccess,
    results: RouteOutput,
) -> int:
    """Show every route the edge may take to the origin, and what decided each value."""
    from cf525.cli.run import run
    from cf525.jobs.route import find_routes

    parsed = visitor.target(target)
    destination = results.destination()
    options = built(visitor, network, account)
    if network.timeout is not None:
        options = replace(options, timeout=network.timeout)
    with progress(f"resolving {parsed.display or parsed.host}", quiet=results.quiet):
        report = run(find_routes(parsed, options), within=network.timeout)
    destination.write(report)
    return exit_status.of_routes(report)
