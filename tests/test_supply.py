"""The lock is whole and fits what is declared; the bill of materials follows it and its schema."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tests.supply import LOCK, Package, bill, judged, locked

PACKAGES = locked(LOCK.read_text("utf-8"))
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))[
    "project"
]
DECLARED = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["lint"]]


@pytest.mark.parametrize("declared", DECLARED)
def test_what_is_declared_is_locked_in_a_version_that_fits(declared: str) -> None:
    wanted = Requirement(declared)
    versions = [each.version for each in PACKAGES if each.name == wanted.name.lower()]
    assert versions, f"make lock: {wanted.name} is not in the lock"
    assert all(wanted.specifier.contains(each) for each in versions), "make lock"


def test_every_package_is_held_by_hashes_and_no_host_is_named() -> None:
    assert len(PACKAGES) > 20
    assert all(each.hashes for each in PACKAGES)
    assert not re.search(r"://|index-url|find-links", LOCK.read_text("utf-8"))


def test_the_bill_of_materials_follows_its_schema_and_the_lock() -> None:
    made = bill(PACKAGES)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None
    assert len({each["bom-ref"] for each in made["components"]}) == len(PACKAGES)
    assert {each["name"] for each in made["components"]} == {each.name for each in PACKAGES}


def test_a_line_that_is_none_of_a_lock_is_refused() -> None:
    text = "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "0" * 64 + "\n"
    assert locked(text) == (Package("a", "1", "sys_platform == 'win32'", ("0" * 64,)),)
    with pytest.raises(ValueError, match="no line"):
        locked(text + "--index-url x\n")


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        ("", 0, "NOT audited"),
        ('{"dependencies": [{"name": "a", "skip_reason": "not found"}]}', 0, "NOT audited"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "1 packages without"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X"}]}]}', 1, "a 1: X"),
    ],
)
def test_what_could_not_be_looked_up_is_never_called_clean(
    answer: str, status: int, sentence: str
) -> None:
    found = judged(answer, 1, "ERROR: no network")
    assert found[0] == status
    assert sentence in found[1]
