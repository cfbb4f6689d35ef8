"""The results of an audit as they were kept: read from JSON or a checkpoint, joined, compared."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cf525.audit.checkpoint import read_progress, read_reports
from cf525.audit.tally import changed, summed
from cf525.errors import UsageError
from cf525.model import AUDIT_SCHEMA, AuditReport
from cf525.model.decoding import decode
from cf525.report.audit.result import AuditResult
from cf525.report.plain import from_plain
from cf525.values import dataclass

MOST_BYTES: Final = 256 << 20
MOST_VALUES: Final = 8_000_000
"""An audit of 100,000 hosts has five million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An audit's report and, where a checkpoint has them, the full reports of its hosts."""

    report: AuditReport
    path: Path | None = None
    places: Mapping[str, int]

    def full(self, hosts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """The full reports of these hosts as plain data; those that are not kept are left out."""
        if self.path is not None:
            kept = (host for host in hosts if host in self.places)
            yield from read_reports(self.path, self.places, kept)


def joined(report: AuditReport, parts: Sequence[Kept], *, fail_at_risk: bool) -> AuditResult:
    """One report over all parts, with what they kept of its hosts."""
    return AuditResult(
        report=report,
        full=lambda hosts: (each for part in parts for each in part.full(hosts)),
        fail_at_risk=fail_at_risk,
    )


def load_results(paths: Sequence[Path]) -> list[Kept]:
    """Results of shards. Raises UsageError for a file that is none."""
    return [_load(path) for path in paths]


def baseline_of(path: Path | None) -> AuditReport | None:
    """The earlier result to compare with, if there is one. Raises UsageError."""
    return None if path is None else _load(path).report


def compared(report: AuditReport, baseline: Path | None) -> AuditReport:
    """Only what changed since ``baseline``; all of it without one."""
    before = baseline_of(baseline)
    return report if before is None else changed(report, before)


def _load(path: Path) -> Kept:
    """A result from its JSON or from a checkpoint."""
    try:
        with path.open("rb") as file:
            checkpoint = file.read(256).lstrip().startswith(b'{"tool_version"')
        if checkpoint:
            return _from_checkpoint(path)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"{path} is larger than any result of an audit")
        plain = decode(content, most=MOST_VALUES)
        if plain["schema"] != AUDIT_SCHEMA:
            raise UsageError(
                f"{path} is of another version ({plain['schema']}, not {AUDIT_SCHEMA})",
                hint="make it again with this version",
            )
        return Kept(report=from_plain(AuditReport, plain), places={})
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise UsageError(
            f"{path} is no result of an audit", hint="give what --format json wrote"
        ) from None


def _from_checkpoint(path: Path) -> Kept:
    progress = read_progress(path)
    head, share = progress.head, progress.head.plan
    if head.scope.get("reading"):
        raise UsageError(
            f"{path} is a reading that has not come to its end, and holds no results",
            hint="continue it with cf525 audit read --resume",
        )
    report = AuditReport(
        tool_version=head.tool_version,
        started_at=datetime.fromisoformat(head.started_at),
        what_if=str(head.scope.get("what_if", "")),
        shard=str(head.scope.get("shard", "")),
        plan=share,
        zones=len(progress.zones) if share is None else share.zones,
        gaps=tuple(progress.gaps),
        unknowns=progress.unknowns,
        complete=progress.ended,
        stopped="" if progress.ended else "its checkpoint has no end",
        api_calls=progress.api_calls if share is None else share.api_calls,
        connections=progress.connections,
    )
    rows = list(progress.rows.values())
    return Kept(report=summed(report, rows), path=path, places=progress.places)
