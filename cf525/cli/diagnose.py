"""``cf525 diagnose``: why does this hostname answer 525 or 526, and what is to be changed?"""

from dataclasses import replace
from typing import Annotated

import typer

from cf525.cli import exit_status, eyes
from cf525.cli import options as opt
from cf525.cli.output import Format, progress, write_report, write_text


def diagnose(
    target: Annotated[
        str, typer.Argument(metavar="HOST|URL", help="The hostname or URL that visitors ask for.")
    ],
    origin: opt.OriginOption = [],  # noqa: B006  Typer copies it
    mode: opt.ModeOption = None,
    sni: opt.SniOption = None,
    connect_to: opt.ConnectToOption = [],  # noqa: B006
    trust: opt.TrustOption = [],  # noqa: B006
    trust_only: opt.TrustOnlyOption = False,
    at: opt.AtOption = None,
    timeout: opt.TimeoutOption = 20.0,
    resolver: opt.ResolverOption = None,
    no_edge: opt.NoEdgeOption = False,
    edge_wait: eyes.EdgeWaitOption = 6.0,
    no_fetch: opt.NoFetchOption = False,
    check_revocation: opt.CheckRevocationOption = False,
    deep: opt.DeepOption = False,
    server: opt.ServerOption = None,
    lean: opt.LeanOption = False,
    country: opt.CountryOption = None,
    header: opt.HeaderOption = [],  # noqa: B006
    via: eyes.ViaOption = None,
    source: eyes.SourceOption = None,
    client_cert: eyes.ClientCertOption = None,
    client_key: eyes.ClientKeyOption = None,
    repeat: eyes.RepeatOption = None,
    interval: eyes.IntervalOption = 0.0,
    parallel: eyes.ParallelOption = 8,
    since: eyes.SinceOption = None,
    ct: eyes.CtOption = None,
    observation: eyes.ObservationOption = [],  # noqa: B006
    save_transcript: eyes.TranscriptOption = None,
    pcap: eyes.PcapOption = None,
    token_file: opt.TokenFileOption = None,
    token_command: opt.TokenCommandOption = None,
    profile: opt.ProfileOption = None,
    api_base: opt.ApiBaseOption = None,
    form: opt.FormatOption = Format.TEXT,
    message: opt.MessageOption = False,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Find out which status visitors get, why, and what to change.

    With a token (CLOUDFLARE_API_TOKEN, read-only) the mode and the origins are read from the
    account. Without one give --origin ADDRESS, and --mode if you know it.
    """
    del debug  # read by the entry point
    from cf525.audit.options import parse_since
    from cf525.cli.run import run
    from cf525.diagnosis.elsewhere import load_observations
    from cf525.model.parsing import parse_target

    parsed = parse_target(target)
    eyes.refuse_contradictions(
        observation, repeat=repeat, save_transcript=save_transcript, pcap=pcap
    )
    options = opt.build(
        origin=origin or eyes.origins_seen(observation),
        mode=mode,
        sni=sni,
        connect_to=connect_to,
        trust=trust,
        trust_only=trust_only,
        at=at,
        timeout=timeout,
        resolver=resolver,
        no_edge=no_edge,
        no_fetch=no_fetch,
        check_revocation=check_revocation,
        lean=lean,
        country=country,
        header=header,
        token_file=token_file,
        token_command=token_command,
        profile=profile,
        api_base=api_base,
    )
    if not origin and options.credentials is not None:
        options = replace(options, origins=())  # the account knows the routes better
    options = replace(
        options,
        deep=deep,
        server=opt.server(server),
        reach=eyes.reach(via, source, client_cert, client_key),
        edge_wait=edge_wait,
        logged=eyes.logged(ct),
        observations=load_observations(observation),
        since=parse_since(since) if since else None,
    )
    options = eyes.with_series(options, repeat, interval, parallel)
    with progress(f"diagnosing {parsed.display or parsed.host}", quiet=quiet):
        job = eyes.diagnosed(parsed, options, transcript=save_transcript, pcap=pcap)
        report = run(job)
    if message:
        from cf525.report.message import render

        write_text(render(report), output)
        return exit_status.of_report(report)
    write_report(report, form=form, output=output, color=not no_color, verbose=verbose)
    return exit_status.of_report(report)
