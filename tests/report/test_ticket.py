"""One host for a ticket, as Markdown and as HTML: whole, and harmless whatever it says."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from cf525.model import Config, Remedy, Report, Target, Words
from cf525.report import ticket
from cf525.report.audit import html
from tests.audit.test_formats import HOSTILE
from tests.report.test_remedies import FIX, STOP_GAP, report

NEUTRAL = Remedy(where="origin", platform="any", parts=(Words(text="Renew it."),))


def hostile() -> Report:
    """A report in which whatever can be somebody else's text is."""
    ours = report(
        Remedy(
            where="origin",
            platform="any",
            parts=(Words(text=HOSTILE), Config(server="nginx", text=f"```\n{HOSTILE}")),
        ),
    )
    finding = replace(ours.findings[0], title=HOSTILE, explanation=HOSTILE)
    return replace(
        ours,
        findings=(finding,),
        summary=HOSTILE,
        target=Target(scheme="https", host="a.example", port=443, display=HOSTILE),
    )


def test_the_ticket_holds_cause_proof_fix_and_stop_gap() -> None:
    text = ticket.render(report(NEUTRAL, FIX, STOP_GAP))
    places = [
        text.index(each)
        for each in (
            "# a.example: 526 ",
            "## Cause",
            "it ended yesterday",
            "## Fix",
            "## Meanwhile",
        )
    ]
    assert places == sorted(places)
    assert "Renew it." in text
    assert "listen 443" not in text  # no server was recognised, so none is spoken to
    assert "Undo: Delete it." in text


@pytest.mark.parametrize("render", [ticket.render, html.render_host])
def test_what_others_wrote_is_text_and_nothing_else(render: object) -> None:
    assert callable(render)
    text = render(hostile())
    made = MarkdownIt("commonmark").render(text) if render is ticket.render else text
    assert "<script>alert" not in made
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_code_cannot_end_its_fence() -> None:
    made = MarkdownIt("commonmark").render(ticket.render(hostile()))
    assert made.count("<pre>") == 2  # the configuration and the next command
