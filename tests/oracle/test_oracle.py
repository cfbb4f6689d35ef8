"""The product beside BoringSSL: a fixed draw of origins, and the draw itself."""

from pathlib import Path

import pytest

from cf525.model import Confidence
from tests.oracle.comparison import KNOWN, compared
from tests.oracle.origins import Workshop, drawn


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


@pytest.mark.parametrize("block", range(12))
def test_boringssl_says_the_same_of_origins_drawn_at_random(
    block: int, workshop: Workshop, tmp_path: Path
) -> None:
    for seed in range(10 * block, 10 * block + 10):
        for pair in compared(workshop, tmp_path, seed):
            assert pair.agrees or pair.known, str(pair)


# Seeds found by ``python -m tests.oracle``, each for what it once showed.
TELLING = {
    101723: "a signature of P-521 alone, on another key",
    100137: "expired, and everything else right",
}


@pytest.mark.parametrize("seed", TELLING)
def test_what_rests_on_more_than_public_boringssl_is_not_certain(
    seed: int, workshop: Workshop, tmp_path: Path
) -> None:
    beyond = next(iter(KNOWN))
    for pair in compared(workshop, tmp_path, seed):
        assert pair.agrees or pair.known, str(pair)
        if pair.known == beyond:
            assert pair.status.confidence is not Confidence.HIGH


def test_every_known_difference_names_its_source() -> None:
    assert all(len(row.source) > 40 for row in KNOWN.values())


def test_a_seed_always_draws_the_same_origin() -> None:
    assert drawn(7) == drawn(7)
    assert len({str(drawn(seed)) for seed in range(100)}) == 100
