"""Where a token comes from when it is in no variable and no plain file: a command, or a profile.

A profile is a table of ``profiles.toml`` in the user's configuration folder; it says where the
token is and never holds one:

    [work]
    token_command = "op read op://ops/cloudflare/token"

    [customer]
    token_file = "~/.config/cf525/customer.token"
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cf525 import tomltext
from cf525.errors import CredentialsError, UsageError

COMMAND_VARIABLE: Final = "CF525_TOKEN_COMMAND"
PROFILE_VARIABLE: Final = "CF525_PROFILE"
CONFIG_VARIABLE: Final = "CF525_CONFIG"
_SECONDS: Final = 60
_KEYS: Final = frozenset({"token_command", "token_file"})


def run_command(command: str) -> str:
    """What a command prints, without the line end. No shell reads it.

    Raises UsageError for a command that cannot be run, CredentialsError when it fails.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise UsageError("the token command is no command", hint="write: op read …")
    # A word that names no program may be the token itself, which is never repeated.
    named = f"the token command {words[0]!r}" if shutil.which(words[0]) else "the token command"
    try:
        done = subprocess.run(  # noqa: S603  the user's own command, without a shell
            words, stdout=subprocess.PIPE, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CredentialsError(f"{named} took over {_SECONDS} s") from None
    except OSError as error:
        raise UsageError(
            f"{named} cannot be run: {error.strerror}",
            hint="name a program that prints the token",
        ) from None
    if done.returncode != 0:
        raise CredentialsError(
            f"{named} failed with status {done.returncode}",
            hint="run it by hand; it must print the token and nothing else",
        )
    return done.stdout.decode("ascii", "replace").strip("\r\n")


def read_profile(name: str, environ: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """The table of a profile. Raises UsageError for a missing file or profile, or a wrong key."""
    path = config_file(environ)
    try:
        profiles = tomltext.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"there is no profile {name!r}: {path} cannot be read ({error.strerror})",
            hint="write a table with token_command or token_file there",
        ) from None
    except ValueError:
        raise UsageError(f"{path} is not TOML", hint='write: [work] token_file = "…"') from None
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        known = ", ".join(sorted(profiles)) or "none"
        raise UsageError(f"there is no profile {name!r} in {path}", hint=f"there are: {known}")
    if len(profile) != 1 or not _KEYS.issuperset(profile):
        raise UsageError(
            f"the profile {name!r} in {path} must hold token_command or token_file and no more",
            hint="a token itself does not belong there",
        )
    return {key: str(value) for key, value in profile.items()}


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where profiles are kept."""
    chosen = environ.get(CONFIG_VARIABLE)
    if chosen:
        return Path(chosen)
    base = environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "cf525" / "profiles.toml"
