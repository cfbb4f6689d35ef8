"""One text of a page filled in: names put in, or Jinja2 where there is more to it.

What came from the network is made harmless here: control characters everywhere, and in code
whatever is not what a host name, an address or a file name needs, as such lines are made to be
copied into a shell. Which texts there are, and what fills them, is ``filling``'s to know.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from cf525.patterns import lazy_pattern

if TYPE_CHECKING:
    from jinja2 import Environment, Template

SHELL_SAFE: Final = lazy_pattern(r"[A-Za-z0-9._:,*/@=+\[\]-]+")
NAME: Final = lazy_pattern(r"\{\{ *([a-z_][a-z0-9_]*) *\}\}")
LOGIC: Final = lazy_pattern(r"\{[%#]|\{\{(?! *[a-z_][a-z0-9_]* *\}\})")
"""What takes more than names put in: most texts do without, and without loading Jinja2."""


@cache
def _environment(code: bool) -> "Environment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(
        finalize=in_code if code else _in_prose,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


def fill(template: str, variables: Mapping[str, object], *, code: bool = False) -> str:
    """One text filled in. Raises whatever Jinja2 and the values in it raise, and KeyError."""
    if "{" not in template:
        return template
    if not LOGIC.search(template):
        finalize = in_code if code else _in_prose
        whole = template.removesuffix("\n")  # as Jinja2 has it
        return NAME.sub(lambda found: str(finalize(variables[found[1]])), whole)
    return compiled(template, code).render(variables)


@cache
def compiled(template: str, code: bool) -> "Template":
    """Compiling is most of the cost of a page with logic, and an audit renders thousands."""
    return _environment(code).from_string(template)


def _in_prose(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)


def in_code(value: object) -> object:
    if not isinstance(value, str) or SHELL_SAFE.fullmatch(value) or not value:
        return value
    return "<check-this-value>"
