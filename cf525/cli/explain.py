"""``cf525 explain``: what a status, an alert, a cause or a log line means; works offline."""

from typing import Annotated, ClassVar

import typer

from cf525.cli import complete, exit_status
from cf525.cli.explained import kept
from cf525.cli.groups import grouped
from cf525.cli.options.looking import server as read_server
from cf525.cli.options.output import Output
from cf525.errors import UsageError


class PageOutput(Output):
    """The output of an explanation."""

    kind: ClassVar[str] = "page"


@grouped
def explain(
    results: PageOutput,
    topic: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPIC",
            autocompletion=complete.topics,
            help="A status (525), a cause (sni-rejected-112), an alert (alert 40, "
            "handshake_failure), or an error message or log line, pasted. Without one: the list "
            "of causes.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="NAME",
            autocompletion=complete.servers,
            help="Show the lines for this server or platform, by any common name.",
        ),
    ] = None,
    status: Annotated[
        str,
        typer.Option("--status", metavar="CODE", help="Of the list, causes that lead to this."),
    ] = "",
    full: Annotated[
        bool, typer.Option("--full", help="The whole page: every server, curl, Terraform.")
    ] = False,
) -> int:
    """Explain a status, a cause, a TLS alert or an error message."""
    destination = results.destination()
    text = " ".join(topic).strip()
    answer = None if server or status or full else kept(text)
    destination.write(answer or _looked_up(text, server, status, full=full))
    return exit_status.OK


def _looked_up(text: str, server: str | None, status: str, *, full: bool) -> str:
    """The catalogue's answer. Raises UsageError where it has none."""
    from cf525.causes import explain as catalogue

    answer = catalogue.explain(
        text, server=read_server(server) if server else "", status=status, full=full
    )
    if answer is None:
        near = catalogue.nearest(text)
        hint = f"did you mean: {', '.join(near)}?" if near else "cf525 explain lists all causes"
        raise UsageError(f"nothing is known about {text!r}", hint=hint)
    return answer
