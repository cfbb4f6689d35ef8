"""A plan on the disk: a folder with ``plan.json`` and the parts it names, one host a line.

Written whole, for its owner alone, by the reading stage; read by whoever looks at the hosts, and
believed only as far as it fits: version, checksums and types. There is no token in it.
"""

import hashlib
import json
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import IO, Any, Final

from cf525.audit.checkpoint import PLANNED
from cf525.audit.grouping import A_PART, Groups
from cf525.audit.planned import Judging, PlannedHost
from cf525.errors import UsageError
from cf525.model import PlanShare, Unknown, ZoneGap
from cf525.model.decoding import decode
from cf525.net import private
from cf525.report.plain import from_plain, to_plain
from cf525.values import dataclass
from cf525.version import __version__

SCHEMA: Final = "cf525.audit-plan/1"
MANIFEST: Final = "plan.json"
READING: Final = "reading.ndjson"
MOST_BYTES: Final = 256 << 20
MOST_VALUES: Final = 4_000_000
"""A plan of a million hosts has two thousand parts, and may have as many gaps as zones."""
LONGEST_LINE: Final = 16 << 20
_NAME: Final = re.compile(r"part-\d{5,9}\.ndjson")
"""A part lies in the folder of its plan, and nowhere else."""
_AGAIN: Final = "make the plan again with cf525 audit read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of the plan: its hosts share no address with those of another part."""

    name: str
    hosts: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What ``plan.json`` says. ``id`` is a digest of all the rest."""

    tool_version: str
    started_at: str
    accounts: tuple[str, ...]
    scope: Mapping[str, object]
    judging: Judging
    zones: int
    api_calls: int
    schema: str = SCHEMA
    looked_at: str = ""
    gaps: tuple[ZoneGap, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    parts: tuple[Part, ...] = ()
    id: str = ""

    @property
    def digest(self) -> str:
        """What ``id`` must be."""
        rest = to_plain(replace(self, id=""))
        return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and those of its parts that are meant, by their numbers from 1. ``redirected`` allows
    it to connect elsewhere than its addresses say, as --connect-to does."""

    folder: Path
    manifest: Manifest
    numbers: tuple[int, ...] = field(default=())
    redirected: bool = True

    def allow(self, host: PlannedHost) -> None:
        """Raise UsageError for a host that is to be asked where nobody here said so."""
        if not self.redirected and any(each.dial is not None for each in host.plan.routes):
            raise UsageError(
                f"the plan connects elsewhere than to the addresses of {host.target.host}",
                hint="if it was made with --connect-to, set CF525_CONNECT_TO to the same here",
            )

    @property
    def hosts(self) -> int:
        return sum(self.part(number).hosts for number in self.numbers)

    @property
    def share(self) -> PlanShare:
        """What a result of these parts is about."""
        whole = self.manifest
        return PlanShare(
            id=whole.id,
            numbers=self.numbers,
            parts=len(whole.parts),
            zones=whole.zones,
            api_calls=whole.api_calls,
        )

    def part(self, number: int) -> Part:
        return self.manifest.parts[number - 1]

    def check(self, number: int) -> None:
        """Raise UsageError for a part that is not the one of the plan."""
        path = self.folder / self.part(number).name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UsageError(f"the part {path} cannot be read: {error.strerror}") from None
        if found != self.part(number).sha256:
            raise UsageError(
                f"the part {path} is not the one that its plan was made with",
                hint=f"copy it anew, or {_AGAIN}",
            )

    def lines(self, number: int) -> Iterator[bytes]:
        """The hosts of a part as they are written. Raises UsageError."""
        path = self.folder / self.part(number).name
        try:
            with path.open("rb") as file:
                yield from iter(lambda: file.readline(LONGEST_LINE), b"")
        except OSError as error:
            raise UsageError(f"the part {path} cannot be read: {error.strerror}") from None


def host_of(line: bytes) -> PlannedHost:
    """The host of a line. Raises UsageError."""
    try:
        host = from_plain(PlannedHost, decode(line))
        for route in host.plan.routes:
            for name in (route.host_header, route.sni or "", *route.accepted_names):
                if not name.isprintable() or " " in name:
                    raise ValueError("no name")
        return host
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError("a part of the plan is damaged", hint=_AGAIN) from None


def name_of(line: bytes) -> str:
    """The name of the host of a line, which is read no further. Raises UsageError."""
    try:
        return from_plain(str, decode(line)["target"]["host"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError("a part of the plan is damaged", hint=_AGAIN) from None


def open_plan(paths: Sequence[Path]) -> Plan:
    """The plan of a folder, or of some of its parts. Raises UsageError."""
    folders = {path if path.is_dir() else path.parent for path in paths}
    if len(folders) != 1:
        raise UsageError("these parts lie in several folders", hint="name parts of one plan")
    folder = folders.pop()
    manifest = _manifest(folder / MANIFEST)
    names = {part.name: number for number, part in enumerate(manifest.parts, 1)}
    numbers: set[int] = set()
    for path in paths:
        if path.is_dir():
            numbers.update(names.values())
        elif path.name in names:
            numbers.add(names[path.name])
        else:
            raise UsageError(f"{path} is no part of the plan in {folder}")
    return Plan(folder, manifest, tuple(sorted(numbers)))


def _manifest(path: Path) -> Manifest:
    try:
        content = private.read(path, MOST_BYTES)
    except OSError as error:
        raise UsageError(
            f"there is no plan at {path}: {error.strerror}",
            hint="cf525 audit read -o FOLDER makes one",
        ) from None
    try:
        plain = decode(content, most=MOST_VALUES)
        schema = plain["schema"]
        version = plain["tool_version"]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError(f"{path} is no plan of an audit", hint=_AGAIN) from None
    if schema != SCHEMA or version != __version__:
        raise UsageError(
            f"the plan {path} was made by another version ({version!r:.40}, {schema!r:.40})",
            hint=f"this is {__version__}: look with the version that read, or read again",
        )
    try:
        manifest = from_plain(Manifest, plain)
        names = {part.name for part in manifest.parts if _NAME.fullmatch(part.name)}
        whole = manifest.digest == manifest.id and len(names) == len(manifest.parts)
    except (KeyError, TypeError, ValueError, RecursionError):
        whole = False
    if not whole:
        raise UsageError(f"the plan {path} is not as it was written", hint=_AGAIN)
    return manifest


def write_plan(folder: Path, reading: Path, manifest: Manifest, *, size: int = A_PART) -> Plan:
    """Make the parts out of what was read, then ``plan.json``: without it there is no plan.

    Raises UsageError for a folder that cannot be written.
    """
    with reading.open("rb") as file:
        places = _Places(file)
        parts = tuple(
            _write_part(folder, number, hosts, places)
            for number, hosts in enumerate(places.groups.parts(size), 1)
        )
    manifest = replace(manifest, parts=parts)
    manifest = replace(manifest, id=manifest.digest)
    content = json.dumps(to_plain(manifest), indent=1).encode() + b"\n"
    private.write(folder / MANIFEST, content, force=True)
    return Plan(folder, manifest, tuple(range(1, len(parts) + 1)))


def _write_part(folder: Path, number: int, hosts: Sequence[int], places: "_Places") -> Part:
    name, digest = f"part-{number:05}.ndjson", hashlib.sha256()

    def lines() -> Iterator[bytes]:
        for host in hosts:
            line = places.line(host)
            digest.update(line)
            yield line

    private.write_pieces(folder / name, lines(), force=True)
    return Part(name=name, hosts=len(hosts), sha256=digest.hexdigest())


class _Places:
    """Where the planned hosts stand in the file of a reading: those of whole zones alone."""

    def __init__(self, file: IO[bytes]) -> None:
        self.groups = Groups()
        self._file = file
        self._offsets = array("q")
        name, zone = "", dict[str, tuple[int, tuple[str, ...]]]()
        at = 0
        for line in iter(lambda: file.readline(LONGEST_LINE), b""):
            if line.startswith(PLANNED):
                host = host_of(_host_part(line))
                if host.zone != name:  # the one before was cut off
                    name, zone = host.zone, {}
                zone[host.target.host] = (at, host.addresses)
            elif _kind(line) == "zone":
                for offset, addresses in zone.values():
                    self._offsets.append(offset)
                    self.groups.add(addresses)
                name, zone = "", {}
            at += len(line)

    def line(self, number: int) -> bytes:
        """The host as a line of its own."""
        self._file.seek(self._offsets[number])
        return _host_part(self._file.readline(LONGEST_LINE)) + b"\n"


def _host_part(line: bytes) -> bytes:
    return line[len(PLANNED) : -2]


def _kind(line: bytes) -> Any:
    return decode(line).get("kind")
