"""Interruptions and a full disk while a change is made: heeded before the first write, and after it
seen through."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cf525.account.patience import Patience
from cf525.account.writer import Answered
from cf525.changes.apply import apply
from cf525.changes.render import undo_lines
from cf525.changes.steps import Result
from cf525.fixing.carry import Carrier, to_the_end
from cf525.fixing.journal import Journal, JournalError
from cf525.lab.api import State
from cf525.model.fix import FixEntry, FixState
from tests.fixing.playing import asked, planned, playground, read

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Hands:
    """A writer without a network, that cancels the run at a moment of its own."""

    def __init__(self, state: State, at: str) -> None:
        self._state = state
        self._at = at
        self.run: asyncio.Task[Any] | None = None

    async def _moment(self, name: str) -> None:
        if name == self._at and self.run is not None:
            self.run.cancel()
        await asyncio.sleep(0)

    async def read(self, path: str) -> Any:
        await self._moment("look")
        return read(self._state, path)

    async def write(self, method: str, path: str, body: Any, *, dry: bool = False) -> Answered:
        await self._moment("dry" if dry else "write")
        status, answer = asked(self._state, method, path, body, dry=dry)
        assert status == 200
        return Answered(status, answer["result"])


def interrupted(at: str, folder: Path) -> tuple[State, Journal, Any]:
    state, journal = playground(rules=True), Journal(folder)
    job = planned(state, "mode-for-host", "full", NOW, "0000000a")
    hands: Any = Hands(state, at)

    async def run() -> Any:
        carrier = Carrier(writer=hands, journal=journal)
        hands.run = asyncio.current_task()
        return await to_the_end(carrier, apply(job))

    async def whole() -> Any:
        task = asyncio.create_task(run())
        return (await asyncio.gather(task, return_exceptions=True))[0]

    return state, journal, asyncio.run(whole())


@pytest.mark.parametrize("at", ["look", "dry"])
def test_an_interruption_before_the_first_write_leaves_nothing(at: str, tmp_path: Path) -> None:
    state, journal, outcome = interrupted(at, tmp_path)
    assert isinstance(outcome, asyncio.CancelledError)
    assert not [each for each in state.world.zones[0].config_rules if each.ref]
    assert journal.entries() == ((), ())


def test_an_interruption_of_the_write_is_seen_through_and_told(tmp_path: Path) -> None:
    state, journal, outcome = interrupted("write", tmp_path)
    assert outcome.result is Result.APPLIED
    assert len([each for each in state.world.zones[0].config_rules if each.ref]) == 1
    (entry,) = journal.entries()[0]
    assert entry.state is FixState.APPLIED


class FullDisk(Journal):
    """A disk that takes so many entries and no more."""

    left: int = 0

    def keep(self, entry: FixEntry) -> None:
        if FullDisk.left == 0:
            raise JournalError("no space left")
        FullDisk.left -= 1
        super().keep(entry)


@pytest.mark.parametrize("room", [0, 1, 2, 3])
def test_without_its_journal_nothing_is_begun_and_what_was_written_is_told(
    room: int, tmp_path: Path
) -> None:
    state = playground(rules=True)
    FullDisk.left = room
    hands: Any = Hands(state, "")
    carrier = Carrier(writer=hands, journal=FullDisk(tmp_path))
    run = apply(planned(state, "mode-for-host", "full", NOW, "0000000a"))
    if room < 2:  # both entries before the write
        with pytest.raises(JournalError):
            asyncio.run(carrier.through(run))
        assert not [each for each in state.world.zones[0].config_rules if each.ref]
        return
    outcome = asyncio.run(carrier.through(run))
    assert outcome.result is Result.APPLIED
    assert any("no space left" in each for each in outcome.notes)
    assert outcome.entry is not None
    assert undo_lines(outcome.entry)


class Waiting:
    """A writer whose API makes the first read wait for ever."""

    async def read(self, path: str) -> Any:
        await asyncio.Event().wait()


def test_an_interruption_ends_a_read_that_waits(tmp_path: Path) -> None:
    state = playground(rules=True)
    hands: Any = Waiting()
    carrier = Carrier(writer=hands, journal=Journal(tmp_path))
    steps = apply(planned(state, "mode-for-host", "full", NOW, "0000000a"))

    async def whole() -> Any:
        task = asyncio.create_task(to_the_end(carrier, steps))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        return (await asyncio.gather(task, return_exceptions=True))[0]

    assert isinstance(asyncio.run(whole()), asyncio.CancelledError)
    assert not carrier.begun


def test_patience_is_for_all_reads_together_and_begins_again_after_a_write() -> None:
    async def whole() -> tuple[float, float, float]:
        patience = Patience(0.05)
        first = patience.left()
        await asyncio.sleep(0.06)
        spent = patience.left()
        patience.anew()
        return first, spent, patience.left()

    assert asyncio.run(whole()) == pytest.approx((0.05, 0.0, 0.05))
