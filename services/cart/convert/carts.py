"""Carts, as messages."""

from collections.abc import Iterable
from datetime import datetime

from mesh.cart.v1 import cart_pb2, cart_service_pb2
from services._platform.times import instant, timestamp
from services.cart.convert import quotes
from services.cart.convert.names import CART, COUPON, PRODUCT, RESERVATION, named
from services.cart.domain.carts import LIVES, Cart, StockHold
from services.cart.domain.merging import MergedLine
from services.cart.domain.rounding import Rounding


def cart(cart: Cart, now: datetime) -> cart_pb2.Cart:
    """A cart as seen at an instant."""
    return cart_pb2.Cart(
        name=CART.name(cart.id),
        owner=cart.owner,
        currency_code=cart.currency,
        rounding_mode=cart_pb2.RoundingMode.ValueType(cart.rounding.value),
        stock_hold=cart_pb2.StockHold.ValueType(cart.stock_hold.value),
        lines=[
            cart_pb2.CartLine(
                product=PRODUCT.name(line.product), quantity=line.quantity, update_time=timestamp(line.update_time)
            )
            for line in cart.lines
        ],
        coupons=map(COUPON.name, cart.coupons),
        shipping_product=named(PRODUCT, cart.shipping),
        quote=quotes.quote(cart.quote) if cart.quote and cart.quoted else None,
        state=cart_pb2.CartState.ValueType(cart.state_at(now).value),
        merged_cart=named(CART, cart.merged_into),
        etag=str(cart.version),
        expire_time=timestamp(cart.expire_time),
        create_time=timestamp(cart.create_time),
        update_time=timestamp(cart.update_time),
        reservation=named(RESERVATION, cart.reservation),
    )


def seen_at(message: cart_pb2.Cart, now: datetime) -> cart_pb2.Cart:
    """A cart that was open when the message was made, as it is seen at an instant."""
    if message.state == cart_pb2.CART_STATE_OPEN and instant(message.expire_time) <= now:
        message.state = cart_pb2.CART_STATE_EXPIRED
    return message


def new_cart(id: str, owner: str, message: cart_pb2.Cart, shipping: str, now: datetime) -> Cart:
    """An empty cart as a caller wants it."""
    return Cart(
        id=id,
        owner=owner,
        currency=message.currency_code,
        rounding=Rounding(message.rounding_mode or Rounding.HALF_EVEN),
        stock_hold=StockHold(message.stock_hold or StockHold.AT_CHECKOUT),
        shipping=shipping,
        create_time=now,
        update_time=now,
        expire_time=now + LIVES,
    )


def merged(lines: Iterable[MergedLine]) -> list[cart_service_pb2.MergedLine]:
    """The fates of a guest's lines."""
    return [
        cart_service_pb2.MergedLine(
            product=PRODUCT.name(line.product),
            fate=cart_service_pb2.MergeFate.ValueType(line.fate.value),
            guest_quantity=line.guest,
            own_quantity=line.own,
            quantity=line.quantity,
        )
        for line in lines
    ]
