"""The table of formats: complete, unambiguous, and cheap to read."""

import subprocess
import sys

import pytest

from cf525.report import formats
from cf525.report.formats import KINDS, Layout, find, form, formats_of, of_suffix


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_result_has_a_format(kind: str) -> None:
    assert formats_of(kind)
    assert len({each.name for each in formats_of(kind)}) == len(formats_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_suffix_means_one_format_of_a_kind(kind: str) -> None:
    suffixes = [suffix for each in formats_of(kind) for suffix in each.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for suffix in suffixes:
        assert suffix.startswith(".")
        assert of_suffix(kind, suffix.upper()) == of_suffix(kind, suffix) is not None


def test_a_name_belongs_to_a_kind() -> None:
    assert find("audit", "sarif") is not None
    assert find("report", "sarif") is None
    assert of_suffix("report", ".sarif") is None
    assert formats.belonging(".sarif") == "sarif"
    assert formats.belonging(".new") == ""


def test_a_format_is_registered_once_and_for_a_kind_there_is() -> None:
    def nothing(result: object, layout: Layout) -> tuple[str, ...]:
        return ()

    for kind, name in (("report", "text"), ("weather", "text")):
        with pytest.raises(ValueError, match=kind):
            form(kind, name=name, suffixes=())(nothing)


def test_the_table_imports_no_renderer() -> None:
    code = "import sys, cf525.report.formats; print([m for m in sys.modules if 'cf525.' in m])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "cf525.report.formats" in shown
    for heavy in ("cf525.report.text", "cf525.model", "cf525.report.plain"):
        assert heavy not in shown
