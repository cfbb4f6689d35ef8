"""Every variable of the environment that the program reads stands in its documentation."""

import re
from pathlib import Path

import cf525

PACKAGE = Path(cf525.__file__).parent
SET_FOR_OTHERS = {"CF525_STATUS", "CF525_COMPLETE"}
"""What a command of the user's is told, and what the shell's completion sets."""
OWN = re.compile(r"(?<=[\"'`])(?:CF525|CLOUDFLARE)_[A-Z_]*[A-Z](?=[\"'`])")
MENTIONED = {"CLOUDFLARE_API_KEY", "CLOUDFLARE_TOKEN", "CLOUDFLARE_EMAIL"}
"""What people set by mistake, of which the program says that it does not use it."""


def test_the_variables_of_the_documentation_are_those_of_the_program() -> None:
    page = (PACKAGE.parent / "docs" / "scripts.md").read_text()
    told = set(OWN.findall(page.partition("Variables of the environment")[2]))
    read = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in OWN.findall(path.read_text())
        if not path.is_relative_to(PACKAGE / "lab")
    }
    assert read - SET_FOR_OTHERS - MENTIONED == told
