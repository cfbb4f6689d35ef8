"""Apache: what the files foretell is what BoringSSL meets, the line is named, the patch heals."""

from pathlib import Path

import pytest

from tests.lint.apache_trees import TREES
from tests.lint.condition_trees import TREES as CONDITIONS
from tests.lint.refused_trees import TREES as REFUSED
from tests.lint.trees import Tree, apache_command, assert_held_to_the_wire

pytestmark = pytest.mark.realserver


@pytest.mark.parametrize("tree", [*TREES, *CONDITIONS, *REFUSED], ids=str)
def test_the_files_foretell_what_the_wire_shows(tree: Tree, tmp_path: Path) -> None:
    assert_held_to_the_wire(tree, tmp_path, "apache2.conf", apache_command)
