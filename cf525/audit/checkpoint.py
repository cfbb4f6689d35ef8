"""The file an interrupted audit continues from: append-only NDJSON, synced in batches.

A head with the scope, then one line a finding of triage, a host or a finished zone, each whole
or not there: what a crash cut off is dropped when the file is opened again. Full reports stay
here and are read back one at a time; only rows live in memory. What to do next is not decided
here.
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import IO, Any, Final

from cf525.errors import Cf525Error, UsageError
from cf525.model import HostRow, PlanShare, Report, Traffic, Unknown, ZoneGap
from cf525.model.decoding import decode
from cf525.net import private
from cf525.report.plain import from_plain, to_plain
from cf525.values import dataclass

SCHEMA: Final = "cf525.audit-checkpoint/2"
BATCH: Final = 64
"""Lines between two syncs to the disk: what a power cut may cost at most."""
_LONGEST_LINE: Final = 64 << 20


class CheckpointError(Cf525Error):
    """The file cannot be written further: a full disk, or one that went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the file is about. ``accounts`` are the ids whose zones were seen; ``plan`` is set where
    the hosts are those of one."""

    tool_version: str
    started_at: str
    accounts: tuple[str, ...]
    scope: Mapping[str, object]
    plan: PlanShare | None = None
    schema: str = SCHEMA


SHARED: Final = 20_000
_SHARED_FIELDS: Final = (
    *(
        "zone",
        "title",
        "mode",
        "addresses",
        "risks",
        "expires",
        "begins",
        "fix",
        "refused",
        "remedies",
    ),
    *("headline", "edge_status", "summary"),
)


class Rows(dict[str, HostRow]):
    """Rows by host. What many of them say is kept once, as rows are all that stays in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[object, object] = {}

    def keep(self, row: HostRow) -> None:
        """Take a row in."""
        changes: dict[str, Any] = {}
        for name in _SHARED_FIELDS:
            value = getattr(row, name)
            if len(self._known) < SHARED:
                self._known.setdefault(value, value)
            known = self._known.get(value, value)
            if known is not value and type(known) is type(value):
                changes[name] = known
        self[row.host] = replace(row, **changes) if changes else row


@dataclass(slots=True)
class Progress:
    """What a checkpoint says was done. ``places`` are the offsets of the hosts' lines; the calls
    and connections are those of the runs that came to their end."""

    head: Head
    rows: Rows = field(default_factory=Rows)
    places: dict[str, int] = field(default_factory=dict)
    zones: set[str] = field(default_factory=set)
    gaps: list[ZoneGap] = field(default_factory=list)
    triaged: bool = False
    traffic: dict[str, Traffic] = field(default_factory=dict)
    unknowns: tuple[Unknown, ...] = ()
    ended: bool = False
    api_calls: int = 0
    connections: int = 0
    end: int = 0


def read_progress(path: Path) -> Progress:
    """What a checkpoint holds, a torn last line left out.

    Raises UsageError for a file that is none, or one of another version.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise UsageError(
            f"the checkpoint {path} cannot be read: {error.strerror}",
            hint="start anew without --resume",
        ) from None


def _read(file: IO[bytes], path: Path) -> Progress:
    head = _object(file.readline(_LONGEST_LINE))
    if head is None or not str(head.get("schema", "")).startswith("cf525.audit-checkpoint/"):
        raise UsageError(
            f"{path} is no checkpoint of an audit", hint="name another with --checkpoint"
        )
    if head["schema"] != SCHEMA:
        raise UsageError(
            f"the checkpoint {path} is of another version ({head['schema']}, not {SCHEMA})",
            hint="continue with the version of cf525 that wrote it, or start anew",
        )
    try:
        progress = Progress(head=from_plain(Head, head), end=file.tell())
        for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
            entry = _object(line)
            if entry is None:
                break
            _take(progress, entry)
            progress.end += len(line)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError(f"the checkpoint {path} is damaged", hint="start anew") from None
    return progress


def _take(progress: Progress, entry: Mapping[str, Any]) -> None:
    match entry["kind"]:
        case "host":
            row = from_plain(HostRow, entry["row"])
            progress.rows.keep(row)
            progress.places[row.host] = progress.end
        case "zone":
            gap = from_plain(ZoneGap, {"zone": entry["zone"], "reason": entry["gap"]})
            progress.zones.add(gap.zone)
            if gap.reason:
                progress.gaps.append(gap)
        case "end":
            progress.ended = True
            progress.api_calls += from_plain(int, entry["api_calls"])
            progress.connections += from_plain(int, entry["connections"])
        case "triage":
            progress.triaged = True
            found = from_plain(tuple[Traffic, ...], entry["traffic"])
            progress.traffic = {each.host: each for each in found}
            progress.unknowns = from_plain(tuple[Unknown, ...], entry["unknowns"])


def _object(line: bytes) -> dict[str, Any] | None:
    """The object of a whole line; None for a torn one."""
    if not line.endswith(b"\n"):
        return None
    try:
        value = decode(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


class Checkpoint:
    """Appends to a checkpoint. Use as a context manager; raises CheckpointError on a full disk."""

    def __init__(self, path: Path, progress: Progress, *, fresh: bool) -> None:
        self.path = path
        self.progress = progress
        self._unsynced = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file: IO[bytes] = private.open_alone(path, fresh=fresh)
            if not fresh:
                self._file.seek(progress.end)
                self._file.truncate()
        except OSError as error:
            raise UsageError(
                f"cannot write the checkpoint {path}: {error.strerror}",
                hint="name a file in a writable folder with --checkpoint",
            ) from None
        if fresh:
            self._append(to_plain(progress.head))
            self.sync()

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(CheckpointError, OSError):  # said already, when it happened
            self.sync()
        with contextlib.suppress(OSError):
            self._file.close()

    def triage(self, traffic: tuple[Traffic, ...], unknowns: tuple[Unknown, ...]) -> None:
        """Keep who failed when the audit began."""
        self._append(
            {"kind": "triage", "traffic": to_plain(traffic), "unknowns": to_plain(unknowns)}
        )
        self.sync()

    def host(self, row: HostRow, line: bytes) -> None:
        """Keep a host's result: its row, and the line that ``host_line`` made of it."""
        self.progress.rows.keep(row)
        self.progress.places[row.host] = self.progress.end
        self._write(line)

    def zone(self, name: str, gap: str = "") -> None:
        """Keep that a zone is done, or why nothing of it can be."""
        self.progress.zones.add(name)
        if gap:
            self.progress.gaps.append(ZoneGap(zone=name, reason=gap))
        self._append({"kind": "zone", "zone": name, "gap": gap})

    def planned(self, zone: str, gap: str, lines: Sequence[bytes]) -> None:
        """Keep a zone that is read: all its hosts, each as JSON, at once with its own line."""
        self.progress.zones.add(zone)
        if gap:
            self.progress.gaps.append(ZoneGap(zone=zone, reason=gap))
        own = _line({"kind": "zone", "zone": zone, "gap": gap})
        self._write(b"".join((*(PLANNED + each + b"}\n" for each in lines), own)))

    def end(self, api_calls: int, connections: int) -> None:
        """Keep that nothing is left to do, and what it cost."""
        self.progress.ended = True
        self._append({"kind": "end", "api_calls": api_calls, "connections": connections})
        self.sync()

    def sync(self) -> None:
        """Bring everything to the disk."""
        self._unsynced = 0
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            if error.errno != errno.EINVAL:  # a pipe or a device has nothing to sync
                raise self._unwritable(error) from None

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._write(_line(entry))

    def _write(self, line: bytes) -> None:
        """Hand a line to the system: what kill -9 finds is whole up to the last line."""
        try:
            _write_all(self._file, line)
        except OSError as error:
            raise self._unwritable(error) from None
        self.progress.end += len(line)
        self._unsynced += 1
        if self._unsynced >= BATCH:
            self.sync()

    def _unwritable(self, error: OSError) -> CheckpointError:
        return CheckpointError(
            f"the checkpoint {self.path} cannot be written: {error.strerror}",
            hint="make room and continue with --resume, or name another with --checkpoint",
        )


PLANNED: Final = b'{"kind":"planned","host":'
"""How the line of a planned host begins; what follows is the host itself, and a brace."""


def host_line(row: HostRow, report: Mapping[str, Any]) -> bytes:
    """A host's line, to be made wherever the host was looked at."""
    return _line({"kind": "host", "row": to_plain(row), "report": report})


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _write_all(file: IO[bytes], line: bytes) -> None:
    """One unbuffered line: nothing half-written waits in memory to fail again later."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def read_reports(path: Path, places: Mapping[str, int], hosts: Iterator[str]) -> Iterator[Any]:
    """The full reports of ``hosts`` as plain data, one at a time; what is none is left out."""
    with path.open("rb") as file:
        for host in hosts:
            file.seek(places[host])
            entry = _object(file.readline(_LONGEST_LINE))
            if entry is None or entry.get("kind") != "host":
                continue
            with contextlib.suppress(KeyError, TypeError, ValueError, RecursionError):
                yield to_plain(from_plain(Report, entry["report"]))
