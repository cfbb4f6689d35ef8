"""``--notify FILE``: messages to people, through Apprise (the extra cf525[notify]).

The file holds one address a line (``slack://…``, ``mailto://…``), as Apprise writes them. They bear
secrets: they are read from a file and never printed, named by their line alone.
"""

import asyncio
import json
import logging
import os
import shlex
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cf525 import child
from cf525.audit.alerts import Alert, Told, news
from cf525.cli import messenger
from cf525.cli.output import say
from cf525.environment import without_secrets
from cf525.errors import UsageError
from cf525.extras import missing
from cf525.fixing import journal
from cf525.net import cache, private

if TYPE_CHECKING:
    from cf525.model import AuditReport

PATIENCE: Final = 20.0
MOST_BYTES: Final = 65_536
MOST_ADDRESSES: Final = 50


class People:
    """Who is told. Raises UsageError for a file or an address that is of no use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = _lines(path)
        if not lines:
            raise UsageError(f"{path} holds no address", hint="write one a line: slack://...")
        if len(lines) > MOST_ADDRESSES:
            raise UsageError(f"{path} holds more than {MOST_ADDRESSES} addresses")
        apprise = _apprise()
        self._to: list[tuple[int, str]] = []
        for number, line in lines:
            one = apprise.Apprise()
            if not one.add(line):
                raise UsageError(
                    f"line {number} of {path} is no address that Apprise takes",
                    hint="its form is shown at the page of the service in Apprise's documentation",
                )
            self._to.append((number, line))

    async def tell(self, alert: Alert) -> bool:
        """Send a message to all, and say whether anybody got it. One that cannot be reached costs a
        remark, named by its line."""
        sent = await asyncio.gather(*(self._one(number, line, alert) for number, line in self._to))
        return any(sent)

    async def _one(self, number: int, line: str, alert: Alert) -> bool:
        told = {
            "address": line,
            "title": alert.title,
            "body": alert.body,
            "type": "failure" if alert.trigger else "success",
            "seconds": PATIENCE,
        }
        try:
            async with asyncio.timeout(PATIENCE):
                sent = await _delivered(told)
        except TimeoutError:
            say(f"line {number} of {self._path} took more than {PATIENCE:.0f} s")
            return False
        if not sent:
            say(f"line {number} of {self._path}: the message was not delivered")
        return sent


async def _delivered(told: dict[str, Any]) -> bool:
    """Whether a message was taken. Who is cancelled ends the process that sends it."""
    process = await asyncio.create_subprocess_exec(
        *child.words("cf525.cli.messenger"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=without_secrets(os.environ) | {child.PATH_VARIABLE: child.import_path()},
        start_new_session=True,
    )
    try:
        await process.communicate(json.dumps(told).encode())
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
    return process.returncode == messenger.DELIVERED


def after_audit(people: People, report: "AuditReport") -> None:
    """Tell of what changed since the last audit told of, and remember it where somebody got it;
    else the next audit tells it again."""
    path = journal.folder(os.environ).parent / "told.json"
    try:
        before = Told.parse(private.read(path, MOST_BYTES * 64)) if cache.own(path) else Told()
    except OSError:
        before = Told()
    alerts, told = news(report, before)
    heard = [asyncio.run(people.tell(alert)) for alert in alerts]
    if told != before and all(heard):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        private.write(path, told.dump(), force=True)


def _lines(path: Path) -> Sequence[tuple[int, str]]:
    try:
        if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            say(
                f"{path} can be read by others, and holds secrets",
                f"chmod 600 {shlex.quote(str(path))}",
            )
        text = private.read(path, MOST_BYTES).decode("utf-8", "replace")
    except OSError as fault:
        raise UsageError(f"cannot read {path}: {fault.strerror}") from None
    numbered = enumerate((each.strip() for each in text.splitlines()), 1)
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _apprise() -> Any:
    try:
        import apprise
    except ModuleNotFoundError:
        raise missing("--notify", "notify") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would print the addresses
    return apprise
