"""Tests that share a world run in one process: under xdist their group is a part of their name."""

import os

import pytest


@pytest.mark.xdist_group("demo")
def test_a_group_is_kept_together(request: pytest.FixtureRequest) -> None:
    """Else every process makes every world, and ports and time are spent for nothing."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    assert alone or request.node.nodeid.endswith("@demo")
