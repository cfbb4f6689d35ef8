"""Fixtures that several parts share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from cf525.lab.running import Lab, start
from cf525.lab.scenarios import WORLD

# How long one example takes tells about the machine's other work, not about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the credentials or settings of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "CF525_")) and name != "CF525_REQUIRE_SERVERS":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The demo's world, up for the whole session."""
    with start(WORLD) as running:
        yield running
