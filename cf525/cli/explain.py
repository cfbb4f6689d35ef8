"""``cf525 explain``: what a status, an alert or a cause means; works offline."""

from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import write_lines, write_text
from cf525.errors import UsageError


def explain(
    topic: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPIC",
            help="A status (525), a cause (sni-rejected-112) or an alert (alert 40, "
            "handshake_failure). Without one: the list of causes.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The page as Markdown, for a wiki.")
    ] = False,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
) -> int:
    """Explain a status, a cause or a TLS alert."""
    from cf525.causes import explain as catalogue
    from cf525.report.page import render

    text = " ".join(topic).strip()
    answer = catalogue.explain(text)
    if answer is None:
        near = catalogue.nearest(text)
        hint = f"did you mean: {', '.join(near)}?" if near else "cf525 explain lists all causes"
        raise UsageError(f"nothing is known about {text!r}", hint=hint)
    if markdown:
        write_text(answer, output)
    else:
        write_lines(render(answer), output=output, color=not no_color)
    return exit_status.OK
