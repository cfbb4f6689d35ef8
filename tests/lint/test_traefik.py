"""Traefik: what its files foretell is what BoringSSL meets, and the patch heals."""

from pathlib import Path

import pytest

from tests.lint.traefik_trees import TREES
from tests.lint.trees import Tree, assert_held_to_the_wire, traefik_command

pytestmark = pytest.mark.realserver


@pytest.mark.parametrize("tree", TREES, ids=str)
def test_the_files_foretell_what_the_wire_shows(tree: Tree, tmp_path: Path) -> None:
    assert_held_to_the_wire(tree, tmp_path, "traefik.yml", traefik_command, "internal-recovery")
