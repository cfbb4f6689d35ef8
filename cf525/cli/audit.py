"""``cf525 audit``: what is broken now, and what breaks next, over every zone of a token."""

from pathlib import Path
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli.groups import PanelledCommand, PanelledGroup, grouped
from cf525.cli.options.audit import (
    AuditChoices,
    AuditOutput,
    Counting,
    FailOn,
    Hands,
    Kept,
    ReadChoices,
)
from cf525.cli.options.output import Screen
from cf525.cli.options.where import Resolving

app = typer.Typer(
    name="audit",
    help="Find what is broken, and what breaks next, over all zones of a token.",
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback(cls=PanelledGroup, invoke_without_command=True)
@grouped
def audit(context: typer.Context, choices: AuditChoices, results: AuditOutput) -> int | None:
    """Audit every host that a token can see: broken now, will break, and safe to upgrade.

    Reads only. An interrupted audit continues with --resume.
    """
    if context.invoked_subcommand is not None:
        return None
    results.format(results.kind)  # what is no format is said before a token is asked for
    options = choices.options
    running = choices.running
    every = running.pause
    from cf525.cli.audit_run import Job, plan, run, serve

    job = Job(options=options, running=running, counting=choices.judging, results=results)
    if running.plan:
        return plan(job)
    if running.serve is not None and every is not None:
        return serve(job, running.serve, every)
    if running.engine is not None or running.vantage is not None:
        from cf525.cli.audit_stages import both_stages

        return both_stages(job)
    return run(job)


@app.command("read", cls=PanelledCommand)
@grouped
def read(
    choices: ReadChoices,
    *,
    folder: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write the plan into this folder."),
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the reading that was interrupted there.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    screen: Screen,
) -> int:
    """Read the account into a plan: a folder of files without a token, for cf525 audit probe."""
    from cf525.cli.audit_stages import read_stage

    return read_stage(choices.options, folder, resume=resume, force=force, quiet=screen.quiet)


@app.command("probe", cls=PanelledCommand)
@grouped
def probe(
    plans: Annotated[
        list[Path],
        typer.Argument(metavar="PLAN...", help="The folder of a plan, or some of its parts."),
    ],
    *,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="N/OF", help="Only every OF-th part of the plan, from the N-th."
        ),
    ] = None,
    hands: Hands,
    kept: Kept,
    network: Resolving,
    counting: Counting,
    results: AuditOutput,
) -> int:
    """Look at the hosts of a plan. Needs no token and asks no API; runs anywhere.

    An interrupted run continues with --resume. The results of parts join with cf525 audit merge.
    """
    from cf525.cli.audit_stages import ProbeJob, probe_stage

    job = ProbeJob(
        plans=plans,
        shard=shard,
        hands=hands,
        kept=kept,
        resolver=network.resolver_address,
        counting=counting,
        results=results,
    )
    return probe_stage(job)


@app.command("merge", cls=PanelledCommand)
@grouped
def merge(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Results of shards or of parts of a plan: --format json or checkpoints.",
        ),
    ],
    counting: Counting,
    results: AuditOutput,
) -> int:
    """Join the results of shards into one report."""
    from cf525.audit.tally import merge as merge_parts
    from cf525.cli.audit_results import compared, joined, load_results

    destination = results.destination()
    parts = load_results(files)
    report = compared(merge_parts([part.report for part in parts]), counting.baseline)
    at_risk = counting.fail_on is FailOn.AT_RISK
    destination.write(joined(report, parts, fail_at_risk=at_risk))
    return exit_status.of_audit(report, counting.fail_on)
