"""``cf525 diagnose``: why does this hostname answer 525 or 526, and what is to be changed?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli import complete, exit_status
from cf525.cli.groups import Group, grouped
from cf525.cli.options.account import AccessIfAny
from cf525.cli.options.looking import Closer, Look, Recording, SeenElsewhere
from cf525.cli.options.output import DiagnosisOutput
from cf525.cli.options.where import built, hosts_of_file
from cf525.cli.output import ask, can_ask, progress, say
from cf525.errors import UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.conclusion import Seen
    from cf525.model import Report, Target

MOST_TARGETS = 1_000


@dataclass(frozen=True, kw_only=True)
class Named(Group):
    """Hosts out of a file, besides those of the command line."""

    panel: ClassVar[str] = "Where to look"

    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Hosts, one a line; - for standard input."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class OwnFiles(Group):
    """The origin's own configuration, to be laid beside the handshake."""

    panel: ClassVar[str] = "Where to look"

    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="PATH|ssh://HOST[/PATH]",
            help="Read the origin's own configuration too, as lint does, and say which line it is "
            "and whether the running server has read it.",
        ),
    ] = None


@grouped
def diagnose(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="HOST|URL...",
            autocompletion=complete.hosts,
            help="The hostname or URL that visitors ask for. Several give a table, and a page each "
            "with --format html.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    *,
    named: Named,
    files: OwnFiles,
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

    wanted = [look.visitor.target(each) for each in (*targets, *hosts_of_file(named.file))]
    wanted = list(dict.fromkeys(wanted))
    if not wanted or len(wanted) > MOST_TARGETS:
        raise UsageError(
            f"{len(wanted) or 'no'} hosts were named",
            hint=f"name one to {MOST_TARGETS}: cf525 diagnose www.example.com, or -f FILE; "
            "cf525 audit takes whole zones",
        )
    if len(wanted) > 1:
        if files.config is not None:
            raise UsageError("--config is for one host", hint="name one host, or leave it out")
        return _several(wanted, look, closer, elsewhere, recording, account, results)
    (parsed,) = wanted
    elsewhere.refuse(
        repeat=closer.repeat, save_transcript=recording.save_transcript, pcap=recording.pcap
    )
    destination = results.destination()
    recording.check(force=results.force)
    options = built(look, closer, elsewhere, account)
    with progress(f"diagnosing {parsed.display or parsed.host}", quiet=results.quiet):
        report, seen = run(recording.diagnosed(parsed, options, force=results.force))
    if files.config is not None:
        from cf525.jobs.lint import laid_beside

        report = run(laid_beside(report, files.config, options), within=options.timeout)
    elif seen is not None and destination.for_a_person and not results.quiet:
        report = of_named_server(report, seen)
    destination.write(report)
    return exit_status.of_report(report)


def _several(
    targets: "list[Target]",
    look: Look,
    closer: Closer,
    elsewhere: SeenElsewhere,
    recording: Recording,
    account: AccessIfAny,
    results: DiagnosisOutput,
) -> int:
    """The same for several hosts: a table, and a page each."""
    from cf525.audit.named import diagnose_named
    from cf525.cli.options.audit import FailOn
    from cf525.cli.run import run

    for option, given in (
        ("--save-transcript", recording.save_transcript),
        ("--pcap", recording.pcap),
        ("--message", results.message),
        ("--observation", elsewhere.observation),
    ):
        if given:
            raise UsageError(f"{option} is for one host", hint="name one host, or leave it out")
    destination = results.destination("hosts")
    options = built(look, closer, elsewhere, account)
    with progress(f"diagnosing {len(targets)} hosts", quiet=results.quiet):
        found = run(diagnose_named(targets, options))
    destination.write(found)
    return exit_status.of_audit(found.report, FailOn.BROKEN)


def of_named_server(report: "Report", seen: "Seen") -> "Report":
    """The report with the fix for the server that the person names, where that makes a difference
    and somebody sits at the terminal to be asked. What was found is said before the question."""
    from cf525.report.chosen import asks_for_server, servers_of

    finding = report.headline_finding
    if finding is None or not asks_for_server(report) or not can_ask():
        return report
    from cf525.cli.options.looking import server
    from cf525.conclusion import conclude

    choices = ", ".join(servers_of(finding)[:6])
    say(report.summary)
    try:
        while name := ask(f"Which server is it? ({choices} ...; Enter skips)"):
            try:
                return conclude(seen.with_server(server(name)))
            except UsageError as error:
                say(f"{error.message}; {error.hint}")
    except KeyboardInterrupt:  # the diagnosis is done: it is told without a server's lines
        say("no server was named")
    return report
