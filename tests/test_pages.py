"""The pages beside the code say what the program does: commands, options, figures, rooms."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

from benchmarks.bounds import BOUNDS, bound
from cf525.cli import exit_status
from cf525.report.formats import formats_of
from tests.cli.commands import commands

ROOT = Path(__file__).parents[1]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")))
PAGES.remove(ROOT / "CHANGELOG.md")
"""What once was is true there."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table that begins with this line."""
    lines = iter(page.splitlines())
    next(line for line in lines if line.startswith(heading))
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [row for row in rows if not set(row[0]) <= {"-", " ", ":"} or row[0] == ""]


def called(text: str) -> tuple[str, str]:
    """The command that a line begins with, by its full name, and the rest of the line."""
    words = text.split()
    for length in (3, 2):
        name = " ".join(words[:length])
        if name in commands():
            return name, " ".join(words[length:])
    raise AssertionError(f"no command begins {text!r}")


def code(page: str) -> list[str]:
    """Inline code and the lines of code blocks, continued lines joined."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```\w*\n.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", prose)]


def test_the_readme_names_every_command_and_no_other() -> None:
    rows = table(text_of("docs/guide.md"), "| command |")
    named = [called(each)[0] for row in rows for each in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(set(named)) == sorted(commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_a_page_names_is_one_of_the_program(page: Path) -> None:
    root = {"--version", "--install-completion", "--show-completion"}
    known = set().union(*commands().values(), root)
    for each in code(page.read_text(encoding="utf-8")):
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", each):
            if "cf525" in each or each.startswith("--"):
                assert option in known, f"{page.name}: {each}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_on_a_page_is_one_that_its_command_takes(page: Path) -> None:
    for each in code(page.read_text(encoding="utf-8")):
        for line in re.findall(r"(?<![\w./@=-])(?<!from )cf525 (?=[a-z])[^;|&#`)]*", each):
            if re.fullmatch(r"cf525 (COMMAND|[A-Z]).*", line.strip()):
                continue
            name, rest = called(line)
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest):
                assert option in commands()[name], f"{page.name}: {line}"


def test_the_readme_says_what_every_exit_status_means() -> None:
    rows = table(text_of("docs/scripts.md"), "| | |")
    assert {int(row[0]): row[1] for row in rows} == exit_status.MEANINGS


def test_the_figures_of_the_page_are_those_that_are_measured() -> None:
    rows = table(text_of("docs/figures.md"), "| what | measured |")
    assert len(rows) > 15
    for name, measured, most in rows:
        assert name in BOUNDS, f"{name} is not measured"
        assert most == bound(name), name
        value = re.match(r"[\d.]+", measured)
        assert value is not None
        assert float(value[0]) <= BOUNDS[name][0], name


def test_every_figure_that_a_benchmark_reports_has_its_bound() -> None:
    for path in (ROOT / "benchmarks").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for name in re.findall(r'figure\(\s*"([^"]+)"', source):
            assert name in BOUNDS, f"{path.name}: {name}"


def test_the_audit_page_names_every_format() -> None:
    page = text_of("docs/audit.md")
    section = page[page.index("## Formats") : page.index("## Interrupted")]
    for each in formats_of("audit"):
        assert f"`{each.name}`" in section


def layers() -> list[str]:
    """The rooms of the import contract, top to bottom; those side by side in their order."""
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    told = contract["importlinter:contract:layers"]["layers"]
    return [each.removeprefix("cf525.") for each in re.split(r"[\s|]+", told) if each]


def test_the_map_describes_the_rooms_of_the_contract_in_their_order() -> None:
    rows = table(text_of("docs/architecture.md"), "| room |")
    assert [row[0].strip("`") for row in rows] == layers()
    assert all(len(row[1]) > 20 for row in rows)


def test_every_room_stands_under_the_contract() -> None:
    rooms = {each.parent.name for each in (ROOT / "cf525").glob("*/__init__.py")}
    loose = {each.stem for each in (ROOT / "cf525").glob("*.py")} - {"__init__"}
    assert rooms | loose == set(layers())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    rooms = "cf525|tests|docs|benchmarks|fixtures"
    text = page.read_text(encoding="utf-8")
    for name in re.findall(rf"`((?:{rooms})/[\w./-]+)`(?!, new)", text):
        assert (ROOT / name).exists(), f"{page.name} names {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links {target}"
