"""A page of the catalogue in the columns that the terminal has."""

import pytest

from cf525.causes.explain import explain
from cf525.report.formats import Layout, find
from cf525.report.line import Line


def shown(markdown: str, width: int | None) -> list[str]:
    form = find("page", "text")
    assert form is not None
    lines = form.render(markdown, Layout(width=width))
    return [each.text for each in lines if isinstance(each, Line) and each.style != "cyan"]


@pytest.mark.parametrize("topic", ["525", "sni-rejected-112", "alert 40", "526"])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_prose_keeps_within_the_terminal(topic: str, width: int) -> None:
    page = explain(topic)
    assert page is not None
    lines = shown(page, width)
    assert [each for each in lines if len(each) > width and " " in each] == []
    assert max(len(each) for each in lines) > width - 20


def test_prose_is_no_wider_than_reads_well() -> None:
    page = explain("525")
    assert page is not None
    assert shown(page, 200) == shown(page, 80) == shown(page, None)
