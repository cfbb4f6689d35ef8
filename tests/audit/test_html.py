"""The HTML report in a browser that has no network."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from cf525.audit.severity import row_of
from cf525.jobs.diagnose import diagnose
from cf525.lab.running import Lab
from cf525.model import AuditReport, Report, Severity
from cf525.report.audit import html
from cf525.report.plain import from_plain, to_plain
from tests.audit.rows import NOW, audited, many_rows, row
from tests.audit.test_formats import HOSTILE, everything

pytestmark = pytest.mark.xdist_group("browser")


def page_of(browser: Browser, path: Path, text: str, **context: Any) -> Page:
    """A page that fails the test on any error, refused policy or request."""
    path.write_text(text, encoding="utf-8")
    opened = browser.new_context(offline=True, **context).new_page()
    opened.set_default_timeout(60_000)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: said.append(request.url))
    opened.goto(path.as_uri())
    opened.wait_for_selector("html[data-ready]")
    assert said == [path.as_uri()]
    return opened


@pytest.fixture(scope="module")
def reported(lab: Lab) -> tuple[AuditReport, list[Any]]:
    """An audit of two of the lab's hosts, with their full reports."""

    async def both() -> list[Report]:
        options = lab.options()
        hosts = ("www.example.com", "expired.example.com", "healthy.example.com")
        return [await diagnose(host, options) for host in hosts]

    with ThreadPoolExecutor(1) as thread:  # the browser's driver holds this thread's event loop
        reports = thread.submit(asyncio.run, both()).result()
    rows = [row_of(each, zone="example.com", expiring=14, now=NOW) for each in reports]
    return audited(*rows), [to_plain(each) for each in reports]


@pytest.fixture
def page(
    browser: Browser, tmp_path: Path, reported: tuple[AuditReport, list[Any]]
) -> Iterator[Page]:
    opened = page_of(browser, tmp_path / "audit.html", html.render(*reported))
    yield opened
    opened.context.close()


def hosts(page: Page) -> list[str]:
    """The hosts in the table that can be seen, in order."""
    shown = page.locator("#table tbody tr:visible th")
    return [text.strip() for text in shown.all_inner_texts()]


def test_the_filter_narrows_the_table_and_says_so(page: Page) -> None:
    page.get_by_label("Filter").fill("526 expired")
    assert hosts(page) == ["expired.example.com"]
    expect(page.locator("#shown")).to_have_text("1 of 3 hosts")
    page.get_by_label("Filter").fill("no such thing")
    expect(page.get_by_text("No host matches.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Filter").fill("")
    assert len(hosts(page)) == 3


def test_a_tile_shows_one_severity_and_a_cause_can_be_picked(page: Page) -> None:
    tile = page.locator(".tile.ok")
    tile.click()
    assert hosts(page) == ["healthy.example.com"]
    assert tile.get_attribute("aria-pressed") == "true"
    tile.click()
    page.get_by_role("button", name="cert-expired").click()
    assert hosts(page) == ["expired.example.com"]


def test_columns_sort_both_ways_by_keyboard_and_tell_assistive_technology(page: Page) -> None:
    button = page.get_by_role("button", name="Host", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    assert hosts(page) == sorted(hosts(page))
    assert button.locator("..").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert hosts(page) == sorted(hosts(page), reverse=True)
    assert button.locator("..").get_attribute("aria-sort") == "descending"


def test_a_host_opens_with_route_cause_chain_and_timeline_and_closes_again(page: Page) -> None:
    page.get_by_role("link", name="expired.example.com").click()
    article = page.locator("article:visible")
    expect(article).to_be_focused()
    expect(page.locator("main")).to_be_hidden()
    expect(article.get_by_role("heading", name="Cause:")).to_be_visible()
    assert "526" in (article.locator("figure .hops").first.get_attribute("aria-label") or "")
    assert article.locator(".chain li").count() >= 2
    expect(article.locator(".timeline").get_by_text("ServerHello")).to_be_visible()
    expect(article.locator(".chain .defect").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_visible()
    expect(page.get_by_role("link", name="expired.example.com")).to_be_focused()


def test_a_remedy_is_copied_whole(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="www.example.com").click()
    page.locator("article:visible details.folded summary").first.click()
    command = page.locator("article:visible .folded .command").first
    command.get_by_role("button").click()
    expect(command.get_by_role("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == command.locator("code").inner_text()
    expect(page.locator("#said")).to_have_text("Copied")


@pytest.mark.parametrize("width", [390, 1280])
def test_one_host_is_a_page_of_its_own_with_the_fix_beside_the_stop_gap(
    browser: Browser, tmp_path: Path, reported: tuple[AuditReport, list[Any]], width: int
) -> None:
    expired = next(each for each in reported[1] if each["target"]["host"] == "expired.example.com")
    text = html.render_host(from_plain(Report, expired))
    size: Any = {"width": width, "height": 900}
    page = page_of(browser, tmp_path / "host.html", text, viewport=size)
    expect(page.get_by_role("heading", level=1)).to_contain_text("expired.example.com")
    expect(page.get_by_text("certbot renew", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", name="Meanwhile")).to_be_visible()
    expect(page.locator("article .folded .remedy").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for node in page.locator(".hops .node").all():
        box = node.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    pdf = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2
    page.context.close()


def test_a_printed_table_is_read_in_lines_and_not_in_letters(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 650, "height": 900})
    row = page.locator("#table tbody tr:visible").first.bounding_box()
    assert row is not None
    assert row["height"] < 200
    pdf = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 1 + 2 * 3


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_on_an_audit_and_on_one_host(
    browser: Browser,
    tmp_path: Path,
    reported: tuple[AuditReport, list[Any]],
    width: int,
    scheme: str,
) -> None:
    size: Any = {"width": width, "height": 900}
    alone = html.render_host(from_plain(Report, reported[1][0]))
    for name, text in (("audit", html.render(*reported)), ("host", alone)):
        file = tmp_path / f"{name}.html"
        page = page_of(browser, file, text, viewport=size, color_scheme=scheme, bypass_csp=True)
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_light_and_dark(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    page = page_of(browser, tmp_path / "a.html", html.render(everything(), []), color_scheme=scheme)
    background = page.evaluate(LUMINANCE, ["body", "backgroundColor"])
    assert (background < 0.1) is (scheme == "dark")
    for selector in (".lead", ".eyebrow", ".chip", ".tile .what", "tbody th", ".alert"):
        for number in range(page.locator(selector).count()):
            ratio = page.locator(selector).nth(number).evaluate(CONTRAST)
            assert ratio >= 4.5, (selector, number, ratio)
    page.context.close()


def test_a_phone_needs_no_sideways_scrolling(
    browser: Browser, tmp_path: Path, reported: tuple[AuditReport, list[Any]]
) -> None:
    view = {"width": 390, "height": 844}
    page = page_of(browser, tmp_path / "a.html", html.render(*reported), viewport=view)
    for target in ("#", "#h0"):
        page.evaluate(f"location.hash = '{target}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_without_script_a_host_still_opens(
    browser: Browser, tmp_path: Path, reported: tuple[AuditReport, list[Any]]
) -> None:
    path = tmp_path / "a.html"
    path.write_text(html.render(*reported), encoding="utf-8")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(path.as_uri())
    page.get_by_role("link", name="expired.example.com").click()
    opened = page.locator("article:visible")
    expect(opened.get_by_role("heading", name="Cause:")).to_be_visible()
    assert opened.count() == 1
    page.context.close()


def test_hostile_names_are_text_and_nothing_else(browser: Browser, tmp_path: Path) -> None:
    hostile = audited(row(HOSTILE, Severity.BROKEN, headline=HOSTILE, title=HOSTILE, zone=HOSTILE))
    page = page_of(browser, tmp_path / "a.html", html.render(hostile, []))
    assert "<script>alert(1)</script>" in hosts(page)[0]
    assert page.locator("script").count() == 1
    page.get_by_label("Filter").fill("<script>")
    assert len(hosts(page)) == 1
    page.context.close()


def test_five_thousand_hosts_are_shown_and_filtered(browser: Browser, tmp_path: Path) -> None:
    page = page_of(browser, tmp_path / "a.html", html.render(audited(*many_rows(5000)), []))
    assert page.locator("#table tbody tr").count() == 5000
    page.get_by_label("Filter").fill("host-4999")
    assert hosts(page) == ["host-4999.zone-499.example"]
    page.context.close()


LUMINANCE = """([selector, property]) => {
  const value = getComputedStyle(document.querySelector(selector))[property];
  const [r, g, b] = value.match(/[0-9.]+/g).map((each) => {
    const part = Number(each) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""

CONTRAST = """(element) => {
  const light = (value) => {
    const [r, g, b] = value.match(/[0-9.]+/g).map((each) => {
      const part = Number(each) / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") {
    behind = behind.parentElement;
  }
  const a = light(getComputedStyle(element).color);
  const b = light(getComputedStyle(behind).backgroundColor);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
