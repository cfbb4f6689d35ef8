"""``cf525 explain``: what a status, an alert, a cause or a log line means; works offline."""

from enum import StrEnum
from typing import Annotated

import typer

from cf525.cli import exit_status
from cf525.cli import options as opt
from cf525.cli.output import write_lines, write_text
from cf525.errors import UsageError


class Form(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"


def explain(
    topic: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPIC",
            help="A status (525), a cause (sni-rejected-112), an alert (alert 40, "
            "handshake_failure), or an error message or log line, pasted. Without one: the list "
            "of causes.",
        ),
    ] = [],  # noqa: B006  Typer copies it
    form: Annotated[
        Form, typer.Option("--format", help="How to print the answer; markdown for a wiki.")
    ] = Form.TEXT,
    output: opt.OutputOption = None,
    no_color: opt.NoColorOption = False,
) -> int:
    """Explain a status, a cause, a TLS alert or an error message."""
    from cf525.causes import explain as catalogue
    from cf525.report.page import render

    text = " ".join(topic).strip()
    answer = catalogue.explain(text)
    if answer is None:
        near = catalogue.nearest(text)
        hint = f"did you mean: {', '.join(near)}?" if near else "cf525 explain lists all causes"
        raise UsageError(f"nothing is known about {text!r}", hint=hint)
    if form is Form.MARKDOWN:
        write_text(answer, output)
    else:
        write_lines(render(answer), output=output, color=not no_color)
    return exit_status.OK
