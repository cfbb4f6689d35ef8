"""Pages that the program writes itself, for the site: every command's help, every cause."""

import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.main import get_command

from cf525.causes.explain import explain
from cf525.causes.page import page_ids
from cf525.cli.app import COMMANDS, app

CONTRIBUTING = re.compile(r"\[CONTRIBUTING\.md\]\([^)]*\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that nobody writes by hand."""
    pages = {"commands.md": commands(), "causes/index.md": causes()}
    pages |= {f"causes/{id}.md": explain(id, full=True) or "" for id in page_ids()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links that leave the folder of the pages become names."""
    return CONTRIBUTING.sub("`CONTRIBUTING.md`", markdown)


def commands() -> str:
    """The help of every command, as it is printed."""
    root: Any = get_command(app)
    above = root.make_context("cf525", [], resilient_parsing=True, max_content_width=80)
    parts = ["# Commands"]
    for name in COMMANDS:
        command = root.get_command(None, name)
        context = command.make_context(
            name, [], parent=above, resilient_parsing=True, max_content_width=80
        )
        parts += [f"## cf525 {name}", f"```text\n{command.get_help(context)}\n```"]
    return "\n\n".join(parts)


def causes() -> str:
    """Every cause by its title, each with its page."""
    lines = ["# Causes", "What `cf525 explain CAUSE` prints, whole.", ""]
    for id in page_ids():
        text = explain(id, full=True) or ""
        title = text.partition("\n")[0].removeprefix("# ").partition(": ")[2]
        lines.append(f"- [{id}]({id}.md): {title}")
    return "\n".join(lines)
