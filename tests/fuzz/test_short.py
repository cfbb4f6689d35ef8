"""A few hundred hostile cases of every kind, always the same ones; ``make fuzz`` runs the rest."""

from random import Random

import pytest

from tests.fuzz.kinds import KINDS

CASES = 60


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hostile_escapes(kind: str) -> None:
    ended = [KINDS[kind](Random(f"{kind}/0/{number}")) for number in range(CASES)]
    assert len(ended) == CASES
    assert len(set(ended)) > 1, "every case ended the same way: what is attacked is not reached"
