"""The program's own list of commands and options, for tests that compare pages with it."""

from functools import cache
from typing import Any

from typer.main import get_command

from cf525.cli.app import app


@cache
def commands() -> dict[str, frozenset[str]]:
    """Every command by its full name, with the options it takes."""
    return dict(_under(get_command(app), "cf525"))


def _under(command: Any, name: str) -> list[tuple[str, frozenset[str]]]:
    below = command.list_commands(None) if hasattr(command, "list_commands") else []
    options = frozenset(
        word
        for each in command.params
        if each.param_type_name == "option"
        for word in (*each.opts, *each.secondary_opts)
    )
    found = []
    if not below or command.invoke_without_command:
        found.append((name, options | {"--help", "-h"}))
    for each in below:
        found += _under(command.get_command(None, each), f"{name} {each}")
    return found
