"""``cf525 watch``: look again and again until the target is healthy, or until it breaks."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cf525.cli import exit_status, eyes
from cf525.cli import options as opt
from cf525.cli import watch_notices as notices
from cf525.cli.output import Format, write_report
from cf525.series.watch import Pace, Until
from cf525.series.watch import watch as run_watch

if TYPE_CHECKING:
    from cf525.model import Report
    from cf525.series.watch import Transition

UntilOption = Annotated[
    Until, typer.Option("--until", help="When to end: at health, failure, any change, or never.")
]
WaitOption = Annotated[
    float, typer.Option("--interval", metavar="S", help="Seconds to the next look after a change.")
]
SlowestOption = Annotated[
    float, typer.Option("--slowest", metavar="S", help="Seconds between looks while all stays.")
]
ExecOption = Annotated[
    str | None,
    typer.Option(
        "--exec", metavar="CMD", help="Run this at a change; CF525_STATUS and more are set."
    ),
]
WebhookOption = Annotated[
    str | None,
    typer.Option(
        "--webhook", metavar="URL", envvar="CF525_WEBHOOK", help="POST each change here as JSON."
    ),
]
MetricsOption = Annotated[
    str | None,
    typer.Option("--metrics", metavar="[ADDR]:PORT", help="Serve the newest look to Prometheus."),
]


def watch(
    target: Annotated[
        str, typer.Argument(metavar="HOST|URL", help="The hostname or URL that visitors ask for.")
    ],
    until: UntilOption = Until.OK,
    interval: WaitOption = 5.0,
    slowest: SlowestOption = 60.0,
    command: ExecOption = None,
    webhook: WebhookOption = None,
    metrics: MetricsOption = None,
    origin: opt.OriginOption = [],  # noqa: B006  Typer copies it
    mode: opt.ModeOption = None,
    sni: opt.SniOption = None,
    connect_to: opt.ConnectToOption = [],  # noqa: B006
    via: eyes.ViaOption = None,
    source: eyes.SourceOption = None,
    client_cert: eyes.ClientCertOption = None,
    client_key: eyes.ClientKeyOption = None,
    trust: opt.TrustOption = [],  # noqa: B006
    trust_only: opt.TrustOnlyOption = False,
    timeout: opt.TimeoutOption = 20.0,
    resolver: opt.ResolverOption = None,
    no_edge: opt.NoEdgeOption = False,
    no_fetch: opt.NoFetchOption = False,
    token_file: opt.TokenFileOption = None,
    token_command: opt.TokenCommandOption = None,
    profile: opt.ProfileOption = None,
    api_base: opt.ApiBaseOption = None,
    form: opt.FormatOption = Format.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Look again and again and tell of every change, until the end that --until names.

    The exit status is that of the last look. The full report is printed at the end.
    """
    del debug  # read by the entry point
    import asyncio
    from dataclasses import replace

    from cf525.cli.run import run
    from cf525.jobs.diagnose import diagnose
    from cf525.model.parsing import parse_target

    parsed = parse_target(target)
    options = opt.build(
        origin=origin,
        mode=mode,
        sni=sni,
        connect_to=connect_to,
        trust=trust,
        trust_only=trust_only,
        timeout=timeout,
        resolver=resolver,
        no_edge=no_edge,
        no_fetch=no_fetch,
        token_file=token_file,
        token_command=token_command,
        profile=profile,
        api_base=api_base,
    )
    options = replace(options, reach=eyes.reach(via, source, client_cert, client_key))
    pace = Pace(first=interval, slowest=max(slowest, interval))
    if command is not None:
        notices.words(command)
    hook = notices.checked_webhook(webhook) if webhook else None
    served = notices.serve_metrics(metrics) if metrics else None

    async def changed(transition: "Transition") -> None:
        at = datetime.now(UTC)
        sys.stderr.write(notices.line(transition, at) + "\n")
        sys.stderr.flush()
        if served is not None and transition.before is not None:
            served.changes()
        told = notices.facts(transition, at)
        if command is not None and transition.before is not None:
            await notices.execute(command, told)
        if hook is not None and transition.before is not None:
            await notices.post(hook, told)

    try:
        report = run(
            run_watch(
                lambda: diagnose(parsed, options),
                failing=failing,
                until=until,
                pace=pace,
                sleep=asyncio.sleep,
                changed=changed,
                looked=served.take if served is not None else lambda _: None,
            )
        )
    finally:
        if served is not None:
            served.stop()
    write_report(report, form=form, output=output, color=not no_color, verbose=verbose)
    return exit_status.of_report(report)


def failing(report: "Report") -> bool | None:
    """Whether a report is a failure; None where it cannot be told."""
    status = exit_status.of_report(report)
    return {exit_status.OK: False, exit_status.FAILS: True}.get(status)
