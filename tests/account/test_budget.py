"""The rate budget, on a clock of its own."""

import pytest

from cf525.account.budget import BURST, RATE, Budget, retry_after


def test_a_burst_goes_out_at_once_and_then_the_pace_holds() -> None:
    budget = Budget()
    assert [budget.take(0.0) for _ in range(BURST)] == [0.0] * BURST
    assert budget.take(0.0) == pytest.approx(1 / RATE)
    assert budget.take(0.0) == pytest.approx(2 / RATE)


def test_waiting_refills_the_bucket_up_to_its_size() -> None:
    budget = Budget()
    for _ in range(BURST + 1):
        budget.take(0.0)
    assert budget.take(1000.0) == 0.0
    assert budget.tokens == BURST - 1


def test_the_servers_counter_shrinks_the_bucket() -> None:
    budget = Budget()
    budget.learn(0.0, '"default";r=6;t=30')
    assert budget.take(0.0) == 0.0
    assert budget.take(0.0) > 0.0


def test_an_exhausted_counter_closes_until_its_window_ends() -> None:
    budget = Budget()
    budget.learn(10.0, '"default";r=0;t=30')
    assert budget.take(10.0) == 30.0
    assert budget.take(40.0) == 0.0


@pytest.mark.parametrize("header", [None, "", "nonsense", '"default";r=x;t=1', '"x";r=1'])
def test_an_unreadable_counter_changes_nothing(header: str | None) -> None:
    budget = Budget()
    budget.learn(0.0, header)
    assert budget.take(0.0) == 0.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("300", 300.0), (" 1.5 ", 1.5), (None, None), ("soon", None), ("-1", None), ("9" * 30, None)],
)
def test_retry_after_is_read_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds
