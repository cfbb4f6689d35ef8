"""The interval is the exact one: its bounds leave 2.5 % on either side, by the binomial itself."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cf525.report.beside import sparkline
from cf525.series.statistics import at_least, interval, latency, percentile


def exactly_at_least(count: int, total: int, rate: Fraction) -> float:
    terms = (comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(count, total + 1))
    return float(sum(terms))


@pytest.mark.parametrize(
    ("failures", "total", "low", "high"),
    [  # from tables of Clopper and Pearson's limits
        (0, 10, 0.0, 0.3085),
        (1, 20, 0.0013, 0.2487),
        (5, 10, 0.1871, 0.8129),
        (10, 200, 0.0242, 0.0900),
        (1, 200, 0.0001, 0.0275),
        (20, 20, 0.8316, 1.0),
        (0, 1000, 0.0, 0.0037),
    ],
)
def test_bounds_are_those_of_the_tables(failures: int, total: int, low: float, high: float) -> None:
    assert interval(failures, total) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_each_bound_leaves_its_half_of_the_doubt(pair: tuple[int, int]) -> None:
    failures, total = pair
    low, high = interval(failures, total)
    assert 0.0 <= low <= failures / total <= high <= 1.0
    if failures:
        assert exactly_at_least(failures, total, Fraction(low)) == pytest.approx(0.025, rel=1e-6)
    if failures < total:
        above = exactly_at_least(failures + 1, total, Fraction(high))
        assert 1 - above == pytest.approx(0.025, rel=1e-6)


@given(st.integers(0, 40), st.integers(1, 40), st.fractions(0, 1, max_denominator=97))
def test_the_tail_is_the_binomials(count: int, total: int, rate: Fraction) -> None:
    expected = exactly_at_least(min(count, total + 1), total, rate)
    if count <= total:
        assert at_least(count, total, float(rate)) == pytest.approx(expected, abs=1e-9)


def test_nothing_tried_is_nothing_known() -> None:
    assert interval(0, 0) == (0.0, 1.0)
    assert latency([None, None]) is None
    assert sparkline(()) == ""


def test_latencies_and_their_picture() -> None:
    found = latency([3.0, None, 1.0, 2.0, 100.0])
    assert found is not None
    assert (found.minimum, found.median) == (1.0, 2.5)
    assert found.p95 == pytest.approx(85.45)
    assert percentile([7.0], 0.95) == 7.0
    assert sparkline((1.0, 2.0, 3.0)) == "▁▅█"
    assert sparkline((5.0, 5.0)) == "▁▁"
    assert len(sparkline(tuple(map(float, range(400))))) == 20
