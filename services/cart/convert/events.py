"""What cart announces, as event messages with the name of the resource that each is about."""

from datetime import datetime

from google.protobuf.message import Message

from mesh.cart.v1 import event_pb2
from services._platform.outbox import Event
from services.cart.convert import carts, coupons, prices, promotions
from services.cart.convert.names import CART
from services.cart.domain.carts import Cart, CartState
from services.cart.domain.holds import Hold
from services.cart.domain.prices import Price
from services.cart.domain.promotions import Coupon, Promotion


def cart_changed(cart: Cart, now: datetime) -> Event:
    """What is in a cart changed, or where it stands."""
    kinds = {CartState.MERGED: event_pb2.CartMerged, CartState.EXPIRED: event_pb2.CartExpired}
    return _event(kinds.get(cart.state, event_pb2.CartChanged)(cart=carts.cart(cart, now)))


def cart_abandoned(cart: Cart, now: datetime) -> Event:
    """A cart was left alone."""
    return _event(event_pb2.CartAbandoned(cart=carts.cart(cart, now)))


def checkout_completed(cart: Cart, order: str, now: datetime) -> Event:
    """A cart became an order that is paid. `order` is a name."""
    return Event(CART.name(cart.id), event_pb2.CheckoutCompleted(cart=carts.cart(cart, now), order=order))


def price_changed(price: Price) -> Event:
    """A price was created or updated."""
    return _event(event_pb2.PriceChanged(price=prices.price(price)))


def promotion_changed(promotion: Promotion) -> Event:
    """A promotion was created or updated."""
    return _event(event_pb2.PromotionChanged(promotion=promotions.promotion(promotion)))


def coupon_changed(coupon: Coupon) -> Event:
    """A coupon was created or updated."""
    return _event(event_pb2.CouponChanged(coupon=coupons.coupon(coupon)))


def hold_changed(hold: Hold) -> Event:
    """Redemptions were held, made, given back, or ran out."""
    return _event(event_pb2.CouponHoldChanged(coupon_hold=coupons.hold(hold)))


def _event(message: Message) -> Event:
    [(_, subject)] = message.ListFields()
    return Event(subject.name, message)
