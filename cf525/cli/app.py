"""The Typer application: every command is registered here."""

from typing import Annotated

import typer

from cf525.cli import (
    audit,
    demo,
    diagnose,
    doctor,
    exit_status,
    explain,
    probe,
    replay,
    route,
    schema,
    trust,
    verify,
    watch,
)
from cf525.cli.groups import PanelledCommand
from cf525.version import __version__

app = typer.Typer(
    name="cf525",
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


for _name, _command in (
    ("diagnose", diagnose.diagnose),
    ("route", route.route),
    ("probe", probe.probe),
    ("watch", watch.watch),
    ("replay", replay.replay),
    ("verify", verify.verify),
    ("explain", explain.explain),
    ("doctor", doctor.doctor),
    ("demo", demo.demo),
    ("schema", schema.schema),
):
    app.command(_name, cls=PanelledCommand)(_command)
app.add_typer(audit.app, name="audit")
app.add_typer(trust.app, name="trust")
