"""The numbers of a series: exact binomial intervals, medians, percentiles. Pure arithmetic.

The interval is Clopper and Pearson's (Biometrika 26, 1934): the rates under which what was seen
would not be surprising. It is wide for few probes, which is the honest thing to say.
"""

from collections.abc import Callable, Sequence
from math import exp, lgamma, log
from typing import Final, TypeAlias

from cf525.model import Latency

Rising: TypeAlias = Callable[[float], float]

CONFIDENCE: Final = 0.95
MOST_SAMPLES: Final = 400
_STEPS: Final = 60  # halvings of [0, 1]: far below what is ever printed


def interval(failures: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Lower and upper bound of the true rate, given ``failures`` in ``total`` probes."""
    if total <= 0:
        return (0.0, 1.0)
    tail = (1 - confidence) / 2
    low = 0.0 if failures == 0 else _solve(lambda p: at_least(failures, total, p), tail)
    high = (
        1.0
        if failures == total
        else 1.0 - _solve(lambda q: at_least(total - failures, total, q), tail)
    )
    return (low, high)


def at_least(count: int, total: int, rate: float) -> float:
    """The probability of ``count`` or more failures in ``total`` at that rate."""
    if count <= 0 or rate >= 1.0:
        return 1.0
    if rate <= 0.0:
        return 0.0
    terms = (
        lgamma(total + 1)
        - lgamma(k + 1)
        - lgamma(total - k + 1)
        + k * log(rate)
        + (total - k) * log(1.0 - rate)
        for k in range(count, total + 1)
    )
    return min(1.0, sum(exp(term) for term in terms))


def _solve(rising: Rising, wanted: float) -> float:
    """Where a rising function of a rate takes a value, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def latency(values: Sequence[float | None]) -> Latency | None:
    """Minimum, median and 95th percentile of the values there are; None without any."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    ordered = sorted(present)
    return Latency(
        minimum=round(ordered[0], 2),
        median=round(percentile(ordered, 0.5), 2),
        p95=round(percentile(ordered, 0.95), 2),
        samples=tuple(round(value, 2) for value in present[:MOST_SAMPLES]),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share lies, between neighbours where it falls between."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
