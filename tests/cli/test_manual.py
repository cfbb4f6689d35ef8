"""The manual page that is installed says what the program's help says."""

import re
import shutil
import subprocess

import pytest

from cf525.cli.manual import manual
from tests.cli.commands import commands
from tests.cli.forked import ROOT
from tests.servers.process import missing

PAGE = ROOT / "docs" / "man" / "cf525.1"


def test_the_page_is_the_programs_own() -> None:
    assert PAGE.read_text() == manual(), "python -m cf525.cli.manual > docs/man/cf525.1"


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_of_a_command_stands_there(name: str) -> None:
    page = re.sub(r"\\f[BIR]", " ", PAGE.read_text()).replace("\\-", "-")
    part = page.partition(f".SS {name}\n")[2].partition("\n.S")[0]
    assert part
    for option in commands()[name]:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", part), option


def test_groff_has_nothing_to_say_of_it() -> None:
    groff = shutil.which("groff") or missing("groff is not installed; .ci/run installs it")
    done = subprocess.run(
        [groff, "-man", "-ww", "-z", "-Tutf8", PAGE], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
