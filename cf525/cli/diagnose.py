"""``cf525 diagnose``: why does this hostname answer 525 or 526, and what is to be changed?"""

from typing import TYPE_CHECKING

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.account import AccessIfAny
from cf525.cli.options.looking import Closer, Look, Recording, SeenElsewhere
from cf525.cli.options.output import DiagnosisOutput
from cf525.cli.options.where import TargetArgument, built
from cf525.cli.output import ask, can_ask, progress, say
from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.conclusion import Seen
    from cf525.model import Report


@grouped
def diagnose(
    target: TargetArgument,
    look: Look,
    closer: Closer,
    elsewhere: SeenElsewhere,
    recording: Recording,
    account: AccessIfAny,
    results: DiagnosisOutput,
) -> int:
    """Find out which status visitors get, why, and what to change.

    With a token (CLOUDFLARE_API_TOKEN, read-only) the mode and the origins are read from the
    account. Without one give --origin ADDRESS, and --mode if you know it.
    """
    from cf525.cli.run import run

    parsed = look.visitor.target(target)
    elsewhere.refuse(
        repeat=closer.repeat, save_transcript=recording.save_transcript, pcap=recording.pcap
    )
    destination = results.destination()
    options = built(look, closer, elsewhere, account)
    with progress(f"diagnosing {parsed.display or parsed.host}", quiet=results.quiet):
        report, seen = run(recording.diagnosed(parsed, options))
    if seen is not None and destination.for_a_person and not results.quiet:
        report = of_named_server(report, seen)
    destination.write(report)
    return exit_status.of_report(report)


def of_named_server(report: "Report", seen: "Seen") -> "Report":
    """The report with the fix for the server that the person names, where that makes a difference
    and somebody sits at the terminal to be asked."""
    from cf525.report.screen import asks_for_server, servers_of

    finding = report.headline_finding
    if finding is None or not asks_for_server(report) or not can_ask():
        return report
    from cf525.cli.options.looking import server
    from cf525.conclusion import conclude

    choices = ", ".join(servers_of(finding)[:6])
    while name := ask(f"Which server is it? ({choices} ...; Enter skips)"):
        try:
            return conclude(seen.with_server(server(name)))
        except UsageError as error:
            say(f"{error.message}; {error.hint}")
    return report
