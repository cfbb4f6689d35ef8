"""The report as JSON: to plain data and back again; ``schemas`` describes it.

All three read the same type hints of the model, so they cannot part. Bytes are base64, times are
RFC 3339 in UTC, code points of TLS stand as numbers with their name beside them. Lists are never
null. Where a member may be of several types, each of them bears its ``kind``.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from cf525.model import Alert, Http2End, ServerHello, Status
from cf525.model.registry import (
    group_name,
    http2_error_name,
    signature_scheme_name,
    suite_name,
    version_name,
)
from cf525.report.escape import in_json

if TYPE_CHECKING:
    from cf525.model import AuditReport, Report

T = TypeVar("T")

NAMES: dict[type, dict[str, Callable[[int], str]]] = {
    ServerHello: {
        "version": version_name,
        "suite": suite_name,
        "group": group_name,
        "signature_scheme": signature_scheme_name,
    },
    Http2End: {"code": http2_error_name},
    Alert: {},
}
"""Fields that hold a code point, and the registry that names it."""


def to_json(report: "Report | AuditReport") -> str:
    """One report, of a host or of an audit, as indented JSON with a final newline."""
    return in_json(json.dumps(to_plain(report), indent=2, ensure_ascii=False)) + "\n"


def to_plain(value: object) -> Any:
    """Dictionaries, lists, strings, numbers, booleans and None."""
    kind = type(value)
    encoder = _ENCODERS.get(kind)
    if encoder is None:
        encoder = _ENCODERS[kind] = _encoder(kind)
    return encoder(value)


_ENCODERS: dict[type, Callable[[Any], Any]] = {}
_PLAIN_ALREADY: Final = frozenset((NoneType, bool, int, str))
"""Most of the members of most objects: to call for each of them would take most of the time."""


def _encoder(kind: Any) -> Callable[[Any], Any]:
    """How values of exactly this type become plain data: decided once, as there are millions."""
    if is_dataclass(kind):
        return _object_encoder(kind)
    if issubclass(kind, bytes):
        return lambda value: b64encode(value).decode("ascii")
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, datetime):
        return lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_plain(each) for key, each in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [
            each if type(each) in _PLAIN_ALREADY else to_plain(each) for each in value
        ]
    if issubclass(kind, float):
        return lambda value: round(value, 3)
    if issubclass(kind, str):
        return str
    return lambda value: value


def _object_encoder(kind: Any) -> Callable[[Any], Any]:
    names = tuple(each.name for each in fields(kind))
    naming = tuple(NAMES.get(kind, {}).items())

    def encode(value: Any) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for name in names:
            each = getattr(value, name)
            plain[name] = each if type(each) in _PLAIN_ALREADY else to_plain(each)
        for name, named in naming:
            code = getattr(value, name)
            plain[f"{name}_name"] = None if code is None else named(code)
        if kind is Alert:
            plain["name"] = value.name
        return plain

    return encode


def from_plain(kind: type[T], plain: Any) -> T:
    """The inverse of :func:`to_plain` for a model type; members it does not know are ignored.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` when the data is not of that type, exactly:
    a file that somebody else wrote must not bring in what no run of this program could.
    """
    hint: Any = kind
    result: T = _builder(hint)(plain)
    return result


@cache
def _builder(hint: Any) -> Callable[[Any], Any]:
    """How data becomes a value of this type: decided once, as a checkpoint has millions."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union_builder(arguments)
    if origin is Literal:
        return lambda plain: _one_of(arguments, plain)
    if origin is tuple:
        return _tuple_builder(arguments)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_builder(arguments[1])
    if is_dataclass(hint):
        return _object_builder(hint)
    if hint is bytes:
        return lambda plain: b64decode(plain, validate=True)
    if hint is datetime:
        return _moment
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if hint in (int, float):
        return lambda plain: _number(hint, plain)

    def build(plain: Any) -> Any:
        if hint is Status and isinstance(plain, str):
            return Status(plain)
        if not isinstance(plain, hint):
            raise TypeError(f"{plain!r:.80} is no {hint.__name__}")
        return plain

    return build


def _union_builder(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    absent = NoneType in arguments

    def build(plain: Any) -> Any:
        if plain is None and absent:
            return None
        return _builder(_of_kind(arguments, plain))(plain)

    return build


def _one_of(choices: tuple[Any, ...], plain: Any) -> Any:
    if plain not in choices:
        raise ValueError(f"{plain!r:.80} is none of {', '.join(map(str, choices))}")
    return plain


def _tuple_builder(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    any_number = len(arguments) == 2 and arguments[1] is Ellipsis

    def build(plain: Any) -> Any:
        if not isinstance(plain, list | tuple):
            raise TypeError(f"{plain!r:.80} is no list")
        if any_number:
            return tuple(map(_builder(arguments[0]), plain))
        return tuple(_builder(each)(value) for each, value in zip(arguments, plain, strict=True))

    return build


def _mapping_builder(hint: Any) -> Callable[[Any], Any]:
    def build(plain: Any) -> Any:
        if not isinstance(plain, Mapping):
            raise TypeError(f"{plain!r:.80} is no object")
        member = _builder(hint)
        return {key: member(each) for key, each in plain.items()}

    return build


def _object_builder(kind: Any) -> Callable[[Any], Any]:
    members: dict[str, Callable[[Any], Any]] = {}

    def build(plain: Any) -> Any:
        if not isinstance(plain, Mapping):
            raise TypeError(f"{plain!r:.80} is no {kind.__name__}")
        if not members:  # not before: a type may be a member of itself
            types = hints(kind)
            members.update((each.name, _builder(types[each.name])) for each in fields(kind))
        return kind(
            **{name: member(plain[name]) for name, member in members.items() if name in plain}
        )

    return build


def _moment(plain: Any) -> datetime:
    moment = datetime.fromisoformat(plain)
    if moment.tzinfo is None:
        raise ValueError(f"{plain!r} names no time zone")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{plain!r} is before all time, or after it") from None
    return moment


MOST: Final = 1 << 63
"""No number of ours is larger, and beyond it arithmetic with floats and dates fails."""


def _number(hint: type, plain: Any) -> int | float:
    whole = isinstance(plain, int) and not isinstance(plain, bool)
    if not whole and not (hint is float and isinstance(plain, float)):
        raise TypeError(f"{plain!r:.80} is no {hint.__name__}")
    if not -MOST <= plain < MOST:  # nor what is no number at all
        raise ValueError(f"{plain!r:.80} is too large")
    return float(plain) if hint is float else int(plain)


def _of_kind(choices: tuple[Any, ...], plain: Any) -> Any:
    """The type of a union that the data is of: the only one there is, or that of its kind."""
    choices = tuple(each for each in choices if each is not NoneType)
    if len(choices) == 1:
        return choices[0]
    for each in choices:
        if plain["kind"] in get_args(hints(each)["kind"]):
            return each
    raise ValueError(f"{plain['kind']!r} is no kind that is known here")


@cache
def hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
