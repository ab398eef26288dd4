"""Exact division and allocation."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cart.domain.rounding import Rounding, allocate, divided

DECIMAL = {Rounding.HALF_EVEN: ROUND_HALF_EVEN, Rounding.HALF_UP: ROUND_HALF_UP}


@given(st.integers(0, 10**15), st.integers(1, 10**4), st.sampled_from(Rounding))
def test_division_rounds_as_decimals_do(amount: int, divisor: int, rounding: Rounding) -> None:
    if divisor in (2, 4, 5, 8, 10, 16, 20, 25, 100, 1000, 10_000):  # whose quotients decimals have exactly
        assert divided(amount, divisor, rounding) == int(
            (Decimal(amount) / divisor).quantize(Decimal(1), DECIMAL[rounding])
        )
    assert abs(divided(amount, divisor, rounding) * divisor - amount) * 2 <= divisor


@pytest.mark.parametrize(("rounding", "rounded"), [(Rounding.HALF_EVEN, 2), (Rounding.HALF_UP, 3)])
def test_the_modes_differ_in_the_middle(rounding: Rounding, rounded: int) -> None:
    assert divided(5, 2, rounding) == rounded


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.data())
def test_parts_sum_to_the_total_and_none_is_above_its_weight(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    whole = sum(weights) or 1
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_the_largest_remainders_get_what_is_left_the_first_of_equals_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [15, 25, 60]) == [2, 2, 6]
