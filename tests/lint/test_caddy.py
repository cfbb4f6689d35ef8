"""Caddy: the JSON of a Caddyfile foretells what BoringSSL meets, and the Caddyfile's line."""

from pathlib import Path

import pytest

from tests.lint import kinds_trees
from tests.lint.caddy_trees import JSON_TREES, TREES
from tests.lint.trees import Tree, assert_held_to_the_wire, caddy_command, caddy_json_command

pytestmark = pytest.mark.realserver


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_files_foretell_what_the_wire_shows(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert_held_to_the_wire(tree, tmp_path, "Caddyfile", caddy_command)


@pytest.mark.parametrize("tree", JSON_TREES, ids=str)
def test_the_json_foretells_what_the_wire_shows(tree: Tree, tmp_path: Path) -> None:
    assert_held_to_the_wire(tree, tmp_path, "caddy.json", caddy_json_command)


@pytest.mark.parametrize("tree", [*TREES, *JSON_TREES, *kinds_trees.CADDY], ids=str)
def test_no_tree_makes_caddy_change_what_the_machine_trusts(tree: Tree) -> None:
    """Caddy puts a root of its own among the system's as soon as it has to issue by itself."""
    for name, content in tree.files.items():
        if name.startswith("Caddyfile"):
            assert "skip_install_trust" in str(content)
        elif name == "caddy.json":
            assert '"automatic_https": {"disable": true}' in str(content)
            assert "internal" not in str(content)
