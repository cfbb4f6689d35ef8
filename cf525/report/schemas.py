"""The JSON Schema (2020-12) of everything that is printed as JSON, from the types themselves.

Apart from ``plain``, which every run needs, as this names the types of all commands.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from cf525.model import AUDIT_SCHEMA, SCHEMA, Alert, AuditReport, Report, Status
from cf525.model.failure import FAILURE_SCHEMA, Failure
from cf525.model.fix import (
    ENTRY_SCHEMA,
    OFFERS_SCHEMA,
    PLAN_SCHEMA,
    RESULT_SCHEMA,
    FixEntry,
    FixPlan,
    FixResult,
    Offers,
)
from cf525.report.plain import NAMES, hints

PRINTED: Final[Mapping[type, tuple[str, str]]] = {
    Report: (SCHEMA, "report"),
    AuditReport: (AUDIT_SCHEMA, "audit"),
    Failure: (FAILURE_SCHEMA, "error"),
    FixPlan: (PLAN_SCHEMA, "plan"),
    FixResult: (RESULT_SCHEMA, "fix-result"),
    FixEntry: (ENTRY_SCHEMA, "fix"),
    Offers: (OFFERS_SCHEMA, "remedies"),
}
"""What is printed as JSON, with its schema's name and title."""


def json_schema(kind: type[Any] = Report) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one of these."""
    schema, title = PRINTED[kind]
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    report = definitions.pop(root["$ref"].rpartition("/")[2])
    report["properties"]["schema"] = {"const": schema}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{schema.replace('/', ':')}",
        "title": f"cf525 {title}",
        **report,
        "$defs": definitions,
    }


_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    Status: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    object: {},
    datetime: {"type": "string", "format": "date-time"},
}


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    if origin in (Union, UnionType):
        choices = [_schema(each, definitions) for each in arguments if each is not NoneType]
        null = [{"type": "null"}] if NoneType in arguments else []
        return {"anyOf": [*choices, *null]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments[-1] is Ellipsis:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is tuple:
        items = [_schema(each, definitions) for each in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [each.value for each in hint]}
    return _object_schema(hint, definitions)


def _object_schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # stands in while its own members are described
        types = hints(kind)
        properties = {each.name: _schema(types[each.name], definitions) for each in fields(kind)}
        for member in NAMES.get(kind, {}):
            properties[f"{member}_name"] = {"type": ["string", "null"]}
        if kind is Alert:
            properties["name"] = {"type": "string"}
        definitions[name] = {
            "type": "object",
            "description": (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " "),
            "properties": properties,
            "required": sorted(properties),
        }
    return {"$ref": f"#/$defs/{name}"}
