"""``cf525 trust``: which roots count, how old Cloudflare's list is here, and a new copy of it."""

from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import progress, write_text

app = typer.Typer(
    help="Cloudflare's published list of trusted roots: show the local copy, or renew it.",
    no_args_is_help=True,
)


@app.command("show")
def show(output: opt.OutputOption = None, debug: opt.DebugOption = False) -> int:
    """Say which trust stores a verdict rests on, and how old they are."""
    del debug  # read by the entry point
    from cf525.net import cache, trust_list

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
    write_text("\n".join(lines) + "\n", output)
    return exit_status.OK


@app.command("update")
def update(
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Download from here instead.")
    ] = None,
    quiet: opt.QuietOption = False,
    debug: opt.DebugOption = False,
) -> int:
    """Download Cloudflare's published list of roots and check it."""
    del debug
    from cf525.net import trust_list

    with progress("downloading the list of roots", quiet=quiet):
        found = trust_list.update(url=url or trust_list.URL)
    write_text(f"{found.path}: {found.roots} roots, SHA-256 {found.sha256}\n", None)
    return exit_status.OK
