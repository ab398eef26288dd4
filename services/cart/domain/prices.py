"""What products cost, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a product costs, from its start on and until its end. `version` and times are the store's."""

    id: str
    product: str
    currency: str
    amount: int
    start_time: datetime | None
    end_time: datetime | None
    tags: tuple[str, ...] = ()
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


def in_effect(prices: Iterable[Price], now: datetime) -> Price | None:
    """Of one product's prices in one currency, the one that counts: of those that hold now, the last to begin."""
    holding = (price for price in prices if holds(price.start_time, price.end_time, now))
    return max(holding, key=lambda price: (price.start_time or now, price.id), default=None)


def holds(start: datetime | None, end: datetime | None, now: datetime) -> bool:
    """Whether an instant is from the start on and before the end, as far as there are such."""
    return (start is None or start <= now) and (end is None or now < end)
