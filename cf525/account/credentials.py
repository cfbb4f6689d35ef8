"""The API token: where it comes from and what it must look like.

A token is never shown: not in a repr, an error or a log. Whether Cloudflare accepts it is not
decided here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from cf525.errors import CredentialsError, UsageError

VARIABLE: Final = "CLOUDFLARE_API_TOKEN"
_MAX_LENGTH: Final = 512
_CREATE: Final = (
    "create a read-only API token at dash.cloudflare.com/profile/api-tokens "
    f"and set {VARIABLE}, or give --token-file"
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
    environ: Mapping[str, str], token_file: Path | None = None
) -> Credentials | None:
    """The token from ``token_file`` or else the environment; None when neither is given.

    Raises UsageError for a file that cannot be read, CredentialsError for what is no token.
    """
    if token_file is not None:
        return Credentials(_read(token_file), f"the token in {str(token_file)!r}")
    if VARIABLE not in environ:
        return None
    return Credentials(environ[VARIABLE].strip("\r\n"), VARIABLE)


def missing_credentials() -> CredentialsError:
    """The error for a run that needs a token and has none."""
    return CredentialsError(
        "no Cloudflare API token is set",
        hint=f"{_CREATE}; or name the origin itself with --origin ADDRESS",
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
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
