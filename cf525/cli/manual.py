"""The manual page, written from the command tree: ``python -m cf525.cli.manual`` prints it.

The page that is installed stands in ``docs/man``; a test compares it with what is printed here.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

from cf525.cli import exit_status, start
from cf525.cli.app import COMMANDS, app
from cf525.version import __version__

VARIABLES = {
    "CLOUDFLARE_API_TOKEN": "A token that reads; never given on the command line.",
    "CLOUDFLARE_FIX_TOKEN": "A token that writes, for cf525 fix alone.",
    "NO_COLOR": "No colour.",
    "XDG_STATE_HOME": "Where the journal of cf525 fix is kept.",
    "XDG_CACHE_HOME": "Where the trust list and the checkpoints of audits are kept.",
}


def manual() -> str:
    """The page in roff."""
    return "".join(f"{line}\n" for line in _page())


def _page() -> Iterator[str]:
    yield f'.TH CF525 1 "" "cf525 {__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"cf525 \- why Cloudflare's edge cannot shake hands with an origin, and what to change"
    yield ".SH SYNOPSIS"
    yield r".B cf525"
    yield r".I COMMAND"
    yield r"[\fIARGUMENT\fR...] [\fIOPTION\fR...]"
    yield ".SH DESCRIPTION"
    yield from _words(app.info.help or "")
    yield ".SH WHAT TO TYPE FIRST"
    for have, command in start.FIRST.items():
        yield from _item(have, command)
    yield ".PP"
    yield from _words(start.ACCOUNT)
    yield ".SH COMMANDS"
    yield from _commands()
    yield ".SH EXIT STATUS"
    for status, meaning in exit_status.MEANINGS.items():
        yield from _item(str(status), meaning)
    yield ".SH ENVIRONMENT"
    yield from _words("Options that can be given through a variable name it above.")
    for name, meaning in VARIABLES.items():
        yield from _item(name, meaning)


def _commands() -> Iterator[str]:
    from typer.main import get_command

    root: Any = get_command(app)
    above = root.make_context("cf525", [], resilient_parsing=True)
    for name in COMMANDS:
        yield from _of(root.get_command(None, name), f"cf525 {name}", above)


def _of(command: Any, name: str, above: Any) -> Iterator[str]:
    below = command.list_commands(None) if hasattr(command, "list_commands") else []
    context = command.make_context(name, [], parent=above, resilient_parsing=True)
    if not below or command.invoke_without_command:
        yield f".SS {_plain(name)}"
        yield from _words(command.help or "")
        for each in command.get_params(context):
            record = each.get_help_record(context)
            if record is not None:
                yield from _item(*record)
    for each in below:
        yield from _of(command.get_command(None, each), f"{name} {each}", context)


def _item(tag: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield rf"\fB{_plain(tag)}\fR"
    yield from _words(text)


def _words(text: str) -> Iterator[str]:
    """Paragraphs, one a line; a line never begins as a request of roff would."""
    for number, paragraph in enumerate(re.split(r"\n\s*\n", text.strip())):
        if number:
            yield ".PP"
        plain = _plain(" ".join(paragraph.split()))
        yield rf"\&{plain}" if plain.startswith((".", "'")) else plain


def _plain(text: str) -> str:
    return text.replace("\\", r"\e").replace("-", r"\-")


if __name__ == "__main__":
    sys.stdout.write(manual())
