"""``cf525 verify``: would the edge accept this certificate file, or this origin's certificate?"""

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from cf525.cli import complete, exit_status
from cf525.cli.groups import Group, grouped
from cf525.cli.options.judging import CheckedTrust
from cf525.cli.options.looking import server as read_server
from cf525.cli.options.output import Output
from cf525.cli.options.where import Unhurried, read_mode
from cf525.cli.output import progress
from cf525.errors import UsageError
from cf525.values import dataclass

if TYPE_CHECKING:
    from cf525.jobs.verify import Verification
    from cf525.model import Report


@dataclass(frozen=True, kw_only=True)
class ToVerify(Group):
    """For which name and mode the certificate is judged, and with which key."""

    panel: ClassVar[str] = "What to verify"

    host: Annotated[
        list[str],
        typer.Option(
            "--host",
            metavar="NAME",
            help="The name visitors ask for; repeated, the target of its CNAME, which counts too.",
        ),
    ] = field(default_factory=list)
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="MODE",
            autocompletion=complete.modes,
            help="Judge as in this SSL mode: off, flexible, full, strict, origin_pull, or as the "
            "dashboard writes it.",
        ),
    ] = "strict"
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The private key that must belong to it."),
    ] = None
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="NAME",
            autocompletion=complete.servers,
            help="The software the file is for, by any common name: its remedies come first.",
        ),
    ] = None
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Holds a PKCS#12 file's password."),
    ] = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names, the requested one first. Raises UsageError."""
        from cf525.model.parsing import parse_hostname

        return tuple(parse_hostname(each) for each in self.host)

    @property
    def password(self) -> bytes | None:
        """What the password file holds. Raises UsageError."""
        from cf525.pki import files

        if self.password_file is None:
            return None
        return files.read_file(self.password_file).rstrip(b"\r\n")


class VerificationOutput(Output):
    """The output of a verification."""

    kind: ClassVar[str] = "verification"


@grouped
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
    certificate: ToVerify,
    trust: CheckedTrust,
    network: Unhurried,
    results: VerificationOutput,
) -> int:
    """Judge a certificate before it is deployed, or a live origin, as the edge would."""
    from cf525.cli.run import run
    from cf525.jobs.verify import Verification
    from cf525.jobs.verify import verify as run_verification

    job = Verification(
        paths=tuple(paths),
        hosts=certificate.hosts,
        mode=read_mode(certificate.mode) or "strict",
        key=certificate.key,
        password=certificate.password,
        trust_files=trust.files,
        trust_only=trust.trust_only,
        at=trust.moment,
        fetch=not trust.no_fetch,
        check_revocation=trust.check_revocation,
        resolver=network.resolver_address,
        server=read_server(certificate.server),
    )
    origin = _origin(paths)
    destination = results.destination("verification" if origin is None else "report")
    with progress(f"verifying {paths[0]}", quiet=results.quiet):
        if origin is None:
            report = run(run_verification(job), within=network.timeout)
        else:
            report = _of_origin(job, origin, network.timeout)
    destination.write(report)
    return exit_status.of_report(report)


def _origin(paths: list[Path]) -> "tuple[str, int | None] | None":
    """The address that the one argument is; None where it is a file, or ought to be one."""
    from cf525.model.parsing import parse_origin

    try:
        if len(paths) != 1 or paths[0].exists():
            return None
    except OSError:  # it stands where this user may not look
        return None
    try:
        return parse_origin(str(paths[0]))
    except UsageError:
        return None


def _of_origin(
    job: "Verification", origin: "tuple[str, int | None]", timeout: float | None
) -> "Report":
    from cf525.cli.run import run
    from cf525.diagnosis.options import DEFAULT_TIMEOUT, Options
    from cf525.jobs.diagnose import diagnose

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
        timeout=timeout or DEFAULT_TIMEOUT,
        server=job.server,
        edge=False,
    )
    return run(diagnose(job.hosts[0], options))
