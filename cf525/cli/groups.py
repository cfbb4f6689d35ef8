"""Groups of options: dataclasses whose fields are a command's options, each written down once.

``grouped`` spreads the groups that a command takes into the flat signature from which Typer makes
its options, and hands the command the groups again. A group builds its own part of what a job
wants and raises UsageError for what makes no sense; nothing here knows what the options mean.

    @dataclass(frozen=True, kw_only=True)
    class Where(Group):
        panel: ClassVar = "Where to look"

        mode: Annotated[str | None, typer.Option("--mode", help="...")] = None

    @grouped
    def route(target: TargetArgument, where: Where) -> int: ...

A group may hold groups, and may inherit another's options and give them other defaults.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, Field, fields
from functools import wraps
from math import isfinite
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from typer.core import TyperCommand, TyperGroup
from typer.models import OptionInfo

from cf525.cli import invocation
from cf525.errors import UsageError

R = TypeVar("R")
G = TypeVar("G", bound="Group")


class Group:
    """Base of every group. ``panel`` is the heading over its options in the help."""

    panel: ClassVar[str] = "Options"

    @classmethod
    def described(cls, name: str, option: OptionInfo) -> OptionInfo:
        """The option of a field as the help shows it; a group may say more about its own."""
        del name
        return option


def grouped(command: Callable[..., R]) -> Callable[..., R]:
    """The command with its groups spread out, for Typer to register."""
    own = inspect.signature(command).parameters
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint) and name in own}
    flat: dict[str, inspect.Parameter] = {}
    for name, parameter in own.items():
        alone = parameter.replace(annotation=hints.get(name, parameter.annotation))
        for each in _spread(groups[name]) if name in groups else (alone,):
            if each.name in flat:
                raise TypeError(f"{command.__name__} has the option {each.name} twice")
            flat[each.name] = each.replace(kind=inspect.Parameter.KEYWORD_ONLY)

    @wraps(command)
    def spread_out(**values: Any) -> R:
        for name, value in values.items():
            if isinstance(value, float) and not isfinite(value):
                raise UsageError(f"--{name.replace('_', '-')} {value} is no finite number")
        rest = {name: value for name, value in values.items() if name in own and name not in groups}
        made = {name: gathered(group, values) for name, group in groups.items()}
        return command(**rest, **made)

    del spread_out.__wrapped__  # its signature is the one below
    spread_out.__signature__ = inspect.Signature(list(flat.values()))  # type: ignore[attr-defined]
    spread_out.__annotations__ = {each.name: each.annotation for each in flat.values()}
    return spread_out


def gathered(group: type[G], values: Mapping[str, Any]) -> G:
    """The group with its options' values out of all that a command was given."""
    hints = _hints(group)
    parts = {
        each.name: gathered(hints[each.name], values)
        if _is_group(hints[each.name])
        else values[each.name]
        for each in _fields(group)
    }
    return group(**parts)


def _spread(group: type[Group]) -> Iterator[inspect.Parameter]:
    """The group's options as parameters, those of the groups within it among them."""
    hints = _hints(group)
    for each in _fields(group):
        hint = hints[each.name]
        if _is_group(hint):
            yield from _spread(hint)
        else:
            yield inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(each),
                annotation=_annotation(group, each.name, hint),
            )


def _annotation(group: type[Group], name: str, hint: Any) -> Any:
    """The hint with the option's description under the panel of its group."""
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{group.__name__}.{name} is neither an option nor a group")
    kind, option = get_args(hint)
    option = group.described(name, copy(option))
    option.rich_help_panel = group.panel
    return Annotated[kind, option]


def _default(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    if each.default_factory is not MISSING:
        return each.default_factory()
    raise TypeError(f"the option {each.name} has no default")


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Group)


def _fields(group: type[Group]) -> tuple[Field[Any], ...]:
    return fields(group)  # type: ignore[arg-type]  # every group is a dataclass


def _hints(group: type[Group]) -> dict[str, Any]:
    return get_type_hints(group, include_extras=True)


class _Panels:
    """Help with a section for each panel; plain, as rich would double the time it takes."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for each in self.get_params(ctx):  # type: ignore[attr-defined]
            record = each.get_help_record(ctx)
            if record is not None:
                argument = each.param_type_name == "argument"
                panel = getattr(each, "rich_help_panel", None) or "Options"
                sections.setdefault("Arguments" if argument else panel, []).append(record)
        last = sections.pop("Options", [])
        for title, records in (*sections.items(), ("Options", last)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class PanelledCommand(_Panels, TyperCommand):
    """A command whose help shows its options by group. What was typed is kept for the next."""

    def invoke(self, ctx: Any) -> Any:
        invocation.keep(ctx)
        return super().invoke(ctx)


class PanelledGroup(_Panels, TyperGroup):
    """A command with further commands below it, whose help shows its options by group."""

    def invoke(self, ctx: Any) -> Any:
        invocation.keep(ctx)
        return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)
