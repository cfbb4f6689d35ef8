"""Carries the steps of ``cf525.changes`` out: sends, reads, keeps, waits, and decides nothing.

What was begun is ended: an interruption between two writes is heeded when the step in hand is
done and what came of it stands in the journal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cf525.account.writer import UnclearError, Writer
from cf525.changes import steps
from cf525.changes.steps import Command, Outcome, Reply, Steps
from cf525.errors import ApiError, PermissionRefused
from cf525.fixing.journal import Journal
from cf525.fixing.keys import KeyFiles, public_key_of

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Carrier:
    """``writer`` has the rights to write; ``reader``, where there is one, is asked first for what
    is read. ``keys`` is where a new key goes, for a change that makes one."""

    writer: Writer
    journal: Journal
    reader: Writer | None = None
    keys: KeyFiles | None = None
    sleep: Sleep = field(default=asyncio.sleep)

    async def through(self, run: Steps) -> Outcome:
        """The outcome of the steps. Raises Cf525Error where this machine lets it down."""
        reply: Reply = None
        while True:
            try:
                command = run.send(reply)
            except StopIteration as ended:
                outcome: Outcome = ended.value
                return outcome
            reply = await self._made(command)

    async def _made(self, command: Command) -> Reply:
        match command:
            case steps.Look(path):
                return await self._look(path)
            case steps.Send():
                return await self._send(command)
            case steps.Keep(entry):
                self.journal.keep(entry)
            case steps.Pause(seconds):
                await self.sleep(seconds)
            case steps.MakeKey(kind, names):
                assert self.keys is not None
                return self.keys.make(kind, names)
            case steps.SaveCertificate(text):
                assert self.keys is not None
                self.keys.save(text)
        return None

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
        if path.startswith("certificates"):
            several = isinstance(found, list)
            found = [_with_key(each) for each in found] if several else _with_key(found)
        return steps.Found(found)

    async def _send(self, send: steps.Send) -> Reply:
        try:
            answer = await self.writer.write(send.method, send.path, send.body, dry=send.dry)
        except UnclearError as unclear:
            return steps.Unclear(unclear.error)
        except ApiError as error:
            return steps.Refused(error)
        return steps.Done(answer.status, answer.result)


def _with_key(row: Any) -> Any:
    """A certificate of the account's list with the hash of its public key beside it."""
    if not isinstance(row, Mapping):
        return row
    return {**row, "public_key": public_key_of(str(row.get("certificate") or ""))}


async def to_the_end(job: Awaitable[Outcome]) -> Outcome:
    """The outcome even where it is interrupted meanwhile: a write in hand is seen through, so that
    the journal tells what came of it."""
    task = asyncio.ensure_future(job)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            own = asyncio.current_task()
            if task.cancelled() or own is None:
                raise
            own.uncancel()
