"""Pages that the program writes itself, for the site: commands, causes, the library's names."""

import dataclasses
import enum
import inspect
import re
from collections.abc import Iterator
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.main import get_command

import cf525
import cf525.model
from cf525.causes.explain import explain
from cf525.causes.page import page_ids
from cf525.cli.app import COMMANDS, app

CONTRIBUTING = re.compile(r"\[CONTRIBUTING\.md\]\([^)]*\)")

ON_THE_SITE = {
    "every command (`cf525 --help`)": "[every command](commands.md)",
    "every cause (`cf525 explain`)": "[every cause](causes/index.md)",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that nobody writes by hand."""
    pages = {"commands.md": commands(), "causes/index.md": causes(), "library.md": library()}
    pages |= {f"causes/{id}.md": explain(id, full=True) or "" for id in page_ids()}
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links that leave the folder of the pages become names, and names of pages that stand on the
    site alone become links."""
    for name, link in ON_THE_SITE.items():
        markdown = markdown.replace(name, link)
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


def library() -> str:
    """Every public name with its signature and words: the face, then what a report is made of."""
    parts = ["# The library", inspect.getdoc(cf525) or ""]
    for module in (cf525, cf525.model):
        parts.append(f"## {module.__name__}")
        for name in sorted(module.__all__):
            if module is cf525.model and name in cf525.__all__:
                continue
            parts += _named(name, getattr(module, name))
    return "\n\n".join(each for each in parts if each)


def _named(name: str, thing: Any) -> Iterator[str]:
    yield f"### {name}"
    if not callable(thing):
        yield f"`{thing!r}`" if isinstance(thing, str | int | float) else ""
        return
    words = inspect.getdoc(thing) or ""
    own = not words.startswith(f"{name}(")  # what dataclass writes where nobody did
    if isinstance(thing, type) and issubclass(thing, enum.Enum):
        yield ", ".join(f"`{each.value}`" for each in thing)
    elif dataclasses.is_dataclass(thing):
        yield "```python\n" + "\n".join(_fields(thing)) + "\n```"
    elif inspect.isfunction(thing):
        kind = "async def" if inspect.iscoroutinefunction(thing) else "def"
        yield f"```python\n{kind} {name}{inspect.signature(thing)}\n```"
    yield words if own else ""


def _fields(kind: Any) -> Iterator[str]:
    for field in dataclasses.fields(kind):
        given = field.default is not dataclasses.MISSING
        default = f" = {field.default!r}" if given else ""
        made = " = ..." if field.default_factory is not dataclasses.MISSING else ""
        shown = field.type if isinstance(field.type, str) else _typed(field.type)
        yield f"{field.name}: {shown}{default}{made}"


def _typed(annotation: Any) -> str:
    """A type without the modules of its parts."""
    text = inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-z_][a-z_0-9]*\.)+(?=[A-Za-z])", "", text)
