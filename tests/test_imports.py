"""No order of imports may be a circle: a command imports what it needs when it runs, so that any
module may be the first. Read from the sources, by what Python runs on the way to a module.
"""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import cf525
from tests.sources import parsed

PACKAGE = Path(cf525.__file__).parent


def sources() -> dict[str, str]:
    """The text of every module of the package, by its name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text()
    return found


def order(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The modules, each after what it imports as it starts. Raises CycleError."""
    return tuple(
        TopologicalSorter({name: set(_before(name, texts)) for name in texts}).static_order()
    )


def _before(module: str, texts: Mapping[str, str]) -> Iterator[str]:
    running = {module, *_above(module)}
    for name in _imported(parsed(texts[module]), texts):
        if name != module:
            yield name
        yield from (each for each in _above(name) if each not in running)


def _imported(tree: ast.AST, texts: Mapping[str, str]) -> Iterator[str]:
    for node in _at_start(tree):
        if isinstance(node, ast.Import):
            named = [each.name for each in node.names]
        else:
            below = {each.name: f"{node.module}.{each.name}" for each in node.names}
            named = [full if full in texts else str(node.module) for full in below.values()]
        yield from (name for name in named if name in texts)


def _at_start(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements that run when the module does."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _at_start(ast.Module(node.orelse, []))
        else:
            yield from _at_start(node)


def _above(module: str) -> Iterator[str]:
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def test_every_module_can_be_the_first_to_be_imported() -> None:
    texts = sources()
    assert len(order(texts)) == len(texts) > 300


@pytest.mark.parametrize(
    "texts",
    [
        {"a": "", "a.b": "import a.c", "a.c": "from a.b import x"},
        {"a": "", "b": "from c.d import x", "c": "import b", "c.d": ""},
        {"a": "from a.b import x", "a.b": "from a import y"},
    ],
    ids=["each other", "by a package on the way", "the package's own names"],
)
def test_a_circle_is_seen(texts: dict[str, str]) -> None:
    with pytest.raises(CycleError):
        order(texts)


@pytest.mark.parametrize(
    "texts",
    [
        {"a": "", "a.b": "def f():\n    import a.c", "a.c": "from a.b import x"},
        {"a": "from a.b import x", "a.b": "import a.c", "a.c": ""},
    ],
    ids=["in a function", "a package that gathers"],
)
def test_what_is_none_is_not_called_one(texts: dict[str, str]) -> None:
    assert len(order(texts)) == len(texts)
