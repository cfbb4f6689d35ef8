"""Encryption modes as the API, the dashboard and people write them."""

import pytest

from cf525.edge.modes import NAMES, SPELLINGS, read_mode


@pytest.mark.parametrize("mode", NAMES)
def test_every_mode_is_read_as_the_api_and_as_the_dashboard_write_it(mode: str) -> None:
    assert read_mode(mode) == mode
    assert read_mode(mode.upper()) == mode
    assert read_mode(NAMES[mode]) == mode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("full-strict", "strict"),
        ("full_strict", "strict"),
        ("Full Strict", "strict"),
        ("FULL", "full"),
        (" Flexible ", "flexible"),
        ("SSL-Only Origin Pull", "origin_pull"),
        ("Origin Pull", "origin_pull"),
        ("Off", "off"),
    ],
)
def test_people_write_them_in_many_ways(text: str, mode: str) -> None:
    assert read_mode(text) == mode


@pytest.mark.parametrize("text", ["", "half", "fullish", "full2", "strict full", "unknown"])
def test_what_is_no_mode_is_none(text: str) -> None:
    assert read_mode(text) is None


def test_every_spelling_means_a_mode_there_is() -> None:
    assert set(SPELLINGS.values()) == set(NAMES)
