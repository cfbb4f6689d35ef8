"""Fixtures that several parts share."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache

import httpx
import pytest
from hypothesis import settings

from cf525.account import transport
from cf525.causes import matching
from cf525.causes.case import Case
from cf525.causes.filling import Rendered, render
from cf525.causes.page import load
from cf525.lab.demo import DemoResult, run_demo
from cf525.lab.running import Lab, start
from cf525.lab.scenarios import SCENARIOS, WORLD

# How long one example takes tells about the machine's other work, not about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# A run in the background may have inherited an ignored SIGINT, one of nohup an ignored SIGHUP,
# which their children would keep.
with suppress(ValueError):  # not in the main thread
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


# The API is spoken to in clear on loopback: every client may share one context, whose loading of
# the public roots is the most of what a client costs.
setattr(httpx._transports.default, "create_ssl_context", cache(httpx.create_ssl_context))  # noqa: B010


# A connection on loopback is up at once, unless the machine is busy with something else.
transport.CONNECT_SECONDS = 60.0


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes do not name a test: certificates made for a run differ from process to process."""
    return argname if isinstance(val, bytes) and len(val) > 32 else None


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the credentials or settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "CF525_")) and name != "CF525_REQUIRE_SERVERS":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_misfit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every match of every test gives its page exactly the facts that the page declares, and the
    page fills in. In an outage neither may stop a report; here both fail."""

    def checked(
        id: str, case: Case, facts: Mapping[str, object], platforms: tuple[str, ...]
    ) -> Rendered:
        assert not load(id).misfit(facts)
        page = render(id, case, facts, platforms)
        assert not page.unfilled
        return page

    monkeypatch.setattr(matching, "render", checked)


@pytest.fixture(scope="session")
def demo(lab: Lab) -> Mapping[str, DemoResult]:
    """Every scenario of the demo diagnosed once, by host; its tests share one worker."""
    return {each.scenario.host: each for each in run_demo(lab, SCENARIOS)}


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The demo's world, up for the whole session."""
    with start(WORLD) as running:
        yield running
