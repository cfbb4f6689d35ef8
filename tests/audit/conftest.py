"""A browser for the tests of the HTML report, and a world that was read into a plan."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.audit.planned_world import Planned, planned_world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
)

collect_ignore = (
    ["test_html.py"] if CHROMIUM is None and "CF525_REQUIRE_SERVERS" not in os.environ else []
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium, without a window."""
    assert CHROMIUM is not None, "chromium is not installed"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    """Its tests share one worker: the group "planned"."""
    with planned_world(tmp_path_factory.mktemp("planned")) as made:
        yield made
