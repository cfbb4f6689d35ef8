"""``cf525 mcp``: the tools of an assistant, over standard input and output."""

from typing import Annotated

import typer

from cf525.cli import exit_status, signals
from cf525.cli.groups import grouped
from cf525.cli.lint import linted
from cf525.cli.options.account import Access
from cf525.cli.options.judging import CheckedTrust
from cf525.cli.options.looking import server as read_server
from cf525.cli.options.where import Network, built, read_mode
from cf525.extras import missing


@grouped
def mcp(
    *,
    allow: Annotated[
        list[str],
        typer.Option(
            "--allow",
            metavar="NAME|*.NAME|ADDR[/BITS]",
            help="A name or address that may be asked about, besides the names in the account.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    network: Network,
    trust: CheckedTrust,
    account: Access,
) -> int:
    """Serve the reading commands to an assistant (Model Context Protocol).

    Over standard input and output. With a token the names in the account may be asked about; other
    names, and every address, only where --allow names them. Nothing is changed by any tool. Needs
    the extra cf525[mcp].
    """
    try:
        from cf525.assistant import names, server
    except ModuleNotFoundError as absent:
        if (absent.name or "").partition(".")[0] not in ("mcp", "pydantic"):
            raise
        raise missing("the MCP server", "mcp") from None
    from dataclasses import replace

    base = built(network, trust)
    options = replace(base, credentials=account.credentials_if_any(), api_base=account.base)
    tools = server.Tools(
        options,
        names.Reachable(names.Allowed.of(allow), options),
        server.Customs(
            mode=read_mode,
            server=read_server,
            linted=linted,
            exit_status=exit_status.of_report,
        ),
    )
    signals.end_at_once()
    server.build(tools).run("stdio")
    return exit_status.OK
