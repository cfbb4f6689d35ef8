"""The Typer application: every command stands here, and is imported when it is run.

A command's options cost time to build. Whoever asks for one command, or for the list of them, does
not pay for the others.
"""

from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from cf525.cli import exit_status, start
from cf525.version import __version__

COMMANDS: Final = {
    "diagnose": "Find out which status visitors get, why, and what to change.",
    "explain": "Explain a status, a cause, a TLS alert or an error message.",
    "lint": "Read the origin's own configuration and point at the line the edge stumbles over.",
    "verify": "Judge a certificate before it is deployed, or a live origin, as the edge would.",
    "fix": "Plan a stop-gap at Cloudflare, make it, list what stands, and take it back.",
    "watch": "Look again and again and tell of every change, until the end that --until names.",
    "audit": "Find what is broken, and what breaks next, over all zones of a token.",
    "route": "Show every route the edge may take to the origin, and what decided each value.",
    "probe": "Shake hands once with the edge's ClientHello and show the whole exchange.",
    "replay": "Judge again what was recorded.",
    "doctor": "Check the token's rights, the clock, the resolver, proxies and the trust list.",
    "demo": "Diagnose the hosts of a made-up account, most of them broken, on this machine alone.",
    "trust": "Cloudflare's published list of trusted roots: show the local copy, or renew it.",
    "schema": "Print the JSON Schema that every JSON report follows.",
    "mcp": "Serve the reading commands to an assistant (Model Context Protocol).",
}
"""Each command by the name of its module, with the line that stands for it in the help."""


class Commands(TyperGroup):
    """The commands by name; each is built when it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # until asked for

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, or None where there is none of this name."""
        del ctx
        if cmd_name in COMMANDS and self.commands[cmd_name] is None:
            self.commands[cmd_name] = _built(cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The lines of the table, for which nothing needs to be built."""
        del ctx
        with formatter.section("You have"):
            formatter.write_dl(list(start.FIRST.items()))
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _built(name: str) -> TyperCommand | TyperGroup:
    """The command of the module of this name, or of the application that it has."""
    from typer.main import get_command

    from cf525.cli.groups import PanelledCommand

    module = import_module(f"cf525.cli.{name}")
    own: typer.Typer | None = getattr(module, "app", None)
    if own is None:
        own = typer.Typer(add_completion=False, rich_markup_mode=None)
        own.command(name, cls=PanelledCommand)(getattr(module, name))
    found = get_command(own)
    assert isinstance(found, TyperCommand | TyperGroup)
    return found


app = typer.Typer(
    name="cf525",
    cls=Commands,
    help="Find out why Cloudflare's edge cannot shake hands with an origin (525) or refuses its "
    "certificate (526), and what to change.",
    epilog="Exit status: "
    + " · ".join(f"{status} {meaning}" for status, meaning in exit_status.MEANINGS.items()),
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: laid out in half the time, readable in any terminal
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cf525 {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
