"""What an account would look like with planned writes made: the other half of a prediction.

Pure: for each path that is read, a function from what the API says now to what it would say then.
Which routes follow, and what visitors would get, is for the engine that reads accounts to say.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from cf525.changes import standing
from cf525.changes.standing import rules_of
from cf525.model.fix import FixRequest, RequestKind

Edit: TypeAlias = Callable[[Any], Any]


def edits(requests: Sequence[FixRequest]) -> Mapping[str, Edit]:
    """By the path under the API's base, beginning with a slash, as a client asks for it."""
    found: dict[str, Edit] = {}
    for request in requests:
        path, edit = _edit(request)
        if path:
            before = found.get(path)
            found[path] = edit if before is None else _after(before, edit)
    return found


def _after(first: Edit, then: Edit) -> Edit:
    return lambda result: then(first(result))


def _edit(request: FixRequest) -> tuple[str, Edit]:
    match request.kind:
        case RequestKind.RULE:
            return f"/{request.look}", lambda result: _with_rule(request, result)
        case RequestKind.REMOVAL:
            return f"/{request.look}", lambda result: _without_rule(request, result)
        case RequestKind.CERTIFICATE:
            return "", lambda result: result
        case RequestKind.FIELD if request.field in ("proxied", "origins"):
            # A record and a pool are read from the list they stand in.
            folder, _, id = request.look.rpartition("/")
            return f"/{folder}", lambda rows: _in_list(request, id, rows)
        case RequestKind.FIELD:
            return f"/{request.look}", lambda result: _with_field(request, result)


def _with_rule(request: FixRequest, result: Any) -> Any:
    assert request.body is not None
    own = rules_of(request.body) or [request.body]
    known = result if isinstance(result, Mapping) else {}
    return {**known, "rules": [*rules_of(result), *own]}


def _without_rule(request: FixRequest, result: Any) -> Any:
    gone = standing.rule_of(request, result)
    known = result if isinstance(result, Mapping) else {}
    return {**known, "rules": [each for each in rules_of(result) if each is not gone]}


def _with_field(request: FixRequest, result: Any) -> Any:
    known = result if isinstance(result, Mapping) else {}
    return {**known, request.field: request.after}


def _in_list(request: FixRequest, id: str, rows: Any) -> Any:
    if not isinstance(rows, list | tuple):
        return rows
    return [
        _with_field(request, row) if isinstance(row, Mapping) and row.get("id") == id else row
        for row in rows
    ]
