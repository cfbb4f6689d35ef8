"""What a person sees while an audit runs: on a terminal only, and on stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cf525.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from cf525.audit.plan import AuditPlan
    from cf525.model import HostRow

Stream = Callable[[Mapping[str, Any]], None]


class Silent:
    """Says the plan, streams what is asked for, and nothing else."""

    def __init__(self, *, quiet: bool, stream: Stream | None) -> None:
        self._quiet = quiet
        self._stream = stream

    def planned(self, plan: "AuditPlan", *, done: int) -> None:
        """The cost, before it is spent."""
        if not self._quiet:
            more = (f"{done} hosts are done already",) if done else ()
            say("; ".join((*plan.sentences(), *more)))

    def zone_done(self, api_calls: int) -> None:
        """Nothing to say."""

    def host_done(self, row: "HostRow", line: bytes) -> None:
        """One line, where lines are wanted."""
        del row
        if self._stream is not None:
            self._stream(json.loads(line)["report"])


class Live(Silent):
    """Bars for zones and hosts, with the calls made and the failures so far."""

    def __init__(self, progress: "Progress", *, stream: Stream | None) -> None:
        super().__init__(quiet=False, stream=stream)
        self._progress = progress
        self._zones: TaskID | None = None
        self._hosts: TaskID | None = None
        self._broken = 0

    def planned(self, plan: "AuditPlan", *, done: int) -> None:
        super().planned(plan, done=done)
        self._zones = self._progress.add_task("zones", total=plan.zones, note="")
        self._hosts = self._progress.add_task(
            "hosts", total=max(plan.hosts, done, 1), completed=done, note="none broken"
        )

    def zone_done(self, api_calls: int) -> None:
        if self._zones is not None:
            self._progress.update(self._zones, advance=1, note=f"{api_calls} API calls")

    def host_done(self, row: "HostRow", line: bytes) -> None:
        super().host_done(row, line)
        self._broken += row.severity.value == "broken"
        if self._hosts is not None:
            self._progress.update(
                self._hosts, advance=1, note=f"{self._broken} broken" if self._broken else ""
            )


@contextmanager
def observer(*, quiet: bool, stream: Stream | None) -> Iterator[Silent]:
    """What watches a run: bars on a terminal, a sentence elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield Silent(quiet=quiet, stream=stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Remaining(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Live(progress, stream=stream)
