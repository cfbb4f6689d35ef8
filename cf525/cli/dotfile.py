"""``.cf525.toml``: defaults for options, and the risks that somebody answers for.

The nearest one from the working directory upwards counts, and what it sets is said. One that others
could have written is refused; but a stranger's checkout is the user's own file too, so options that
name credentials, places to connect to or files are not taken from it, nor any by which a verdict or
what an exit status stands for would be another. ``CF525_DEFAULTS=none`` has none read.

    [defaults]              # of every command that has the option
    server = "nginx"
    timeout = 30

    [defaults.audit]        # of one command
    exclude = ["*.test.example.com"]

    [[accepted]]
    host = "old.example.com"        # or a pattern
    cause = "cert-expired"          # or a risk, such as expires-soon
    owner = "web@example.com"
    reason = "shut down in March"
    until = 2027-03-31
"""

import os
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cf525.errors import UsageError

if TYPE_CHECKING:
    from cf525.model.audit import Accepted

NAME: Final = ".cf525.toml"
MOST_BYTES: Final = 256 * 1024
TAKEN: Final = frozenset(
    (
        *("server", "timeout", "no_color", "quiet", "verbose", "edge_wait", "no_fetch", "deep"),
        *("lean", "zone", "account", "match", "exclude", "hosts", "expiring", "per_address"),
        *("form", "every"),
    )
)
"""The options, by the names of their values, that a file may give a default."""
_SELECTING: Final = ("zone", "account", "match", "exclude", "hosts")
"""What leaves hosts out, which is said even where little is to be said."""
VARIABLE: Final = "CF525_DEFAULTS"
_SPELLED: Final = {"format": "form"}
_MANY: Final = frozenset(("match", "exclude"))
"""The options that take several values; ``zone`` does where an audit is asked for."""
_KEYS: Final = frozenset(("host", "cause", "owner", "reason", "until"))


class Dotfile:
    """A file that was read; nothing in it where there is none."""

    def __init__(self, path: Path | None, content: Mapping[str, Any]) -> None:
        self.path = path
        self._content = content

    def defaults(self, commands: Collection[str]) -> dict[str, dict[str, Any]]:
        """Defaults by command and option; a command ignores those of options that it has not.
        Raises UsageError for what is none."""
        table = self._content.get("defaults", {})
        if not isinstance(table, dict):
            raise self._wrong("[defaults] is no table", "")
        general = {name: value for name, value in table.items() if not isinstance(value, dict)}
        for name, value in table.items():
            if isinstance(value, dict) and name not in commands:
                raise self._wrong(f"[defaults.{name}] is no command", ", ".join(commands))
        return {
            command: self._options(command, general)
            | self._options(command, table.get(command, {}))
            for command in commands
        }

    def notice(self, command: str, set_here: Mapping[str, Any], *, quiet: bool) -> str:
        """What is to be said of the defaults of a command; empty where nothing is."""
        named = [each for each in set_here if not quiet or each in _SELECTING]
        if not named:
            return ""
        spelled = {value: name for name, value in _SPELLED.items()}
        shown = (f"--{spelled.get(each, each).replace('_', '-')}" for each in named)
        return f"{self.path} sets {', '.join(shown)} of {command}"

    def accepted(self) -> "tuple[Accepted, ...]":
        """The risks that somebody answers for, ended ones among them. Raises UsageError."""
        rows = self._content.get("accepted", [])
        if not isinstance(rows, list):
            raise self._wrong("accepted is no list", "write [[accepted]]")
        return tuple(self._risk(row) for row in rows)

    def _risk(self, row: object) -> "Accepted":
        from cf525.model.audit import Accepted

        hint = "host, cause, owner and reason are text, until is a date: until = 2027-03-31"
        if not isinstance(row, dict) or set(row) != _KEYS:
            raise self._wrong("an [[accepted]] needs host, cause, owner, reason and until", hint)
        until = row["until"]
        texts = [row[name] for name in ("host", "cause", "owner", "reason")]
        if not isinstance(until, date) or not all(isinstance(each, str) and each for each in texts):
            raise self._wrong(f"the [[accepted]] of {row['host']} is not complete", hint)
        day = until.date() if isinstance(until, datetime) else until
        end = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
        host, cause, owner, reason = texts
        return Accepted(host=host, cause=cause, owner=owner, reason=reason, until=end)

    def _options(self, command: str, table: object) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise self._wrong("a default is no table", "")
        found: dict[str, Any] = {}
        for name, value in table.items():
            option = name.replace("-", "_")
            option = _SPELLED.get(option, option)
            if option not in TAKEN:
                raise self._wrong(
                    f"{name!r} cannot be given a default here",
                    "credentials, places, files and what a verdict rests on are given on the "
                    "command line",
                )
            several = option in _MANY or (option, command) == ("zone", "audit")
            found[option] = self._several(name, value) if several else self._one(name, value)
        return found

    def _one(self, name: str, value: object) -> object:
        if isinstance(value, float) and not isfinite(value):
            raise self._wrong(f"{name} is no finite number", "")
        if not isinstance(value, str | int | float):
            raise self._wrong(f"{name} takes one text, number or true and false", "")
        return value

    def _several(self, name: str, value: object) -> list[str]:
        values = value if isinstance(value, list) else [value]
        texts = [each for each in values if isinstance(each, str)]
        if texts != values:
            raise self._wrong(f"{name} takes texts", f'write {name} = ["one", "two"]')
        return texts

    def _wrong(self, what: str, hint: str) -> UsageError:
        return UsageError(f"{self.path}: {what}", hint=hint)


def find(start: Path | None = None) -> Dotfile:
    """The nearest file from the working directory upwards. Raises UsageError for one that is
    malformed, too large, or that others could have written."""
    if os.environ.get(VARIABLE, "").lower() == "none":
        return Dotfile(None, {})
    try:
        folder = (start or Path.cwd()).absolute()
    except OSError:  # the working directory is gone
        return Dotfile(None, {})
    for each in (folder, *folder.parents):
        path = each / NAME
        if path.is_file():
            return Dotfile(path, _read(path))
    return Dotfile(None, {})


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            if hasattr(os, "getuid"):
                about = os.fstat(file.fileno())
                owners = {about.st_uid, path.lstat().st_uid}  # a link may be another's
                if not owners <= {0, os.getuid()} or about.st_mode & 0o022:
                    raise UsageError(
                        f"{path} could have been written by others",
                        hint=f"if it is yours: chmod go-w {path}; else move away from it",
                    )
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path} is larger than {MOST_BYTES} bytes")
    from cf525 import tomltext

    try:
        return tomltext.loads(content.decode("utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {str(error)[:200]}") from None
