"""What becomes of a guest's cart when its owner signs in."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from services.cart.domain.carts import MOST_COUPONS, MOST_UNITS, Cart, CartState, Line
from services.cart.domain.refusals import CartNotFound, CurrencyMismatch


class MergePolicy(IntEnum):
    """Which quantity a product gets that is in both carts."""

    SUM = 1
    MAX = 2
    NEWEST = 3
    GUEST_WINS = 4


class Fate(IntEnum):
    """What became of a line."""

    ADDED = 1
    SUMMED = 2
    REPLACED = 3
    KEPT = 4


@dataclass(frozen=True, slots=True)
class MergedLine:
    """What became of one line of the guest's cart."""

    product: str
    fate: Fate
    guest: int
    own: int
    quantity: int


def merged(own: Cart, guest: Cart, policy: MergePolicy, now: datetime) -> tuple[Cart, tuple[MergedLine, ...]]:
    """The caller's cart with what was in the guest's, and the fate of each line."""
    if guest.owner or guest.id == own.id:
        raise CartNotFound(guest.id)
    own.require_open(now)
    guest.moved(CartState.MERGED, now)
    if own.currency != guest.currency:
        raise CurrencyMismatch(own.id, own.currency, guest.currency)
    fates: list[MergedLine] = []
    for line in guest.lines:
        fate = _fate(own, line, policy)
        fates.append(fate)
        own = own.with_line(line.product, fate.quantity, now)
    coupons = dict.fromkeys((*own.coupons, *guest.coupons))
    return own.with_coupons(tuple(coupons)[:MOST_COUPONS], now), tuple(fates)


def _fate(own: Cart, line: Line, policy: MergePolicy) -> MergedLine:
    mine = next((other for other in own.lines if other.product == line.product), None)
    if mine is None:
        return MergedLine(line.product, Fate.ADDED, line.quantity, 0, line.quantity)
    if policy is MergePolicy.SUM:
        total = min(mine.quantity + line.quantity, MOST_UNITS)
        return MergedLine(line.product, Fate.SUMMED, line.quantity, mine.quantity, total)
    taken = (
        policy is MergePolicy.GUEST_WINS
        or (policy is MergePolicy.MAX and line.quantity > mine.quantity)
        or (policy is MergePolicy.NEWEST and line.update_time > mine.update_time)
    )
    fate = Fate.REPLACED if taken else Fate.KEPT
    return MergedLine(line.product, fate, line.quantity, mine.quantity, (line if taken else mine).quantity)
