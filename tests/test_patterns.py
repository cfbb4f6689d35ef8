"""Patterns that are compiled late are those that would have been compiled at once."""

import copy
import pickle
import re
from importlib import import_module
from pathlib import Path

import cf525
from cf525.patterns import lazy_pattern

PACKAGE = Path(cf525.__file__).parent


def test_a_pattern_answers_as_the_compiled_one() -> None:
    late, now = (
        lazy_pattern(r"(?P<a>\d+)-x", re.IGNORECASE),
        re.compile(r"(?P<a>\d+)-x", re.IGNORECASE),
    )
    for text in ("12-X", "x12-x", "none"):
        for method in ("match", "search", "fullmatch"):
            found, wanted = getattr(late, method)(text), getattr(now, method)(text)
            assert (found and found.span()) == (wanted and wanted.span())
    assert late.sub("_", "1-x 2-X") == now.sub("_", "1-x 2-X")
    assert (late.pattern, late.flags, late.groups) == (now.pattern, now.flags, now.groups)


def test_a_copy_and_what_another_process_gets_is_the_pattern() -> None:
    late = lazy_pattern("a+", re.IGNORECASE)
    for each in (copy.deepcopy(late), pickle.loads(pickle.dumps(late))):
        assert each == re.compile("a+", re.IGNORECASE)


def test_every_pattern_of_the_package_compiles() -> None:
    found = 0
    for path in PACKAGE.rglob("*.py"):
        if "= lazy_pattern(" in path.read_text():
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            for each in vars(import_module(".".join(parts))).values():
                if type(each).__name__ == "lazy_pattern":
                    found += bool(each.pattern)
    assert found > 100
