"""Some hostile cases of every kind, always the same ones; ``make fuzz`` runs as many as one likes."""

from random import Random

import pytest

from tests.fuzz.kinds import KINDS

CASES = {"records": 250, "wire": 450, "handshakes": 350, "http": 200, "dns": 8}
OTHERS = 80


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hostile_escapes(kind: str) -> None:
    count = CASES.get(kind, OTHERS)
    ended = [KINDS[kind](Random(f"{kind}/0/{number}")) for number in range(count)]
    assert len(ended) == count
    assert len(set(ended)) > 1, "every case ended the same way: what is attacked is not reached"


ESCAPED = ("configurations/20261129/42063", "certificates/20261129/1213")
"""Cases of long runs that raised what no caller waits for; their seeds draw them again."""


@pytest.mark.parametrize("seed", ESCAPED)
def test_what_once_escaped_is_held(seed: str) -> None:
    assert KINDS[seed.partition("/")[0]](Random(seed))
