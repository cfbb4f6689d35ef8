"""Rights stand once: the readings, the recipe and the README speak of the same ones."""

import re
from pathlib import Path

from cf525.account.readings import READINGS
from cf525.account.rights import CORE, USES, Purpose, Right, recipe, rights_for

ROOT = Path(__file__).parents[2]


def test_every_right_has_one_use_and_the_recipe_names_it_once() -> None:
    assert [use.right for use in USES] == list(Right)
    names = re.split(r"[:.,] ?", recipe().replace("Balancing: ", "Balancing; "))
    for right in Right:
        assert names.count(right.replace("Balancing: ", "Balancing; ")) == 1


def test_what_is_read_for_routes_needs_rights_that_the_table_gives_for_them() -> None:
    needed = {Right(reading.needs) for reading in READINGS}
    assert needed <= set(rights_for(Purpose.CORE, Purpose.ROUTES))


def test_the_rights_of_since_are_in_the_recipe() -> None:
    since = recipe(rights_for(Purpose.SINCE))
    for right in (Right.ACCOUNT_SETTINGS, Right.HEALTH_CHECKS, Right.USER_DETAILS):
        assert right in since


def test_no_other_file_spells_a_right_out() -> None:
    for file in (ROOT / "cf525").rglob("*.py"):
        if file.name == "rights.py":
            continue
        text = file.read_text("utf-8")
        spelled = [right for right in Right if f'"{right}"' in text or f"token {right}" in text]
        assert not spelled, file


def test_the_guide_names_the_core_and_no_right_that_does_not_exist() -> None:
    text = (ROOT / "docs" / "guide.md").read_text("utf-8")
    named = {" ".join(each.split()) for each in re.findall(r"\*([^*]+? Read)\*", text)}
    assert set(CORE) <= named
    assert named <= set(Right)
