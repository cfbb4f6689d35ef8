"""What a watch tells when something changed: a line, a command, a webhook, a metric.

A command runs without a shell and learns what happened by its environment; a webhook gets one
JSON object. Neither can end the watch by failing.
"""

import os
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cf525.cli.output import say
from cf525.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import CollectorRegistry

    from cf525.model import Report
    from cf525.series.watch import Transition

PATIENCE: Final = 30.0


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


async def execute(command: str, told: "Mapping[str, str]") -> None:
    """Run a command with ``CF525_STATUS`` and the like in its environment."""
    import asyncio

    own = {f"CF525_{name.upper()}": value.replace("\0", "") for name, value in told.items()}
    kept = {name: value for name, value in os.environ.items() if "TOKEN" not in name.upper()}
    try:
        process = await asyncio.create_subprocess_exec(
            *words(command), env=kept | own, stdin=asyncio.subprocess.DEVNULL
        )
    except OSError as fault:
        say(f"--exec could not be run: {fault.strerror}")
        return
    try:
        async with asyncio.timeout(PATIENCE):
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        say(f"--exec was ended after {PATIENCE:.0f} s")
        return
    if status:
        say(f"--exec ended with status {status}")


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
    """Send the transition to a webhook."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=10.0, follow_redirects=False) as client:
            response = await client.post(url, json=dict(told))
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        say(f"the webhook was not reached ({type(fault).__name__})")
        return
    if response.status_code >= 400:
        say(f"the webhook answered {response.status_code}")


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
