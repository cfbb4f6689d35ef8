"""A Markdown page of the catalogue, laid out for a terminal."""

import re
import textwrap
from typing import Final

from cf525.report.line import Line

MIN_WIDTH: Final = 24


def render(markdown: str, *, width: int = 80) -> list[Line]:
    """Headings bold, code blocks as they are, prose wrapped."""
    width = max(width, MIN_WIDTH)
    lines: list[Line] = []
    for block in re.split(r"(^```[^\n]*\n.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL):
        if block.startswith("```"):
            opening, *code, _ = block.split("\n")
            _, _, file = opening.partition(" ")
            lines += [Line(f"    in {file}:", "dim")] if file else []
            lines += [Line(f"    {each}", "cyan") for each in code]
            continue
        for paragraph in block.split("\n"):
            lines += _paragraph(paragraph, width)
    return lines


def _paragraph(text: str, width: int) -> list[Line]:
    if text.startswith("#"):
        return [Line(each, "bold") for each in textwrap.wrap(text.lstrip("# "), width)]
    hanging = "  " if text.startswith("- ") else ""
    plain = text.replace("**", "").replace("`", "")
    wrapped = textwrap.wrap(plain, width, subsequent_indent=hanging, break_on_hyphens=False)
    return [Line(each) for each in wrapped] or [Line("")]
