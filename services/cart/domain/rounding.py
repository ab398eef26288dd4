"""Exact division of money: one rounding, chosen, and nothing lost when an amount is spread over lines."""

from collections.abc import Sequence
from enum import IntEnum

WHOLE = 10_000
"""Basis points of a whole."""


class Rounding(IntEnum):
    """What happens to an amount between two steps of a currency."""

    HALF_EVEN = 1
    HALF_UP = 2


def divided(amount: int, divisor: int, rounding: Rounding) -> int:
    """`amount / divisor`, rounded once. Neither is negative, and the divisor is not 0."""
    quotient, remainder = divmod(amount, divisor)
    twice = 2 * remainder
    up = twice > divisor or (twice == divisor and (rounding is Rounding.HALF_UP or quotient % 2 == 1))
    return quotient + up


def part(amount: int, basis_points: int, rounding: Rounding) -> int:
    """So many basis points of an amount."""
    return divided(amount * basis_points, WHOLE, rounding)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Spreads a total over weights so that the parts sum to it: largest remainder (Hamilton 1792), ties to the first.

    No part is above its weight while the total is not above their sum.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
