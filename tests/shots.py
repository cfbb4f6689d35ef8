"""``python -m tests.shots``: the pictures of the documentation, made by the program itself.

Screens of a terminal are drawn as SVG from the very lines that are printed, pages of reports by
Chromium. ``tests/test_site.py`` holds the text of the screens to what is printed today.
"""

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from cf525.lab.demo import run_demo
from cf525.lab.running import start
from cf525.lab.scenarios import SCENARIOS, WORLD
from cf525.model import Recognised, Report
from cf525.report import screen
from cf525.report.audit import html as pages
from cf525.report.line import Line
from tests.audit.conftest import ARGUMENTS, CHROMIUM
from tests.cli.forked import ROOT

FOLDER: Final = ROOT / "docs" / "shots"
SCREENS: Final[Mapping[str, str]] = {
    "refused-name": "www.example.com",
    "half-chain": "leafonly.example.com",
}
"""Pictures of terminals, and the host of the demo that each shows."""
PAGE: Final = "leafonly.example.com"
WIDTHS: Final[Mapping[str, int]] = {"page": 1280, "page-phone": 390}
_FONT: Final = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
_WHEN: Final = datetime(2026, 11, 29, 3, 12, tzinfo=UTC)


def lines_of(report: Report) -> list[Line]:
    """The first screen where the server is known to be nginx, at a fixed minute."""
    visit = replace(report.visit, at=_WHEN) if report.visit is not None else None
    known = Recognised(platform="nginx", ground="named with --server")
    return screen.render(replace(report, server=known, visit=visit))


def drawn(lines: Sequence[Line], command: str) -> str:
    """The lines as a terminal shows them, behind the command that printed them."""
    console = Console(record=True, width=82, highlight=False, file=io.StringIO())
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    for line in lines:
        console.print(Text.assemble((line.label, "bold"), (line.text, line.style)))
    form = _FONT.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code, ", "")
    return console.export_svg(title="cf525", code_format=form, unique_id="shot")


def text_of(svg: str) -> list[str]:
    """The words of a drawn screen, in order, from the command on."""
    found = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    words = " ".join(
        html.unescape(each).replace("\N{NO-BREAK SPACE}", " ") for each in found
    ).split()
    return words[words.index("diagnose") :]


def command_of(report: Report) -> str:
    told = " --server nginx" if report.headline else ""
    return f"cf525 diagnose {report.target.host}{told}"


def main() -> None:
    """Draw every picture anew."""
    wanted = [each for each in SCENARIOS if each.host in {*SCREENS.values(), PAGE}]
    with start(WORLD) as lab:
        reports = {each.scenario.host: each.report for each in run_demo(lab, wanted)}
    FOLDER.mkdir(exist_ok=True)
    for name, host in SCREENS.items():
        svg = drawn(lines_of(reports[host]), command_of(reports[host]))
        (FOLDER / f"{name}.svg").write_text(svg)
    text = pages.render_host(reports[PAGE])
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, width in WIDTHS.items():
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.set_content(text)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
