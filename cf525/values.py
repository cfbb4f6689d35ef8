"""Values: the frozen dataclasses of this package, whose methods are made when first needed.

``dataclasses`` compiles six methods for each class as it is defined, a millisecond a class: of two
hundred classes a run uses a part, and waited for all. Here the fields are worked out at once and
the methods with the first value. Other dataclasses are left to the library.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **given):
        """As ``dataclasses.dataclass``; what is ``frozen=True`` and no more is put off."""

        def made(cls: type) -> type:
            if set(given) - {"kw_only", "slots"} == {"frozen"}:
                return _value(cls, **{"kw_only": False, "slots": False, **given})
            return dataclasses.dataclass(cls, **given)

        return made if cls is None else made(cls)


T = TypeVar("T")
_COPIED: Final = ("default", "default_factory", "init", "repr", "hash", "compare", "kw_only")
_METHODS: Final[Mapping[str, Mapping[str, Any]]] = {
    "__repr__": {"init": False, "eq": False},
    "__eq__": {"init": False, "repr": False},
    "__hash__": {"init": False, "eq": False, "repr": False, "unsafe_hash": True},
}
"""What is asked of the library to get each method alone."""


def _value(cls: type[T], *, frozen: bool, slots: bool, kw_only: bool) -> type[T]:
    own = vars(cls).keys() & {"__init__", *_METHODS}
    if cls.__doc__ is None:
        cls.__doc__ = f"{cls.__name__}()"  # what is composed there too, at length
    assert frozen
    made: Any = dataclasses.dataclass(
        init=False, repr=False, eq=False, slots=slots, kw_only=kw_only
    )
    made = made(cls)
    assert all(each.init for each in dataclasses.fields(made)), f"{cls.__name__}: init=False"
    for name in {"__init__", *_METHODS} - own:
        setattr(made, name, _put_off(made, name))
    made.__setattr__, made.__delattr__ = _refuse, _refuse
    if slots:
        made.__getstate__, made.__setstate__ = _state, _restore
    value: type[T] = made
    return value


def _put_off(cls: Any, name: str) -> Callable[..., Any]:
    """A method that makes the real one of its class, which takes its place."""

    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        setattr(cls, name, _init(cls) if name == "__init__" else _real(cls, name))
        return getattr(cls, name)(self, *args, **kwargs)

    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _init(cls: Any) -> Callable[..., None]:
    """What ``dataclasses`` makes of the fields, in one step: there it is three for a frozen class,
    and a run needs it of a hundred."""
    known: dict[str, Any] = {"put": object.__setattr__, "MISSING": dataclasses.MISSING}
    given: dict[bool, list[str]] = {False: ["self"], True: []}
    lines = []
    for each in dataclasses.fields(cls):
        name, value = each.name, each.name
        known[f"default_{name}"] = each.default
        if each.default_factory is not dataclasses.MISSING:
            known[f"make_{name}"] = each.default_factory
            value = f"make_{name}() if {name} is MISSING else {name}"
        optional = f"{name}=default_{name}" if _has_default(each) else name
        given[bool(each.kw_only)].append(optional)
        lines.append(f"put(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    named = ["*", *given[True]] if given[True] else []
    text = f"def __init__({', '.join([*given[False], *named])}):\n "
    exec(text + "\n ".join(lines or ["pass"]), known)  # noqa: S102  # the names of our own fields
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _has_default(each: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return each.default is not missing or each.default_factory is not missing


def _real(cls: Any, name: str) -> Callable[..., Any]:
    """The method that ``dataclasses`` makes for a class with the same fields."""
    after: dict[str, Any] = {"__doc__": cls.__doc__ or name}  # or it is composed, at length
    if hasattr(cls, "__post_init__"):
        after["__post_init__"] = cls.__post_init__
    fields = [
        (each.name, each.type, dataclasses.field(**{of: getattr(each, of) for of in _COPIED}))
        for each in dataclasses.fields(cls)
    ]
    twin = dataclasses.make_dataclass(cls.__name__, fields, namespace=after, **_METHODS[name])
    made: Callable[..., Any] = getattr(twin, name)
    return made


def _refuse(self: object, name: str, _: object = None) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
