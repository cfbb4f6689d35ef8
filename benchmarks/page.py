"""The HTML page of an audit of 5,000 hosts, by the browser's own clock. Needs Chromium."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, figure
from cf525.report.audit import html
from tests.audit.rows import audited, many_rows

HOSTS = 5_000


def figures() -> Iterator[Figure]:
    """One figure; none where no Chromium is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "audit.html"
        file.write_text(html.render(audited(*many_rows(HOSTS)), []), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]")
        ready = page.locator("html").get_attribute("data-ready")
        browser.close()
    yield figure("page of an audit of 5,000 hosts, ready", int(ready or 0) / 1000)
