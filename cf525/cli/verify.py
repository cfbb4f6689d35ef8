"""``cf525 verify``: would the edge accept this certificate file?"""

from pathlib import Path
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import Format, progress, write_lines, write_report


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="The certificate and its intermediates, as the server sends them: PEM, DER, "
            "PKCS#7 or PKCS#12; - for standard input. Several are read one after the other.",
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
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The private key that must belong to it."),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Holds a PKCS#12 file's password."),
    ] = None,
    check_revocation: Annotated[
        bool, typer.Option("--check-revocation", help="Look the certificates up in their CRLs.")
    ] = False,
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
    """Judge a certificate file before it is deployed, as the edge in Full (strict) would."""
    del debug  # read by the entry point
    from cf525.cli.run import run
    from cf525.pki import files
    from cf525.report.verification import render
    from cf525.targets import parse_hostname, parse_resolver
    from cf525.verification import Verification
    from cf525.verification import verify as run_verification

    job = Verification(
        paths=tuple(paths),
        hosts=tuple(parse_hostname(each) for each in host),
        key=key,
        password=files.read_file(password_file).rstrip(b"\r\n") if password_file else None,
        trust_files=opt.trust_files(trust, trust_only=trust_only),
        trust_only=trust_only,
        at=opt.moment(at),
        fetch=not no_fetch,
        check_revocation=check_revocation,
        resolver=parse_resolver(resolver) if resolver else None,
    )
    with progress(f"verifying {paths[0]}", quiet=quiet):
        report = run(run_verification(job))
    if form is Format.TEXT:
        write_lines(render(report, verbose=verbose), output=output, color=not no_color)
    else:
        write_report(report, form=form, output=output, color=False, verbose=verbose)
    return exit_status.of_report(report)
