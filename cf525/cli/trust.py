"""``cf525 trust``: which roots count, how old Cloudflare's list is here, and a new copy of it."""

from typing import Annotated, ClassVar

import typer

from cf525.cli import exit_status
from cf525.cli.groups import PanelledCommand, grouped
from cf525.cli.options.output import Output, Screen
from cf525.cli.output import print_pieces, progress

app = typer.Typer(
    name="trust",
    help="Cloudflare's published list of trusted roots: show the local copy, or renew it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


class AnchorsOutput(Output):
    """The output about trust stores."""

    kind: ClassVar[str] = "anchors"


@app.command("show", cls=PanelledCommand)
@grouped
def show(results: AnchorsOutput) -> int:
    """Say which trust stores a verdict rests on, and how old they are."""
    from cf525.net import cache, trust_list

    destination = results.destination()
    store = trust_list.store()
    found = trust_list.local()
    lines = [f"{name}" for name in store.names]
    lines.append(f"roots the edge is taken to trust: {store.edge.size}")
    if found is None:
        lines.append(f"no local copy of the published list at {cache.published_list()}")
        lines.append("cf525 trust update downloads it")
    else:
        days = int(found.age // 86_400)
        lines.append(f"{found.path}: {found.roots} roots, {days} days old, SHA-256 {found.sha256}")
    destination.write(lines)
    return exit_status.OK


@app.command("update", cls=PanelledCommand)
@grouped
def update(
    screen: Screen,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Download from here instead.")
    ] = None,
) -> int:
    """Download Cloudflare's published list of roots and check it."""
    from cf525.net import trust_list

    with progress("downloading the list of roots", quiet=screen.quiet):
        found = trust_list.update(url=url or trust_list.URL)
    said = f"{found.path}: {found.roots} roots, SHA-256 {found.sha256}\n"
    print_pieces((said,), color=not screen.no_color)
    return exit_status.OK
