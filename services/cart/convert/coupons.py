"""Coupons and what is held of them, as messages and back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from mesh.cart.v1 import coupon_hold_pb2, coupon_pb2
from services._platform.times import instant, timestamp
from services.cart.convert.names import COUPON, COUPON_HOLD, PROMOTION, id_of, named
from services.cart.domain.holds import Hold, HoldState, Redemption
from services.cart.domain.promotions import Coupon

DEFAULT_TTL = timedelta(hours=1)


def coupon(coupon: Coupon) -> coupon_pb2.Coupon:
    """A coupon as a message."""
    return coupon_pb2.Coupon(
        name=COUPON.name(coupon.code),
        promotion=PROMOTION.name(coupon.promotion),
        redemption_limit=coupon.limit,
        expire_time=timestamp(coupon.expire_time),
        redemption_count=coupon.used,
        etag=str(coupon.version),
        create_time=timestamp(coupon.create_time),
        update_time=timestamp(coupon.update_time),
    )


def to_coupon(code: str, message: coupon_pb2.Coupon) -> Coupon:
    """A coupon from what a caller may say of it."""
    return Coupon(
        code=code,
        promotion=PROMOTION.id(message.promotion),
        limit=message.redemption_limit,
        expire_time=instant(message.expire_time) if message.HasField("expire_time") else None,
    )


def hold(hold: Hold) -> coupon_hold_pb2.CouponHold:
    """A hold as a message."""
    return coupon_hold_pb2.CouponHold(
        name=COUPON_HOLD.name(hold.id),
        customer=hold.customer,
        redemptions=[
            coupon_hold_pb2.Redemption(promotion=PROMOTION.name(one.promotion), coupon=named(COUPON, one.coupon))
            for one in hold.redemptions
        ],
        state=coupon_hold_pb2.CouponHoldState.ValueType(hold.state.value),
        expire_time=timestamp(hold.expire_time),
        create_time=timestamp(hold.create_time),
        update_time=timestamp(hold.update_time),
    )


def redemptions(messages: Iterable[coupon_hold_pb2.Redemption]) -> tuple[Redemption, ...]:
    """What a caller wants to be held."""
    return tuple(Redemption(PROMOTION.id(one.promotion), id_of(COUPON, one.coupon)) for one in messages)


def new_hold(id: str, now: datetime, ttl: Duration, customer: str, redemptions: tuple[Redemption, ...]) -> Hold:
    """A hold from now on; for an hour when the request does not say."""
    return Hold(id, customer, redemptions, HoldState.HELD, now + (ttl.ToTimedelta() or DEFAULT_TTL), now, now)


def never(id: str, now: datetime) -> Hold:
    """The mark of a hold that was given back before it was made."""
    return Hold(id, "", (), HoldState.RELEASED, now, now, now)
