"""How a cart is bound to a checkout, and let go of."""

from dataclasses import replace
from datetime import datetime

from services.cart.domain.carts import ABANDONED_AFTER, LIVES, Cart, CartState
from services.cart.domain.quotes import Quote
from services.cart.domain.refusals import CartClosed, CartNotFound, CheckoutAbandoned, QuoteExpired, QuoteOutdated


def accepted(cart: Cart, quote_id: str, now: datetime) -> Quote:
    """The quote that a shopper accepts. Refuses all but the last one of what is in the cart, and one that ran out."""
    if cart.quote is None or not cart.quoted or cart.quote.id != quote_id:
        raise QuoteOutdated(cart.id, quote_id)
    if cart.quote.expire_time <= now:
        raise QuoteExpired(cart.id, quote_id, cart.quote.expire_time)
    return cart.quote


def begun(cart: Cart, checkout: str, quote_id: str, customer: str, given_up: bool, now: datetime) -> Cart:
    """The cart, bound to a checkout; as it is when it was bound to this one before."""
    if cart.owner != customer:
        raise CartNotFound(cart.id)
    if given_up:
        raise CheckoutAbandoned(checkout)
    if cart.checkout == checkout and cart.state is CartState.CHECKING_OUT:
        return cart
    cart.require_open(now)
    accepted(cart, quote_id, now)
    return replace(cart.moved(CartState.CHECKING_OUT, now), checkout=checkout)


def abandoned(cart: Cart, checkout: str, now: datetime) -> Cart:
    """The cart, open again if it was bound to this checkout. Refuses one that became an order by it."""
    if cart.checkout != checkout or cart.state is CartState.OPEN:
        return cart
    opened = cart.moved(CartState.OPEN, now)
    return replace(opened, expire_time=now + LIVES, abandon_time=now + ABANDONED_AFTER)


def completed(cart: Cart, checkout: str, now: datetime) -> Cart:
    """The cart, closed by its checkout; as it is when it was before."""
    if cart.checkout != checkout:
        raise CartClosed(cart.id, cart.state.name, CartState.CHECKING_OUT.name)
    return cart if cart.state is CartState.ORDERED else cart.moved(CartState.ORDERED, now)
