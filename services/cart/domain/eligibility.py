"""Whether a promotion may be given at all, before what it would take off is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from services.cart.domain.prices import holds
from services.cart.domain.promotions import Coupon, Promotion


class Outcome(IntEnum):
    """What came of a promotion for a cart."""

    APPLIED = 1
    PAUSED = 2
    OUT_OF_TIME = 3
    COUPON_MISSING = 4
    LIMIT_REACHED = 5
    CUSTOMER_LIMIT_REACHED = 6
    OTHER_CURRENCY = 7
    CONDITION_FALSE = 8
    CONDITION_FAILED = 9
    NO_LINES = 10
    BELOW_TIERS = 11
    GROUP_TAKEN = 12
    EXCLUDED = 13
    NOTHING_LEFT = 14


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who buys, when, in which currency; the coupons that were applied; how often the customer used each promotion."""

    now: datetime
    currency: str
    customer: str = ""
    coupons: tuple[Coupon, ...] = ()
    customer_used: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """What the conditions of a promotion say: whether it is given, to which lines, and why they could not be asked."""

    given: bool = True
    products: frozenset[str] = frozenset()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a promotion, and why."""

    promotion: str
    outcome: Outcome
    detail: str = ""
    coupon: str = ""
    amount: int = 0
    products: tuple[str, ...] = ()


def coupon_of(promotion: Promotion, seen: Circumstances) -> Coupon | None:
    """The first of the applied coupons that unlocks the promotion and still holds."""
    own = (coupon for coupon in seen.coupons if coupon.promotion == promotion.id)
    return next((coupon for coupon in own if holds(None, coupon.expire_time, seen.now)), None)


def barred(promotion: Promotion, seen: Circumstances, match: Match) -> Verdict | None:
    """Why a promotion is not given, or None when nothing speaks against it."""
    coupon = coupon_of(promotion, seen)
    why = _why(promotion, coupon, seen, match)
    return why and Verdict(promotion.id, *why, coupon=coupon.code if coupon else "")


def _why(promotion: Promotion, coupon: Coupon | None, seen: Circumstances, match: Match) -> tuple[Outcome, str] | None:
    if promotion.paused:
        return Outcome.PAUSED, "it is paused"
    if not holds(promotion.start_time, promotion.end_time, seen.now):
        return Outcome.OUT_OF_TIME, "it has not begun, or it is over"
    if promotion.needs_coupon and coupon is None:
        return Outcome.COUPON_MISSING, "no coupon of it that holds was applied"
    if promotion.limit and promotion.used >= promotion.limit:
        return Outcome.LIMIT_REACHED, f"it was redeemed {promotion.used} of {promotion.limit} times"
    if coupon and coupon.limit and coupon.used >= coupon.limit:
        return Outcome.LIMIT_REACHED, f"{coupon.code} was redeemed {coupon.used} of {coupon.limit} times"
    if promotion.customer_limit and not seen.customer:
        return Outcome.CUSTOMER_LIMIT_REACHED, "it is counted by customer, and this is a guest"
    used = seen.customer_used.get(promotion.id, 0)
    if promotion.customer_limit and used >= promotion.customer_limit:
        return Outcome.CUSTOMER_LIMIT_REACHED, f"the customer redeemed it {used} of {promotion.customer_limit} times"
    if promotion.currency not in ("", seen.currency):
        return Outcome.OTHER_CURRENCY, f"it is for {promotion.currency}, the cart is in {seen.currency}"
    if match.failure:
        return Outcome.CONDITION_FAILED, match.failure
    if not match.given:
        return Outcome.CONDITION_FALSE, promotion.condition
    return None
