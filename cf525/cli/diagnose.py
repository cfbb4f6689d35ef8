"""``cf525 diagnose``: why does this hostname answer 525 or 526, and what is to be changed?"""

from cf525.cli import exit_status
from cf525.cli.groups import grouped
from cf525.cli.options.account import LeanAccess
from cf525.cli.options.looking import Closer, Look, Recording, SeenElsewhere
from cf525.cli.options.output import DiagnosisOutput
from cf525.cli.options.where import TargetArgument, built
from cf525.cli.output import progress


@grouped
def diagnose(
    target: TargetArgument,
    look: Look,
    closer: Closer,
    elsewhere: SeenElsewhere,
    recording: Recording,
    account: LeanAccess,
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
        report = run(recording.diagnosed(parsed, options))
    destination.write(report)
    return exit_status.of_report(report)
