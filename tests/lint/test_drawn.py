"""Random configurations against the wire: a few in every run, any number by ``python -m``."""

import pytest

from tests.lint.__main__ import KINDS, compared

pytestmark = pytest.mark.realserver

BEYOND = "differs only by P-521, which the edge is said to offer and public BoringSSL does not"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_a_random_configuration_is_foretold(kind: str, seed: int) -> None:
    draw, main, command = KINDS[kind]
    tree = draw(seed)
    beyond = any("secp521r1" in str(text) for text in tree.files.values())
    for mode, (said, met, sure) in compared(tree, main, command).items():
        assert said == met or (beyond and sure != "high"), (mode, tree.files, BEYOND)
