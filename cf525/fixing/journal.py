"""The journal on disk: one file a change, for its owner alone, on the disk before the next step.

Each entry is replaced as a whole, so that a kill at any moment leaves the old one or the new one.
Beside them stands the lock against a second run on this machine. What an entry means is not
decided here.
"""

import json
import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from cf525.changes.faithful import unfaithful
from cf525.changes.plan import PLAN_ID
from cf525.errors import UsageError
from cf525.model.decoding import decode
from cf525.model.fix import ENTRY_SCHEMA, FixEntry
from cf525.net import private
from cf525.report.plain import from_plain, to_plain
from cf525.values import dataclass

MOST_BYTES: Final = 8 * 1024 * 1024


def folder(environ: Mapping[str, str]) -> Path:
    """Where the journal of this person is."""
    base = environ.get("XDG_STATE_HOME", "")
    if not base or not Path(base).is_absolute():
        try:
            base = str(Path("~/.local/state").expanduser())
        except RuntimeError:
            raise UsageError(
                "this user has no home, where what was changed is kept",
                hint="name a folder of your own with XDG_STATE_HOME",
            ) from None
    return Path(base) / "cf525" / "fix"


class JournalError(UsageError):
    """The journal cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries in one folder."""

    folder: Path

    def keep(self, entry: FixEntry) -> None:
        """Put the entry onto the disk. Raises JournalError."""
        text = json.dumps(to_plain(entry), indent=1, ensure_ascii=False) + "\n"
        try:
            self._open()
            private.write(self._place(entry.id), text.encode(), force=True)
            _sync_folder(self.folder)
        except JournalError:
            raise
        except (OSError, UsageError) as error:
            why = error.message if isinstance(error, UsageError) else error.strerror
            raise JournalError(
                f"the journal in {self.folder} cannot be written: {why}",
                hint="make room, or name another folder with XDG_STATE_HOME",
            ) from None

    def knows(self, id: str) -> bool:
        """Whether there is an entry of this id."""
        return self._place(id).is_file()

    def entry(self, id: str) -> FixEntry:
        """The entry of this id. Raises JournalError for none, and for a damaged one."""
        if not PLAN_ID.fullmatch(id):
            raise JournalError(f"{id!r} is no id of a change", hint="cf525 fix --list names them")
        place = self._place(id)
        if not place.is_file():
            raise JournalError(
                f"the journal in {self.folder} knows no change {id}",
                hint="cf525 fix --list names them",
            )
        return _read(place)

    def entries(self) -> tuple[tuple[FixEntry, ...], tuple[str, ...]]:
        """Every entry, the oldest first, and a sentence for each file that cannot be read."""
        found, damaged = [], []
        for place in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else ():
            if not PLAN_ID.fullmatch(place.stem):
                continue
            try:
                found.append(_read(place))
            except JournalError as error:
                damaged.append(error.message)
        return tuple(sorted(found, key=lambda each: each.at)), tuple(damaged)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Within it no other run of this person on this machine changes anything. Raises
        UsageError while one does."""
        try:
            self._open()
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalError(
                f"the journal in {self.folder} cannot be written: {error.strerror}"
            ) from None
        try:
            if not _lock(lock):
                raise UsageError(
                    "another cf525 fix is at work on this machine",
                    hint="wait until it has ended; nothing was changed",
                )
            yield
        finally:
            os.close(lock)

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _above(self.folder)
        _own(self.folder)

    def _place(self, id: str) -> Path:
        return self.folder / f"{id}.json"


def _read(place: Path) -> FixEntry:
    _above(place.parent)
    _own(place.parent)
    _own(place)
    try:
        plain: Any = decode(private.read(place, MOST_BYTES))
        if plain["schema"] != ENTRY_SCHEMA:
            raise ValueError(plain["schema"])
        entry = from_plain(FixEntry, plain)
        if entry.id != place.stem or len(entry.made) != len(entry.requests):
            raise ValueError(entry.id)
        wrong = unfaithful(entry)
    except OSError as error:
        raise JournalError(f"{place} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
        raise JournalError(
            f"{place} is damaged, or of another version of cf525; nothing was changed",
            hint="what was written bears a mark that begins with cf525_ in the dashboard; "
            f"move the file away when you have looked: {place.name}",
        ) from None
    if wrong:
        raise JournalError(
            f"{place} was edited: {wrong}; nothing was changed",
            hint="what was written bears a mark that begins with cf525_ in the dashboard",
        )
    return entry


def _own(path: Path) -> None:
    """Raises JournalError for what somebody else may have written: its undo is a write."""
    if not hasattr(os, "geteuid"):  # Windows
        return
    try:
        found = path.lstat()
    except OSError:
        return  # said where it is read
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not stat.S_ISLNK(found.st_mode)
    if found.st_uid != os.geteuid() or others:
        raise JournalError(
            f"{path} can be written by others, and what it says is written to Cloudflare; nothing "
            "was changed",
            hint=f"look at it, and then: chmod go-w {shlex.quote(str(path))}",
        )


def _above(folder: Path) -> None:
    """The same of what the folder lies in: who can rename it can put another in its place. A group
    may write there, which is a user's own on many systems."""
    for each in (folder.parent, folder.parent.parent):
        try:
            found = each.stat()
        except OSError:
            return
        anybody = found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX
        if hasattr(os, "geteuid") and (found.st_uid not in (0, os.geteuid()) or anybody):
            raise JournalError(
                f"{each} can be written by others, who could put another journal there; nothing "
                "was changed",
                hint=f"look at it, and then: chmod o-w {shlex.quote(str(each))}",
            )


def _sync_folder(path: Path) -> None:
    with suppress(OSError, AttributeError):  # not every system can
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_on_windows(handle: int) -> bool:
    import msvcrt

    lock: Any = getattr(msvcrt, "locking")  # noqa: B009 - known on Windows alone
    try:
        lock(handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
    except OSError:
        return False
    return True
