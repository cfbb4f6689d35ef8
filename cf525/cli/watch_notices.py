"""What a watch tells when something changed: a line, a command, a webhook, a metric.

A command runs without a shell and learns what happened by its environment; a webhook gets one
JSON object. Neither can end the watch by failing.
"""

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cf525.cli.output import say
from cf525.environment import without_secrets
from cf525.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from prometheus_client import CollectorRegistry

    from cf525.audit.alerts import Alert
    from cf525.model import Report
    from cf525.series.watch import Transition

PATIENCE: Final = 30.0
WEBHOOK_PATIENCE: Final = 10.0
MOST_SHOWN: Final = 4_096
MOST_ERRANDS: Final = 4


def line(transition: "Transition", at: datetime) -> str:
    """One transition for people: '23:10:05Z  525 sni-rejected-112 → ok  (after 3 looks)'."""
    after = _shown(transition.after)
    if transition.before is None:
        return f"{at:%H:%M:%SZ}  {after}"
    looks = f"{transition.looks} look{'s' * (transition.looks != 1)}"
    return f"{at:%H:%M:%SZ}  {_shown(transition.before)} → {after}  (after {looks})"


def _shown(report: "Report") -> str:
    return f"{report.edge_status} {report.headline}" if report.headline else report.edge_status


def facts(transition: "Transition", at: datetime) -> dict[str, str]:
    """What a command and a webhook are told."""
    before, after = transition.before, transition.after
    return {
        "host": after.target.host,
        "status": after.edge_status,
        "headline": after.headline or "",
        "previous": before.edge_status if before is not None else "",
        "previous_headline": (before.headline or "") if before is not None else "",
        "summary": after.summary,
        "at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def alert(transition: "Transition", at: datetime) -> "Alert":
    """The transition as a message to people."""
    from cf525.audit.alerts import Alert

    after = transition.after
    return Alert(
        title=f"cf525: {after.target.host} {_shown(after)}",
        lines=(line(transition, at), after.summary),
        trigger=after.fails or after.edge_status.unknown,
    )


def event(told: "Mapping[str, str]") -> bytes:
    """The facts as a CloudEvent (specification 1.0, structured mode)."""
    import json
    import uuid

    whole = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "cf525/watch",
        "type": "cf525.status.changed",
        "subject": told.get("host", ""),
        "time": told.get("at", ""),
        "datacontenttype": "application/json",
        "data": dict(told),
    }
    return json.dumps({name: value for name, value in whole.items() if value != ""}).encode()


def signed(body: bytes) -> dict[str, str]:
    """The headers of an event: what it is, and its HMAC-SHA256 where there is a secret."""
    import hashlib
    import hmac

    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    secret = os.environ.get("CF525_WEBHOOK_SECRET", "")
    if secret:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-CF525-Signature"] = f"sha256={digest}"
    return headers


async def execute(command: str, told: "Mapping[str, str]") -> None:
    """Run a command with ``CF525_STATUS`` and the like in its environment.

    It gets no credentials, is ended with all that it started after ``PATIENCE`` seconds, and what
    it prints is read away: the beginning is shown where it fails.
    """
    import asyncio
    import signal

    own = {f"CF525_{name.upper()}": value.replace("\0", "") for name, value in told.items()}
    kept = without_secrets(os.environ)
    try:
        process = await asyncio.create_subprocess_exec(
            *words(command),
            env=kept | own,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as fault:
        say(f"--exec could not be run: {getattr(fault, 'strerror', fault)}")
        return
    try:
        async with asyncio.timeout(PATIENCE):
            printed = await _beginning(process)
            status = await process.wait()
    except BaseException as ended:
        with suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if not isinstance(ended, TimeoutError):
            raise
        say(f"--exec was ended after {PATIENCE:.0f} s")
        return
    if status:
        words_said = f": {printed.splitlines()[0]}" if printed.strip() else ""
        say(f"--exec ended with status {status}{words_said}")


async def _beginning(process: "asyncio.subprocess.Process") -> str:
    """The first of what a process prints; the rest is read and forgotten."""
    assert process.stdout is not None
    kept = b""
    while piece := await process.stdout.read(65_536):
        kept += piece[: MOST_SHOWN - len(kept)]
    return kept.decode("utf-8", "replace")


def words(command: str) -> list[str]:
    """The command in words, as a shell would split it. Raises UsageError."""
    try:
        found = shlex.split(command)
    except ValueError:
        found = []
    if not found:
        raise UsageError("--exec holds no command", hint='write --exec "notify-send changed"')
    return found


async def post(url: str, told: "Mapping[str, str]") -> None:
    """Send the transition to a webhook, as a CloudEvent.

    Its answer's body is not read, whatever it holds; all has ``WEBHOOK_PATIENCE`` seconds.
    """
    import asyncio

    import httpx

    body = event(told)
    near = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))  # by no proxy
    try:
        async with (
            asyncio.timeout(WEBHOOK_PATIENCE),
            httpx.AsyncClient(
                timeout=WEBHOOK_PATIENCE, follow_redirects=False, mounts=near
            ) as client,
            client.stream("POST", url, content=body, headers=signed(body)) as response,
        ):
            status = response.status_code
    except TimeoutError:
        say(f"the webhook took more than {WEBHOOK_PATIENCE:.0f} s")
        return
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        say(f"the webhook was not reached ({type(fault).__name__})")
        return
    if status >= 400:
        say(f"the webhook answered {status}")


class Errands:
    """What is told to others beside the watch, a few at a time: none of it holds a look up."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def send(self, errand: "Coroutine[Any, Any, object]") -> None:
        """Start it, unless too many are under way."""
        import asyncio

        if len(self._tasks) >= MOST_ERRANDS:
            errand.close()
            say(f"{MOST_ERRANDS} notices are under way still: this one is left out")
            return
        task = asyncio.create_task(errand)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finished(self) -> None:
        """Wait for those under way; each has an end of its own. Where the watch was ended by a
        signal nothing is waited for."""
        import asyncio

        own = asyncio.current_task()
        if own is not None and own.cancelling():
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def checked_webhook(url: str) -> str:
    """The URL, which may bear a secret and so must not travel in the clear. Raises UsageError."""
    from urllib.parse import urlsplit

    from cf525.model.parsing import is_loopback_host

    hint = "give an https URL"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise UsageError("--webhook is not a URL", hint=hint) from None
    plain = parts.scheme == "http" and is_loopback_host(host)
    if not host or not (parts.scheme == "https" or plain):
        raise UsageError("--webhook is not an https URL", hint=hint)
    return url


@dataclass
class Metrics:
    """The watch as Prometheus sees it."""

    registry: "CollectorRegistry"
    take: "Callable[[Report], None]"
    changes: "Callable[[], None]"
    stop: "Callable[[], None]" = field(default=lambda: None)


def serve_metrics(address: str) -> Metrics:
    """Serve the newest look at ``address`` until ``stop``. Raises UsageError."""
    from prometheus_client import CollectorRegistry, Counter, Gauge

    from cf525.net.scraping import listen

    registry = CollectorRegistry()
    status = Gauge(
        "cf525_watch_status", "1 for the status now.", ["host", "status"], registry=registry
    )
    looks = Counter("cf525_watch_looks", "Looks at the target.", ["host"], registry=registry)
    changes = Counter("cf525_watch_changes", "Transitions seen.", registry=registry)
    took = Gauge("cf525_watch_seconds", "Seconds of the last look.", ["host"], registry=registry)

    def take(report: "Report") -> None:
        status.clear()
        status.labels(report.target.host, report.edge_status).set(1)
        looks.labels(report.target.host).inc()
        took.labels(report.target.host).set(report.timings.get("total_ms", 0.0) / 1000)

    listening = listen(address, registry)
    say(f"metrics at {listening.url}")
    return Metrics(registry=registry, take=take, changes=changes.inc, stop=listening.stop)
