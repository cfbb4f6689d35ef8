"""Values: the frozen dataclasses of this package, whose methods are made when first needed.

``dataclasses`` compiles six methods for each class as it is defined, a millisecond a class: of two
hundred classes a run uses a part, and waited for all. Here the fields are worked out at once and
the methods, the same ones from the same library, with the first value. Other dataclasses are left
to the library.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, **given):
        """As ``dataclasses.dataclass``; ``frozen=True, slots=True`` is what is put off."""

        def made(cls: type) -> type:
            if set(given) - {"kw_only"} == {"frozen", "slots"}:
                return _value(cls, kw_only=given.get("kw_only", False))
            return dataclasses.dataclass(cls, **given)

        return made if cls is None else made(cls)


T = TypeVar("T")
_METHODS: Final = ("__init__", "__repr__", "__eq__", "__hash__")
_COPIED: Final = ("default", "default_factory", "init", "repr", "hash", "compare", "kw_only")


def _value(cls: type[T], *, kw_only: bool) -> type[T]:
    own = {name for name in _METHODS if name in vars(cls)}
    made: Any = dataclasses.dataclass(
        init=False, repr=False, eq=False, slots=True, kw_only=kw_only
    )(cls)
    for name in _METHODS:
        if name not in own:
            setattr(made, name, _first(made, name))
    made.__setattr__ = _refuse_to_set
    made.__delattr__ = _refuse_to_delete
    made.__getstate__ = _state
    made.__setstate__ = _restore
    return made


def _first(cls: Any, name: str) -> Callable[..., Any]:
    """A method that makes the real ones of its class, and takes its place."""

    def method(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        _complete(cls)
        return getattr(cls, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _complete(cls: Any) -> None:
    """Give a class the methods that ``dataclasses`` makes for one with the same fields."""
    after = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    twin: Any = dataclasses.make_dataclass(
        cls.__name__,
        [
            (each.name, each.type, dataclasses.field(**{k: getattr(each, k) for k in _COPIED}))
            for each in dataclasses.fields(cls)
        ],
        namespace=after,
        frozen=True,
    )
    for name in _METHODS:
        if vars(cls)[name].__module__ == __name__:
            setattr(cls, name, getattr(twin, name))


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)
