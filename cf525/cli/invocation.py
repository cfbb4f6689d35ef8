"""What was typed on the command line, for the next command that a screen names.

Only what stands there: what came from the environment or ``.cf525.toml`` is there the next time
too. What of it is printed is ``report.next_command``'s to say.
"""

from collections.abc import Iterator
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cf525.report.next_command import Invocation

_TYPED: Final[ContextVar[dict[str, Any] | None]] = ContextVar("typed", default=None)
OF_THE_OUTPUT: Final = frozenset(
    (
        *("--format", "--json", "--output", "--force", "--verbose", "--quiet", "--no-color"),
        *("--debug", "--diff", "--message", "--save-transcript", "--pcap"),
    )
)
"""What is not repeated: it says where a result goes, and not what is asked."""


def current() -> "Invocation":
    """The command that runs."""
    from cf525.report.next_command import Invocation

    return Invocation(**(_TYPED.get() or {}))


def keep(context: Any) -> None:
    """Note the command of a context before it is carried out."""
    arguments: list[str] = []
    options: list[tuple[str, str | None]] = []
    for each in context.command.params:
        source = context.get_parameter_source(each.name)
        if source is None or source.name != "COMMANDLINE":
            continue
        values = list(_texts(context.params.get(each.name)))
        if each.param_type_name == "argument":
            arguments += [value for value in values if value is not None]
            continue
        name = max(each.opts, key=len)
        if name not in OF_THE_OUTPUT:
            options += [(name, value) for value in values]
    _TYPED.set(
        {
            "command": context.command.name or "",
            "arguments": tuple(arguments),
            "options": tuple(options),
        }
    )


def _texts(value: object) -> Iterator[str | None]:
    """The value as it is typed, once for each time; None for a switch."""
    if value is True:
        yield None
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, Enum):
        yield str(value.value)
    elif isinstance(value, float):
        yield f"{value:g}"
    elif value is not None and value is not False:
        yield str(value)
