"""``cf525 audit``: what is broken now, and what breaks next, over every zone of a token."""

from pathlib import Path
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.audit_formats import FailOn, Form, HostChoice

app = typer.Typer(help="Find what is broken, and what breaks next, over all zones of a token.")

ZoneOption = Annotated[
    list[str],
    typer.Option(
        "--zone",
        metavar="NAME",
        help="Only this zone, or those of a pattern such as '*.example'. Repeatable.",
    ),
]
AccountOption = Annotated[
    str,
    typer.Option("--account", metavar="ID", help="Only the zones of this account."),
]
MatchOption = Annotated[
    list[str],
    typer.Option("--match", metavar="PATTERN", help="Only hostnames of this pattern. Repeatable."),
]
ExcludeOption = Annotated[
    list[str],
    typer.Option("--exclude", metavar="PATTERN", help="No hostnames of this pattern. Repeatable."),
]
HostsOption = Annotated[
    HostChoice,
    typer.Option(
        "--hosts",
        help="Hosts that fail now by Cloudflare's analytics, all that are proxied, or all.",
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="N/OF", help="Only part N of OF; see cf525 audit merge."),
]
SinceOption = Annotated[
    str,
    typer.Option(
        "--since", metavar="SPAN", help="How far back failures count as now: 30m, 6h, 2d."
    ),
]
WhatIfOption = Annotated[
    str | None,
    typer.Option(
        "--what-if",
        metavar="MODE",
        help="Judge every host as if its zone were in this mode, such as strict.",
    ),
]
ExpiringOption = Annotated[
    int,
    typer.Option(
        "--expiring",
        metavar="DAYS",
        min=0,
        max=3650,
        help="Certificates that end within so many days are at risk.",
    ),
]
PlanOption = Annotated[bool, typer.Option("--plan", help="Say what it would cost, and stop.")]
PerAddressOption = Annotated[
    int,
    typer.Option(
        "--per-address",
        metavar="N",
        min=1,
        max=64,
        help="Connections at once to one origin address.",
    ),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint", metavar="FILE", help="Keep the results here; else in the cache directory."
    ),
]
ResumeOption = Annotated[
    bool,
    typer.Option("--resume", help="Continue the run of the same selection that was interrupted."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
BaselineOption = Annotated[
    Path | None,
    typer.Option(
        "--baseline", metavar="OLD.json", help="Print only what changed since this result."
    ),
]
FailOnOption = Annotated[
    FailOn,
    typer.Option("--fail-on", help="What exit status 1 stands for."),
]
FormOption = Annotated[Form, typer.Option("--format", help="How to print the result.")]
ServeOption = Annotated[
    str | None,
    typer.Option(
        "--serve",
        metavar="[ADDR]:PORT",
        help="Stay up as a Prometheus exporter, and audit again every --every.",
    ),
]
EveryOption = Annotated[
    str,
    typer.Option(
        "--every", metavar="SPAN", help="With --serve: the time from one audit to the next."
    ),
]


@app.callback(invoke_without_command=True)
def audit(
    context: typer.Context,
    zone: ZoneOption = [],  # noqa: B006  Typer copies it
    account: AccountOption = "",
    match: MatchOption = [],  # noqa: B006
    exclude: ExcludeOption = [],  # noqa: B006
    hosts: HostsOption = HostChoice.PROXIED,
    shard: ShardOption = None,
    since: SinceOption = "1h",
    expiring: ExpiringOption = 14,
    what_if: WhatIfOption = None,
    connect_to: opt.ConnectToOption = [],  # noqa: B006
    trust: opt.TrustOption = [],  # noqa: B006
    trust_only: opt.TrustOnlyOption = False,
    at: opt.AtOption = None,
    timeout: opt.TimeoutOption = 20.0,
    resolver: opt.ResolverOption = None,
    no_edge: opt.NoEdgeOption = False,
    no_fetch: opt.NoFetchOption = False,
    token_file: opt.TokenFileOption = None,
    token_command: opt.TokenCommandOption = None,
    profile: opt.ProfileOption = None,
    api_base: opt.ApiBaseOption = None,
    plan: PlanOption = False,
    per_address: PerAddressOption = 4,
    checkpoint: CheckpointOption = None,
    resume: ResumeOption = False,
    force: ForceOption = False,
    baseline: BaselineOption = None,
    fail_on: FailOnOption = FailOn.BROKEN,
    serve: ServeOption = None,
    every: EveryOption = "1h",
    form: FormOption = Form.TABLE,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,
) -> int | None:
    """Audit every host that a token can see: broken now, will break, and safe to upgrade.

    Reads only. An interrupted audit continues with --resume.
    """
    del debug  # read by the entry point
    if context.invoked_subcommand is not None:
        return None
    from cf525.audit.options import AuditOptions, Hosts, parse_shard, parse_since
    from cf525.cli.audit_run import Job, carry_out

    base = opt.build(
        mode=what_if,
        connect_to=connect_to,
        trust=trust,
        trust_only=trust_only,
        at=at,
        timeout=timeout,
        resolver=resolver,
        no_edge=no_edge,
        no_fetch=no_fetch,
        token_file=token_file,
        token_command=token_command,
        profile=profile,
        api_base=api_base,
    )
    options = AuditOptions(
        base=base,
        zones=tuple(zone),
        account=account,
        match=tuple(match),
        exclude=tuple(exclude),
        hosts=Hosts(hosts.value),
        shard=parse_shard(shard) if shard else None,
        since=parse_since(since),
        expiring=expiring,
        what_if=what_if or "",
        per_address=per_address,
    )
    return carry_out(
        Job(
            options=options,
            form=form,
            output=output,
            checkpoint=checkpoint,
            resume=resume,
            force=force,
            baseline=baseline,
            fail_on=fail_on,
            color=not no_color,
            quiet=quiet,
            verbose=verbose,
        ),
        plan_only=plan,
        serve=serve,
        every=parse_since(every) if serve else None,
    )


@app.command("merge")
def merge(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Results of shards: --format json or checkpoints."),
    ],
    baseline: BaselineOption = None,
    fail_on: FailOnOption = FailOn.BROKEN,
    form: FormOption = Form.TABLE,
    output: opt.OutputOption = None,
    force: ForceOption = False,
    no_color: opt.NoColorOption = False,
    verbose: opt.VerboseOption = False,
) -> int:
    """Join the results of shards into one report."""
    from cf525.audit.tally import merge as merge_parts
    from cf525.cli.audit_formats import Destination, write_audit
    from cf525.cli.audit_run import compared, load_results

    destination = Destination(form=form, output=output, color=not no_color, verbose=verbose)
    destination.check(force=force)
    parts = load_results(files)
    report = compared(merge_parts([part.report for part in parts]), baseline)
    write_audit(report, parts, destination, fail_at_risk=fail_on is FailOn.AT_RISK)
    return exit_status.of_audit(report, fail_on)
