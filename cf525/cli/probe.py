"""``cf525 probe``: one connection as the edge would make it, message by message."""

from enum import StrEnum
from typing import Annotated

import typer

from cf525.cli import exit_status, eyes
from cf525.cli import options as opt
from cf525.cli.output import (
    Format,
    progress,
    say,
    terminal_width,
    write_lines,
    write_report,
    write_text,
)


class PostQuantumChoice(StrEnum):
    SUPPORTED = "supported"
    PREFERRED = "preferred"
    OFF = "off"


def probe(
    target: Annotated[
        str,
        typer.Argument(metavar="HOST|ADDR[:PORT]", help="A hostname, or an address to connect to."),
    ],
    sni: opt.SniOption = None,
    alpn: Annotated[
        str, typer.Option("--alpn", metavar="LIST", help="Protocols to offer; empty for none.")
    ] = "h2,http/1.1",
    post_quantum: Annotated[
        PostQuantumChoice,
        typer.Option("--post-quantum", help="How the hybrid key agreement is offered."),
    ] = PostQuantumChoice.SUPPORTED,
    request: Annotated[
        bool, typer.Option("--request/--no-request", help="Ask for / behind the handshake.")
    ] = False,
    emit: Annotated[
        bool, typer.Option("--emit", help="Print a command that does this on another host.")
    ] = False,
    via: eyes.ViaOption = None,
    source: eyes.SourceOption = None,
    client_cert: eyes.ClientCertOption = None,
    client_key: eyes.ClientKeyOption = None,
    connect_to: opt.ConnectToOption = [],  # noqa: B006  Typer copies it
    timeout: opt.TimeoutOption = 5.0,
    resolver: opt.ResolverOption = None,
    form: opt.FormatOption = Format.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Shake hands once with the edge's ClientHello and show the whole exchange.

    No account is read and nothing is judged but the handshake. A hostname is resolved by DNS; if
    it is proxied, that is Cloudflare's edge and not the origin: give the origin's address.
    """
    del debug  # read by the entry point
    from cf525.cli.run import run
    from cf525.jobs.probe import SingleProbe, probe_once
    from cf525.model.parsing import parse_connect_to, parse_hostname, parse_resolver
    from cf525.report.trace import render

    if emit:
        write_text(eyes.emitted(target, sni), output)
        return exit_status.OK
    job = SingleProbe(
        place=target,
        sni=parse_hostname(sni) if sni else None,
        alpn=tuple(each.strip() for each in alpn.split(",") if each.strip()),
        post_quantum=post_quantum.value,
        request=request,
        connect_to=tuple(parse_connect_to(each) for each in connect_to),
        resolver=parse_resolver(resolver) if resolver else None,
        timeout=timeout,
        reach=eyes.reach(via, source, client_cert, client_key),
    )
    with progress(f"probing {target}", quiet=quiet):
        report, remarks = run(probe_once(job))
    for remark in remarks:
        say(remark)
    if form is Format.JSON:
        write_report(report, form=form, output=output, color=False, verbose=True)
    else:
        lines = render(report, width=terminal_width())
        write_lines(lines, output=output, color=not no_color)
    return exit_status.of_report(report)
