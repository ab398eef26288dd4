"""Promotions and coupons: what is taken off, when, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias

from services._platform.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class PercentageOff:
    """A part of what the lines cost."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class AmountOff:
    """An amount off the lines together."""

    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class BuyXGetY:
    """For every `buy` units, `get` more cost less, the cheapest ones. 0 times: without limit."""

    buy: int
    get: int
    basis_points: int
    max_times: int


@dataclass(frozen=True, slots=True)
class TieredOff:
    """Thresholds, rising, each with the part that is taken off when the lines cost at least so much."""

    currency: str
    tiers: tuple[tuple[int, int], ...]

    def reached(self, subtotal: int) -> int:
        """The basis points of the highest tier that is reached; 0 for none."""
        return max((points for threshold, points in self.tiers if threshold <= subtotal), default=0)


@dataclass(frozen=True, slots=True)
class FreeShipping:
    """What shipping costs."""


Benefit: TypeAlias = PercentageOff | AmountOff | BuyXGetY | TieredOff | FreeShipping


@dataclass(frozen=True, slots=True)
class Promotion:
    """A discount. A limit of 0 is none; `used` counts what is held or redeemed."""

    id: str
    benefit: Benefit
    display_name: str = ""
    condition: str = ""
    line_condition: str = ""
    priority: int = 0
    group: str = ""
    exclusive: bool = False
    needs_coupon: bool = False
    limit: int = 0
    customer_limit: int = 0
    paused: bool = False
    start_time: datetime | None = None
    end_time: datetime | None = None
    used: int = 0
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def currency(self) -> str:
        """The one currency that it is for; empty when it is for every."""
        match self.benefit:
            case AmountOff(currency) | TieredOff(currency):
                return currency
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code that unlocks a promotion. A limit of 0 is none."""

    code: str
    promotion: str
    limit: int = 0
    expire_time: datetime | None = None
    used: int = 0
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


def in_order(promotions: Sequence[Promotion]) -> list[Promotion]:
    """Promotions in the order in which they are considered."""
    return sorted(promotions, key=lambda promotion: (-promotion.priority, promotion.id))


def require_rising(thresholds: Sequence[tuple[str, int]]) -> None:
    """Refuses thresholds, each of currency and amount, of several currencies or that do not rise."""
    for place, (before, after) in enumerate(pairwise(thresholds), start=1):
        if before[0] != after[0] or before[1] >= after[1]:
            field = f"promotion.tiered_off.tiers[{place}].threshold_amount"
            raise InvalidArgument.of(field, "is not above the one before it, in its currency", reason="TIERS_INVALID")
