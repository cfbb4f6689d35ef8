"""``cf525 verify``: would the edge accept this certificate file, or this origin's certificate?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import Format, progress, terminal_width, write_lines, write_report
from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.jobs.verify import Verification
    from cf525.model import Report
    from cf525.report.line import Line


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...|ADDR[:PORT]",
            help="The certificate and its intermediates, as the server sends them: PEM, DER, "
            "PKCS#7 or PKCS#12; - for standard input. Several are read one after the other. Or "
            "the address of an origin that serves them.",
        ),
    ],
    host: Annotated[
        list[str],
        typer.Option(
            "--host",
            metavar="NAME",
            help="The name visitors ask for; repeated, the target of its CNAME, which counts too.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    mode: opt.ModeOption = "strict",
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The private key that must belong to it."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Holds a PKCS#12 file's password."),
    ] = None,
    check_revocation: opt.CheckRevocationOption = False,
    trust: opt.TrustOption = [],  # noqa: B006
    trust_only: opt.TrustOnlyOption = False,
    at: opt.AtOption = None,
    resolver: opt.ResolverOption = None,
    no_fetch: opt.NoFetchOption = False,
    form: opt.FormatOption = Format.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Judge a certificate before it is deployed, or a live origin, as the edge would."""
    del debug  # read by the entry point
    from cf525.jobs.verify import Verification
    from cf525.model.parsing import parse_hostname, parse_resolver
    from cf525.pki import files

    hosts = tuple(parse_hostname(each) for each in host)
    job = Verification(
        paths=tuple(paths),
        hosts=hosts,
        mode=opt.mode_value(mode) or "strict",
        key=key,
        password=files.read_file(password_file).rstrip(b"\r\n") if password_file else None,
        trust_files=opt.trust_files(trust, trust_only=trust_only),
        trust_only=trust_only,
        at=opt.moment(at),
        fetch=not no_fetch,
        check_revocation=check_revocation,
        resolver=parse_resolver(resolver) if resolver else None,
    )
    origin = _origin(paths)
    lines: Sequence[Line]
    with progress(f"verifying {paths[0]}", quiet=quiet):
        if origin is None:
            report, lines = _of_files(job, verbose=verbose)
        else:
            report, lines = _of_origin(job, origin, verbose=verbose)
    if form is Format.TEXT:
        write_lines(lines, output=output, color=not no_color)
    else:
        write_report(report, form=form, output=output, color=False, verbose=verbose)
    return exit_status.of_report(report)


def _origin(paths: list[Path]) -> "tuple[str, int | None] | None":
    """The address that the one argument is; None where it is a file, or ought to be one."""
    from cf525.model.parsing import parse_origin

    if len(paths) != 1 or paths[0].exists():
        return None
    try:
        return parse_origin(str(paths[0]))
    except UsageError:
        return None


def _of_files(job: "Verification", *, verbose: bool) -> "tuple[Report, Sequence[Line]]":
    from cf525.cli.run import run
    from cf525.jobs.verify import verify as run_verification
    from cf525.report.verification import render

    report = run(run_verification(job))
    return report, render(report, verbose=verbose)


def _of_origin(
    job: "Verification", origin: "tuple[str, int | None]", *, verbose: bool
) -> "tuple[Report, Sequence[Line]]":
    from cf525.cli.run import run
    from cf525.diagnosis.options import Options
    from cf525.jobs.diagnose import diagnose
    from cf525.report.text import render

    if not job.hosts or job.key is not None:
        raise UsageError(
            "an origin is verified for a name, and holds its key itself",
            hint="give --host NAME, and no --key",
        )
    options = Options(
        origins=(origin,),
        mode=job.mode,
        trust_files=job.trust_files,
        trust_only=job.trust_only,
        at=job.at,
        fetch=job.fetch,
        check_revocation=job.check_revocation,
        resolver=job.resolver,
        edge=False,
    )
    report = run(diagnose(job.hosts[0], options))
    return report, render(report, width=terminal_width(), verbose=verbose)
