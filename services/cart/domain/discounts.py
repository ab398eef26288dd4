"""What one promotion takes off lines, each in turn on what those before it left."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.cart.domain.promotions import AmountOff, Benefit, BuyXGetY, FreeShipping, PercentageOff, TieredOff
from services.cart.domain.rounding import WHOLE, Rounding, allocate, divided, part


@dataclass(frozen=True, slots=True)
class Item:
    """A line to price: `left` is what earlier discounts left of its subtotal."""

    product: str
    quantity: int
    unit_price: int
    left: int

    @property
    def subtotal(self) -> int:
        """What it costs before any discount."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Off:
    """What is taken off, line by line, and off shipping."""

    lines: tuple[int, ...]
    shipping: int = 0

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(self.lines) + self.shipping


def taken_off(benefit: Benefit, items: Sequence[Item], shipping: int, rounding: Rounding) -> Off:
    """What a benefit takes off the lines that it is about, and off shipping. Never more than is left."""
    left = [item.left for item in items]
    match benefit:
        case PercentageOff(basis_points):
            return _spread(part(sum(left), basis_points, rounding), left)
        case AmountOff(_, amount):
            return _spread(min(amount, sum(left)), left)
        case TieredOff():
            reached = benefit.reached(sum(item.subtotal for item in items))
            return _spread(part(sum(left), reached, rounding), left)
        case BuyXGetY():
            units = _cheaper_units(benefit, items)
            return Off(
                tuple(
                    divided(item.left * count * benefit.basis_points, item.quantity * WHOLE, rounding)
                    for item, count in zip(items, units, strict=True)
                )
            )
        case FreeShipping():
            return Off((0,) * len(items), shipping)


def times(benefit: BuyXGetY, items: Sequence[Item]) -> int:
    """How often the lines have enough units."""
    found = sum(item.quantity for item in items) // (benefit.buy + benefit.get)
    return min(found, benefit.max_times) if benefit.max_times else found


def _cheaper_units(benefit: BuyXGetY, items: Sequence[Item]) -> list[int]:
    """How many units of each line cost less: the cheapest of all of them, those of earlier lines first."""
    wanted = times(benefit, items) * benefit.get
    counts = [0] * len(items)
    for place in sorted(range(len(items)), key=lambda place: items[place].unit_price):
        counts[place] = min(wanted, items[place].quantity)
        wanted -= counts[place]
    return counts


def _spread(total: int, left: Sequence[int]) -> Off:
    return Off(tuple(allocate(total, left)))
