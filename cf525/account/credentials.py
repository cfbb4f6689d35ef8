"""The API token: where it comes from and what it must look like.

A token is never shown: not in a repr, an error or a log. Whether Cloudflare accepts it is not
decided here.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final

from cf525.account.profiles import (
    COMMAND_VARIABLE,
    PROFILE_VARIABLE,
    read_profile,
    run_command,
)
from cf525.errors import CredentialsError, UsageError
from cf525.inputs import open_given
from cf525.values import dataclass

VARIABLE: Final = "CLOUDFLARE_API_TOKEN"
_MAX_LENGTH: Final = 512
_CREATE: Final = (
    "create a read-only API token at dash.cloudflare.com/profile/api-tokens "
    f"and set {VARIABLE}, or give --token-file or --token-command"
)


class TokenKind(StrEnum):
    """Whose token it is, by the prefix Cloudflare gives newer ones."""

    USER = "user"
    ACCOUNT = "account"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API token in the form Cloudflare issues; ``source`` says where it was found."""

    token: str = field(repr=False)
    source: str = ""

    def __post_init__(self) -> None:
        _check(self.token, self.source or "the token")

    @property
    def kind(self) -> TokenKind:
        if self.token.startswith("cfat_"):
            return TokenKind.ACCOUNT
        return TokenKind.USER if self.token.startswith("cfut_") else TokenKind.UNKNOWN


def load_credentials(
    environ: Mapping[str, str],
    token_file: Path | None = None,
    *,
    token_command: str | None = None,
    profile: str | None = None,
) -> Credentials | None:
    """The token from what is given, or else from the environment; None when there is none.

    Raises UsageError for a file, command or profile that cannot be used, CredentialsError for
    what is no token.
    """
    if token_file is not None:
        return Credentials(_read(token_file), f"the token in {str(token_file)!r}")
    if token_command is not None:
        return _from_command(token_command)
    if profile is not None:
        return _from_profile(profile, environ)
    if VARIABLE in environ:
        return Credentials(environ[VARIABLE].strip("\r\n"), VARIABLE)
    if environ.get(COMMAND_VARIABLE):
        return _from_command(environ[COMMAND_VARIABLE])
    if environ.get(PROFILE_VARIABLE):
        return _from_profile(environ[PROFILE_VARIABLE], environ)
    return None


def _from_command(command: str) -> Credentials:
    return Credentials(run_command(command), "what the token command printed")


def _from_profile(name: str, environ: Mapping[str, str]) -> Credentials:
    profile = read_profile(name, environ)
    if "token_command" in profile:
        return _from_command(profile["token_command"])
    path = Path(profile["token_file"]).expanduser()
    return Credentials(_read(path), f"the token in {str(path)!r}")


UNREAD: Final = ("CF_API_TOKEN", "CF_TOKEN", "CLOUDFLARE_TOKEN", "CLOUDFLARE_API_KEY", "CF_API_KEY")
"""Variables that other programs read; the last two hold a Global API key, which is no token."""


def unread_variable(environment: Mapping[str, str]) -> str:
    """A sentence on a credential that is set where nobody looks; empty where there is none."""
    name = next((each for each in UNREAD if environment.get(each)), "")
    if not name:
        return ""
    if name.endswith("_KEY"):
        return f"{name} is set and not used: a Global API key can do everything, a token may read"
    return f"{name} is set and not read: the token belongs into {VARIABLE}"


def missing_credentials() -> CredentialsError:
    """The error for a run that needs a token and has none."""
    return CredentialsError(
        "no Cloudflare API token is set",
        hint=f"{_CREATE}; or, for one host, cf525 diagnose HOST --origin ADDRESS",
    )


def _read(path: Path) -> str:
    try:
        with open_given(path) as file:
            content = file.read(_MAX_LENGTH + 3)
    except OSError as error:
        raise UsageError(
            f"the token file {str(path)!r} cannot be read: {error.strerror}",
            hint="give a file that holds the token and nothing else",
        ) from None
    try:
        return content.decode("ascii").strip("\r\n")
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # refused below, without showing what was there


def _check(token: str, source: str) -> None:
    """Refuse what cannot be a token before it becomes an unclear answer of the API."""
    if not token:
        raise CredentialsError(f"{source} is empty", hint=_CREATE)
    if token.lower().startswith("bearer "):
        raise CredentialsError(f"{source} begins with 'Bearer'", hint="give the bare token")
    if not re.fullmatch(r"[!-~]+", token):
        raise CredentialsError(
            f"{source} contains a space, a line break or a character that is not ASCII",
            hint="copy the token again, alone and on one line",
        )
    if len(token) > _MAX_LENGTH:
        raise CredentialsError(f"{source} is longer than any token", hint=_CREATE)
    if token.startswith("v1.0-"):
        raise CredentialsError(f"{source} is an Origin CA key, not an API token", hint=_CREATE)
    if re.fullmatch(r"[0-9a-f]{37}", token):
        raise CredentialsError(f"{source} looks like the Global API Key", hint=_CREATE)
