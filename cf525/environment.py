"""The environment of processes that are started: never one with credentials in it.

A program that reads what others wrote gets the bare one, since text can name variables; a program
of the user's own that has to find its agent and its settings gets all but what is named as
credentials are. Starts nothing itself.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_SECRETS: Final = ("TOKEN", "SECRET", "PASS", "KEY", "WEBHOOK", "CREDENTIAL", "AUTH")
"""What names of variables that hold credentials, or lead to them, have in them."""
_OF_SSH: Final = frozenset(("SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE"))
"""Named like credentials and none: where the agent is, and which program asks."""
_BARE: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that is to have no credentials."""
    return {name: value for name, value in environ.items() if not _secret(name)}


def for_ssh(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The same with what leads the system's ssh to its agent."""
    kept = {name: value for name, value in environ.items() if name in _OF_SSH}
    return without_secrets(environ) | kept


def bare(home: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Where programs are, and a home that is empty: all that a reader of hostile text gets."""
    kept = {name: environ[name] for name in _BARE if name in environ}
    own = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR")
    return kept | dict.fromkeys(own, str(home)) | {"LANG": "C.UTF-8"}


def _secret(name: str) -> bool:
    """Whether a variable is named as credentials are."""
    upper = name.upper()
    return any(each in upper for each in _SECRETS)
