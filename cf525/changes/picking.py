"""What a ``Read`` keeps of the API's answer: as a value, and as the jq filter that does the same.

Both come from one reading of ``pick``, so that the printed commands and whatever applies a
change in code cannot mean different things.
"""

import json
from collections.abc import Iterator, Mapping

from cf525.model import Edit, Read
from cf525.patterns import lazy_pattern
from cf525.values import dataclass

_STEP = lazy_pattern(r"(?P<name>\w+)(?P<list>\[(?:(?P<key>\w+)=(?P<value>[^\]]*))?\])?")


@dataclass(frozen=True, slots=True)
class _Step:
    """A member; of a list all objects, or those whose ``key`` is ``value``."""

    name: str
    each: bool
    key: str
    value: str


def _steps(pick: str) -> Iterator[_Step]:
    at = 0
    while at < len(pick):
        match = _STEP.match(pick, at)
        if match is None:
            raise ValueError(f"{pick!r} leads nowhere")
        yield _Step(
            match["name"], match["list"] is not None, match["key"] or "", match["value"] or ""
        )
        at = match.end() + 1


def picked(read: Read, answer: object) -> list[object]:
    """The values that ``read`` keeps of an answer: none, one, or several where it is ``many``."""
    values: list[object] = [answer]
    for step in _steps(read.pick):
        values = [
            each[step.name] for each in values if isinstance(each, Mapping) and step.name in each
        ]
        if step.each:
            members = [one for each in values if isinstance(each, list | tuple) for one in each]
            values = [each for each in members if not step.key or _is(each, step)]
    values = [each for each in values if each is not None]
    return [_edited(each, read.edit) for each in values] if read.edit is not None else values


def _is(value: object, step: _Step) -> bool:
    return isinstance(value, Mapping) and value.get(step.key) == step.value


def _edited(value: object, edit: Edit) -> object:
    if not isinstance(value, list | tuple):
        return value
    return [
        {**each, edit.field: edit.value}
        if isinstance(each, Mapping) and each.get(edit.where) == edit.equals
        else each
        for each in value
    ]


def jq(read: Read) -> str:
    """The filter that prints what ``read`` keeps; nothing where the answer does not hold it."""
    path, parts = "", []
    for step in _steps(read.pick):
        path += f".{step.name}[]?" if step.each else f".{step.name}"
        if step.key:
            parts += [path, f"select(.{step.key} == {json.dumps(step.value)})"]
            path = ""
    parts += [path] if path else []
    if read.edit is not None:
        edit = read.edit
        parts.append(
            f"map(if .{edit.where} == {json.dumps(edit.equals)} "
            f"then .{edit.field} = {json.dumps(edit.value)} else . end)"
        )
    # "//" would take false for nothing, and a setting may be false.
    return " | ".join([*parts, "select(. != null)"])
