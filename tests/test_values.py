"""The values of the package behave as the library's frozen dataclasses, made a little later."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from cf525.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A value of each kind of field."""

    name: str
    counts: tuple[int, ...] = ()
    seen: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    hidden: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """The same, from the library."""

    name: str
    counts: tuple[int, ...] = ()
    seen: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    hidden: str = dataclasses.field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Below(Late):
    """One more field, and a method of its own."""

    more: int = 0

    def __post_init__(self) -> None:
        if self.more < 0:
            raise ValueError("less than nothing")

    def __repr__(self) -> str:
        return "below"


def test_a_value_is_what_the_library_makes_of_it() -> None:
    given: dict[str, Any] = {"name": "a", "counts": (1,), "hidden": "x"}
    late: Any = Late(**given)
    early: Any = Early(**given)
    assert repr(late) == repr(early).replace("Early", "Late")
    assert late == Late(**given) != Late(**{**given, "name": "b"})
    assert (late == early, late == Late(**given, seen={"a": 1})) == (
        False,
        True,
    )
    assert hash(late) == hash(early)
    assert dataclasses.asdict(late) == dataclasses.asdict(early)
    assert dataclasses.replace(late, name="c").name == "c"
    assert not hasattr(late, "__dict__")


@pytest.mark.parametrize("kind", [Late, Early])
def test_what_is_wrong_is_refused_as_there(kind: Any) -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        kind()
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        kind(name="", other=1)
    with pytest.raises(TypeError, match="positional"):
        kind("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind(name="").name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del kind(name="").name


def test_a_value_survives_a_copy_and_another_process() -> None:
    value = Below(name="a", seen={"b": 1}, more=3)
    assert pickle.loads(pickle.dumps(value)) == value == copy.deepcopy(value)
    assert copy.copy(value).seen == {"b": 1}


def test_what_a_class_has_of_its_own_stays() -> None:
    assert repr(Below(name="a", more=1)) == "below"
    with pytest.raises(ValueError, match="less than nothing"):
        Below(name="a", more=-1)
    assert Below(name="a", more=1) != Below(name="a", more=2)
