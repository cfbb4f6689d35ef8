"""The options that commands share, and how they become ``diagnosis.Options``."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cf525.cli.output import Format
from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.account.credentials import Credentials
    from cf525.diagnosis.options import Options

OriginOption = Annotated[
    list[str],
    typer.Option(
        "--origin",
        metavar="ADDR[:PORT]",
        help="Probe this origin in place of those that DNS and the API name. Repeatable.",
    ),
]
ModeOption = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="Judge as in this SSL mode: off, flexible, full, strict, origin_pull.",
    ),
]
SniOption = Annotated[
    str | None,
    typer.Option(
        "--sni",
        metavar="NAME",
        help="Send this name in the ClientHello in place of the hostname.",
    ),
]
ConnectToOption = Annotated[
    list[str],
    typer.Option(
        "--connect-to",
        metavar="HOST:PORT:ADDR:PORT",
        envvar="CF525_CONNECT_TO",
        help="Connect to ADDR:PORT where HOST:PORT is meant, as in curl. HOST may also be an "
        "origin's address. Repeatable.",
    ),
]
TrustOption = Annotated[
    list[Path],
    typer.Option(
        "--trust",
        metavar="FILE",
        envvar="CF525_TRUST",
        help="Trust the CA certificates of this PEM file too. Repeatable.",
    ),
]
TrustOnlyOption = Annotated[
    bool,
    typer.Option("--trust-only", help="Trust nothing but --trust."),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Judge certificates as of this time (2027-01-31 or 2027-01-31T12:00Z).",
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="S",
        min=0.1,
        max=600.0,
        help="Seconds for the whole target.",
    ),
]
ResolverOption = Annotated[
    str | None,
    typer.Option(
        "--resolver",
        metavar="ADDR[:PORT]",
        envvar="CF525_RESOLVER",
        help="Ask this DNS resolver.",
    ),
]
NoEdgeOption = Annotated[
    bool,
    typer.Option("--no-edge", help="Send no request through Cloudflare's edge."),
]
NoFetchOption = Annotated[
    bool,
    typer.Option(
        "--no-fetch",
        help="Download nothing: no missing intermediates, no revocation or trust lists.",
    ),
]
CountryOption = Annotated[
    str | None,
    typer.Option(
        "--country",
        metavar="CC",
        help="Judge for a visitor from this country (two letters), where rules ask for it.",
    ),
]
HeaderOption = Annotated[
    list[str],
    typer.Option(
        "--header",
        metavar="NAME:VALUE",
        help="Judge for a visitor who sends this header, where rules ask for it. Nothing of it "
        "is sent to an origin. Repeatable.",
    ),
]
CheckRevocationOption = Annotated[
    bool, typer.Option("--check-revocation", help="Look the certificates up in their CRLs.")
]
DeepOption = Annotated[
    bool,
    typer.Option(
        "--deep",
        help="Ask more: up to 80 connections to an address, repeated probes, every version, "
        "suite, group and signature. Give more time with --timeout.",
    ),
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="NAME",
        help="The software or platform at the origin (nginx, Apache, IIS, Heroku ...): its "
        "remedies come first.",
    ),
]
MessageOption = Annotated[
    bool,
    typer.Option(
        "--message",
        help="Print a short text to send to the hosting provider or the site's owner.",
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Read the API token from this file; else from CLOUDFLARE_API_TOKEN.",
    ),
]
LeanOption = Annotated[
    bool,
    typer.Option("--lean", help="Read the least of the account: six calls for most hosts."),
]
TokenCommandOption = Annotated[
    str | None,
    typer.Option(
        "--token-command",
        metavar="CMD",
        envvar="CF525_TOKEN_COMMAND",
        help="Run this program for the API token, as in: op read op://ops/cloudflare/token",
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        envvar="CF525_PROFILE",
        help="Use this profile of profiles.toml, for one of several accounts.",
    ),
]
ApiBaseOption = Annotated[
    str | None,
    typer.Option(
        "--api-base",
        metavar="URL",
        envvar="CLOUDFLARE_BASE_URL",
        help="Base URL of the API.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the result.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result to this file.",
    ),
]
NoColorOption = Annotated[
    bool,
    typer.Option("--no-color", help="No colour; NO_COLOR does the same."),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
VerboseOption = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Every finding, remedy and unknown."),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", help="Show tracebacks of internal faults."),
]


def build(
    *,
    origin: Sequence[str] = (),
    mode: str | None = None,
    sni: str | None = None,
    connect_to: Sequence[str] = (),
    trust: Sequence[Path] = (),
    trust_only: bool = False,
    at: str | None = None,
    timeout: float = 20.0,
    resolver: str | None = None,
    no_edge: bool = False,
    no_fetch: bool = False,
    check_revocation: bool = False,
    lean: bool = False,
    country: str | None = None,
    header: Sequence[str] = (),
    token_file: Path | None = None,
    token_command: str | None = None,
    profile: str | None = None,
    api_base: str | None = None,
) -> "Options":
    """Check every value and put them together. Raises UsageError or CredentialsError."""
    from cf525.diagnosis.options import Options
    from cf525.model.parsing import (
        parse_api_base,
        parse_connect_to,
        parse_hostname,
        parse_origin,
        parse_resolver,
    )

    origins = tuple(parse_origin(each) for each in origin)
    options = Options(
        api_base=parse_api_base(api_base) if api_base else "",
        resolver=parse_resolver(resolver) if resolver else None,
        origins=origins,
        mode=mode_value(mode),
        sni=parse_hostname(sni) if sni else None,
        connect_to=tuple(parse_connect_to(each) for each in connect_to),
        trust_files=trust_files(trust, trust_only=trust_only),
        trust_only=trust_only,
        at=moment(at),
        timeout=timeout,
        edge=not no_edge,
        fetch=not no_fetch,
        check_revocation=check_revocation,
        lean=lean,
        country=_country(country),
        headers=tuple(_header(each) for each in header),
    )
    found = credentials(token_file, token_command, profile, required=not origins)
    return replace(options, credentials=found)


def credentials(
    token_file: Path | None,
    token_command: str | None = None,
    profile: str | None = None,
    *,
    required: bool,
) -> "Credentials | None":
    """The credentials at hand. Without any: None, or CredentialsError when they are required.

    A command or profile from the environment yields to a token from there.
    """
    from cf525.account.credentials import VARIABLE, load_credentials, missing_credentials

    if token_command == os.environ.get("CF525_TOKEN_COMMAND") and VARIABLE in os.environ:
        token_command = None
    if profile == os.environ.get("CF525_PROFILE") and VARIABLE in os.environ:
        profile = None
    found = load_credentials(os.environ, token_file, token_command=token_command, profile=profile)
    if found is None and required:
        raise missing_credentials()
    return found


def _country(text: str | None) -> str:
    if text is not None and not (len(text) == 2 and text.isascii() and text.isalnum()):
        raise UsageError(f"--country {text!r} is no country", hint="write two letters, as DE")
    return (text or "").upper()


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"--header {text!r} is no header", hint="write NAME:VALUE")
    return name.strip().lower(), value.strip()


def mode_value(text: str | None) -> str | None:
    """A mode by Cloudflare's value. Raises UsageError for any other."""
    from cf525.edge.modes import NAMES

    if text is not None and text not in NAMES:
        raise UsageError(f"--mode {text!r} is not a mode", hint=f"write one of: {', '.join(NAMES)}")
    return text


def trust_files(paths: Sequence[Path], *, trust_only: bool) -> tuple[Path, ...]:
    """The files of --trust, each of which must be there."""
    if trust_only and not paths:
        raise UsageError("--trust-only without --trust trusts nothing", hint="add --trust FILE")
    for path in paths:
        if not path.is_file():
            raise UsageError(
                f"--trust {path} is not a readable file", hint="name a PEM file of CA certificates"
            )
    return tuple(paths)


def server(name: str | None) -> str:
    """The platform of --server in the catalogue's spelling."""
    from cf525.causes.page import platform_names

    if name is None:
        return ""
    known = {each.lower(): each for each in platform_names()}
    if name.lower() not in known:
        raise UsageError(
            f"--server {name!r} is not a platform the runbook knows",
            hint=f"write one of: {', '.join(sorted(known.values(), key=str.lower))}",
        )
    return known[name.lower()]


def moment(text: str | None) -> datetime | None:
    """The time of --at; UTC where it names no zone."""
    from datetime import UTC

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--at {text!r} is not a time", hint="write 2027-01-31 or 2027-01-31T12:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
