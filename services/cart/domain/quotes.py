"""Quotes: what a cart costs, promised until an instant, and how two of them differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

QUOTE_HOLDS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """What a line costs. `available` is None when inventory was not asked."""

    product: str
    quantity: int
    unit_price: int
    price: str
    discount: int
    available: int | None = None

    @property
    def subtotal(self) -> int:
        """Before discounts."""
        return self.unit_price * self.quantity

    @property
    def total(self) -> int:
        """After discounts."""
        return self.subtotal - self.discount

    @property
    def short(self) -> bool:
        """Whether fewer units are known to be available than the line has."""
        return self.available is not None and self.available < self.quantity


@dataclass(frozen=True, slots=True)
class Applied:
    """A promotion of a quote, by which coupon, and what it takes off."""

    promotion: str
    coupon: str
    amount: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart costs."""

    id: str
    currency: str
    lines: tuple[QuoteLine, ...]
    shipping_product: str
    shipping_amount: int
    shipping_discount: int
    promotions: tuple[Applied, ...]
    create_time: datetime
    expire_time: datetime

    @property
    def subtotal(self) -> int:
        """What the lines cost before discounts."""
        return sum(line.subtotal for line in self.lines)

    @property
    def discount(self) -> int:
        """What is taken off, shipping included."""
        return sum(line.discount for line in self.lines) + self.shipping_discount

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.subtotal + self.shipping_amount - self.discount


class ChangeKind(IntEnum):
    """What differs."""

    PRICE = 1
    AVAILABILITY = 2
    PROMOTION = 3
    SHIPPING = 4
    TOTAL = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` and `after` are amounts; of availability, units."""

    kind: ChangeKind
    before: int | None
    after: int | None
    product: str = ""
    promotion: str = ""


def changes(before: Quote, after: Quote) -> Iterator[Change]:
    """How a quote differs from an earlier one of the same lines: the reasons first, what they come to last."""
    old = {line.product: line for line in before.lines}
    for line in after.lines:
        was = old[line.product]
        if was.unit_price != line.unit_price:
            yield Change(ChangeKind.PRICE, was.unit_price, line.unit_price, line.product)
        if was.short != line.short:
            yield Change(ChangeKind.AVAILABILITY, was.available, line.available, line.product)
    took, takes = _amounts(before), _amounts(after)
    for promotion in sorted(took.keys() | takes.keys()):
        amounts = took.get(promotion, 0), takes.get(promotion, 0)
        if amounts[0] != amounts[1]:
            yield Change(ChangeKind.PROMOTION, *amounts, promotion=promotion)
    if before.shipping_amount != after.shipping_amount:
        yield Change(ChangeKind.SHIPPING, before.shipping_amount, after.shipping_amount)
    if before.total != after.total:
        yield Change(ChangeKind.TOTAL, before.total, after.total)


def _amounts(quote: Quote) -> Mapping[str, int]:
    return {applied.promotion: applied.amount for applied in quote.promotions}
