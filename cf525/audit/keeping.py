"""Looks at hosts and keeps what came of each, in the checkpoint before anybody hears of it.

Where the checkpoint is, and whether one that is there already may be continued, is decided here;
what is in it, ``checkpoint`` knows.
"""

from collections.abc import Container
from pathlib import Path

from cf525.audit.checkpoint import Checkpoint, Head, Progress, read_progress
from cf525.audit.looking import Eyes
from cf525.audit.observer import Observer
from cf525.audit.planned import PlannedHost
from cf525.errors import UsageError
from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where the checkpoint is, and what to do with one that is already there."""

    path: Path
    resume: bool = False
    force: bool = False

    def earlier(self) -> Progress | None:
        """What an earlier run left, when it is to be continued. Raises UsageError."""
        path = self.path
        exists = path.exists() and path.is_file() and path.stat().st_size > 0
        if self.resume:
            if not exists:
                raise UsageError(
                    f"there is no checkpoint {path} to continue from",
                    hint="start without --resume",
                )
            return read_progress(path)
        if exists and not self.force:
            raise UsageError(
                f"{path} exists already",
                hint="continue it with --resume, overwrite it with --force, or name another file",
            )
        return None


def check_same(before: Head, now: Head, path: Path) -> None:
    """Raise UsageError where a checkpoint is about something else than this run."""
    if before.accounts != now.accounts and now.accounts:
        raise UsageError(
            f"the checkpoint {path} is about other accounts than this token sees",
            hint="use the token it was begun with, or start anew",
        )
    differing = [name for name in now.scope if before.scope.get(name) != now.scope[name]]
    if differing:
        shown = ", ".join(f"--{name.replace('_', '-')}" for name in differing)
        raise UsageError(
            f"the checkpoint {path} was begun with another {shown}",
            hint="continue with the same selection, or start anew",
        )


class Keeper:
    """Takes hosts: looks at each, keeps what came of it, and tells."""

    def __init__(self, eyes: Eyes, checkpoint: Checkpoint, observer: Observer) -> None:
        self._eyes = eyes
        self._checkpoint = checkpoint
        self._observer = observer

    @property
    def done(self) -> Container[str]:
        return self._checkpoint.progress.rows

    async def take(self, host: PlannedHost) -> None:
        looked = await self._eyes.look(host)
        self._checkpoint.host(looked.row, looked.line)
        self._observer.host_done(looked.row, looked.line)

    def close(self, zone: str, gap: str, api_calls: int) -> None:
        self._checkpoint.zone(zone, gap)
        self._observer.zone_done(api_calls)
