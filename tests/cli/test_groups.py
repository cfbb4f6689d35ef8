"""Groups of options: spread into a command's signature, and handed back as groups."""

import inspect
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, get_args

import pytest
import typer
from typer.testing import CliRunner

from cf525.cli.groups import Group, PanelledCommand, grouped


@dataclass(frozen=True, kw_only=True)
class Colour(Group):
    panel: ClassVar[str] = "Colours"

    paint: Annotated[list[str], typer.Option("--paint", help="A paint.")] = field(
        default_factory=list
    )
    shade: Annotated[int, typer.Option("--shade", help="How dark.")] = 3


@dataclass(frozen=True, kw_only=True)
class DarkColour(Colour):
    shade: Annotated[int, typer.Option("--shade", help="How dark.")] = 9


@dataclass(frozen=True, kw_only=True)
class House(Group):
    panel: ClassVar[str] = "House"

    colour: DarkColour
    floors: Annotated[int, typer.Option("--floors", help="How high.")] = 1


def built(*arguments: str) -> tuple[str, list[Any]]:
    seen: list[Any] = []
    app = typer.Typer(rich_markup_mode=None)

    @app.command(cls=PanelledCommand)
    @grouped
    def build(place: str, house: House, fence: bool = False) -> None:
        """Build it."""
        seen.extend((place, house, fence))

    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output, seen


def test_a_command_gets_its_groups_with_what_was_given() -> None:
    _, seen = built("here", "--paint", "red", "--paint", "blue", "--floors", "2", "--fence")
    assert seen == [
        "here", House(colour=DarkColour(paint=["red", "blue"], shade=9), floors=2), True,
    ]  # fmt: skip


def test_what_is_not_given_has_the_default_of_the_group_that_says_it_last() -> None:
    assert built("here")[1] == ["here", House(colour=DarkColour()), False]
    assert DarkColour().shade == 9


def test_help_shows_each_group_under_its_own_heading() -> None:
    shown = built("--help")[0]
    places = [shown.index(each) for each in ("Colours:", "--paint", "House:", "--floors")]
    assert places == sorted(places)
    assert shown.index("--fence") > shown.index("Options:")


def test_the_signature_is_flat_and_names_every_type() -> None:
    @grouped
    def build(place: str, house: House) -> None: ...

    signature = inspect.signature(build)
    assert list(signature.parameters) == ["place", "paint", "shade", "floors"]
    assert build.__name__ == "build"
    assert build.__annotations__["place"] is str


def test_a_group_may_be_called_like_one_of_its_options() -> None:
    @grouped
    def build(shade: Colour) -> Colour:
        return shade

    assert build(paint=[], shade=4) == Colour(shade=4)
    assert get_args(build.__annotations__["shade"])[0] is int


def test_two_groups_cannot_claim_one_option() -> None:
    def build(one: Colour, other: DarkColour) -> None: ...

    with pytest.raises(TypeError, match="paint twice"):
        grouped(build)


def test_a_field_that_is_no_option_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Plain(Group):
        name: str = ""

    def build(plain: Plain) -> None: ...

    with pytest.raises(TypeError, match=r"Plain\.name"):
        grouped(build)
