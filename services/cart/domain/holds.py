"""Redemptions, held and made like stock: within the limits of code, promotion and customer, whoever races for them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

from services.cart.domain.offer_refusals import (
    CouponExpired,
    CouponHoldClosed,
    CouponHoldMismatch,
    CouponHoldNotFound,
    CouponNotFound,
    CustomerLimitReached,
    PromotionNotFound,
    RedemptionLimitReached,
)
from services.cart.domain.prices import holds
from services.cart.domain.promotions import Coupon, Promotion


class HoldState(IntEnum):
    """Where a hold stands."""

    HELD = 1
    REDEEMED = 2
    RELEASED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True)
class Redemption:
    """One use of a promotion, by a coupon perhaps."""

    promotion: str
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Redemptions that are kept for a checkout. Empty of redemptions, released: a hold that will never be made."""

    id: str
    customer: str
    redemptions: tuple[Redemption, ...]
    state: HoldState
    expire_time: datetime
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """The promotions and coupons that a hold is about, with how often each is used, under lock."""

    promotions: Mapping[str, Promotion]
    coupons: Mapping[str, Coupon]
    customer_used: Mapping[str, int] = field(default_factory=dict)


def held(known: Hold | None, wanted: Hold, limits: Limits, now: datetime) -> Hold:
    """A new hold, or the one that is there already. Refuses what would exceed a limit, and what comes too late."""
    if known is None:
        _require_coupons(wanted.redemptions, limits, now)
        _require_room(wanted, limits)
        return wanted
    if known.state in (HoldState.RELEASED, HoldState.EXPIRED):
        raise CouponHoldClosed(known.id, known.state.name, HoldState.HELD.name)
    if (known.customer, known.redemptions) != (wanted.customer, wanted.redemptions):
        raise CouponHoldMismatch(known.id)
    return known


def released(known: Hold | None, never: Hold) -> Hold:
    """A hold given back; `never` is the mark that stays when there was none. What is redeemed stays so."""
    if known is None:
        return never
    if known.state is HoldState.REDEEMED:
        raise CouponHoldClosed(known.id, known.state.name, HoldState.HELD.name)
    if known.state is HoldState.RELEASED:
        return known
    return replace(known, state=HoldState.RELEASED, update_time=never.update_time)


def redeemed(id: str, known: Hold | None, limits: Limits, now: datetime) -> Hold:
    """A hold made good. One that ran out is, too, as long as there is room."""
    if known is None:
        raise CouponHoldNotFound(id)
    if known.state is HoldState.RELEASED:
        raise CouponHoldClosed(known.id, known.state.name, HoldState.HELD.name)
    if known.state is HoldState.EXPIRED:
        _require_room(known, limits)
    return known if known.state is HoldState.REDEEMED else replace(known, state=HoldState.REDEEMED, update_time=now)


def counts(hold: Hold | None) -> bool:
    """Whether its redemptions count against the limits."""
    return hold is not None and hold.state in (HoldState.HELD, HoldState.REDEEMED)


def _require_coupons(redemptions: Iterable[Redemption], limits: Limits, now: datetime) -> None:
    for redemption in redemptions:
        if redemption.promotion not in limits.promotions:
            raise PromotionNotFound(redemption.promotion)
        if not redemption.coupon:
            continue
        coupon = limits.coupons.get(redemption.coupon)
        if coupon is None or coupon.promotion != redemption.promotion:
            raise CouponNotFound(redemption.coupon)
        if not holds(None, coupon.expire_time, now):
            raise CouponExpired(coupon.code)


def _require_room(hold: Hold, limits: Limits) -> None:
    for name, more in Counter(one.promotion for one in hold.redemptions).items():
        promotion = limits.promotions[name]
        if promotion.limit and promotion.used + more > promotion.limit:
            raise RedemptionLimitReached(f"promotions/{name}", promotion.limit)
        if promotion.customer_limit and (
            not hold.customer or limits.customer_used.get(name, 0) + more > promotion.customer_limit
        ):
            raise CustomerLimitReached(name, hold.customer, promotion.customer_limit)
    for code, more in Counter(one.coupon for one in hold.redemptions if one.coupon).items():
        coupon = limits.coupons[code]
        if coupon.limit and coupon.used + more > coupon.limit:
            raise RedemptionLimitReached(f"coupons/{code}", coupon.limit)
