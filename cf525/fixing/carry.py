"""Carries the steps of ``cf525.changes`` out: sends, reads, keeps, waits, and decides nothing.

An interruption is heeded at once as long as there was nothing but reads, and before the first entry
of the journal; what was begun is ended, so that the journal tells what came of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cf525.account.patience import Patience
from cf525.account.writer import UnclearError, Writer
from cf525.changes import standing, steps
from cf525.changes.steps import Command, Outcome, Reply, Steps
from cf525.errors import ApiError, PermissionRefused
from cf525.fixing.journal import Journal, JournalError
from cf525.fixing.keys import KeyFiles, public_key_of
from cf525.model.fix import FixEntry

Sleep = Callable[[float], Awaitable[None]]
NOTHING_WRITTEN: Final = frozenset((steps.Result.STALE, steps.Result.REFUSED, steps.Result.API))


@dataclass(slots=True, kw_only=True)
class Carrier:
    """``writer`` has the rights to write; ``reader``, where there is one, is asked first for what
    is read. ``keys`` is where a new key goes, for a change that makes one."""

    writer: Writer
    journal: Journal
    reader: Writer | None = None
    keys: KeyFiles | None = None
    sleep: Sleep = field(default=asyncio.sleep)
    patience: Patience | None = None
    interrupted: bool = False
    begun: bool = field(default=False, init=False)
    sent: bool = field(default=False, init=False)
    wrote: bool = field(default=False, init=False)
    unkept: str = field(default="", init=False)
    new_key: bool = field(default=False, init=False)

    async def through(self, run: Steps) -> Outcome:
        """The outcome of the steps. Raises Cf525Error where this machine lets it down, and
        CancelledError where it was interrupted before anything was written."""
        try:
            outcome = await self._outcome(run)
        except BaseException:
            if not self.wrote:
                self._discard()
            raise
        if outcome.result in NOTHING_WRITTEN:
            self._discard()
        return outcome

    def _discard(self) -> None:
        """A key without a certificate is of no use, and would keep the next try from its place."""
        if self.new_key and self.keys is not None:
            self.keys.discard()

    async def _outcome(self, run: Steps) -> Outcome:
        reply: Reply = None
        while True:
            try:
                command = run.send(reply)
            except StopIteration as ended:
                outcome: Outcome = ended.value
                if self.unkept:
                    outcome = replace(outcome, notes=(*outcome.notes, self.unkept))
                return outcome
            if isinstance(command, steps.Keep):
                if self.interrupted and not self.begun:
                    raise asyncio.CancelledError
                self.begun = True
            reply = await self._made(command)

    async def _made(self, command: Command) -> Reply:
        match command:
            case steps.Look(path):
                return await self._look(path)
            case steps.Send():
                return await self._send(command)
            case steps.Keep(entry):
                self._keep(entry)
            case steps.Pause(seconds):
                await self.sleep(seconds)
                if self.patience is not None:
                    self.patience.paused(seconds)
            case steps.MakeKey(kind, names):
                assert self.keys is not None
                made = self.keys.make(kind, names)
                self.new_key = True
                return made
            case steps.SaveCertificate(text):
                assert self.keys is not None
                self.keys.save(text)
        return None

    def _keep(self, entry: FixEntry) -> None:
        """Without its journal nothing is begun; what was written is seen through without it."""
        try:
            self.journal.keep(entry)
        except JournalError as error:
            if not self.wrote:
                raise
            self.unkept = f"{error.message}: what is printed here is all there is to go by"

    async def _look(self, path: str) -> Reply:
        reader = self.reader or self.writer
        try:
            try:
                found = await reader.read(path)
            except PermissionRefused:
                if self.reader is None:
                    raise
                found = await self.writer.read(path)
        except ApiError as error:
            return steps.Unreadable(error)
        odd = standing.odd(path, found)
        if odd:
            return steps.Unreadable(ApiError(odd))
        if path.startswith("certificates"):
            several = isinstance(found, list)
            found = [_with_key(each) for each in found] if several else _with_key(found)
        return steps.Found(found)

    async def _send(self, send: steps.Send) -> Reply:
        self.sent = True  # a dry run that was taken for a write is still to be looked for
        self.wrote = self.wrote or not send.dry
        try:
            answer = await self.writer.write(send.method, send.path, send.body, dry=send.dry)
        except UnclearError as unclear:
            return steps.Unclear(unclear.error)
        except ApiError as error:
            return steps.Refused(error)
        made = send.path.startswith("certificates")
        return steps.Done(answer.status, _with_key(answer.result) if made else answer.result)


def _with_key(row: Any) -> Any:
    """A certificate of the account's list with the hash of its public key beside it."""
    if not isinstance(row, Mapping):
        return row
    return {**row, "public_key": public_key_of(str(row.get("certificate") or ""))}


async def to_the_end(carrier: Carrier, run: Steps) -> Outcome:
    """The outcome even where it is interrupted once it was begun: a write in hand is seen through.

    Raises CancelledError where it was interrupted before."""
    task = asyncio.ensure_future(carrier.through(run))
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if task.cancelled() or own is None:
                raise
            if not (carrier.sent or carrier.begun):
                task.cancel()
                raise
            own.uncancel()
            carrier.interrupted = True
