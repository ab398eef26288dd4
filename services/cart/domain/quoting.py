"""Makes a quote: what is in a cart, what that costs, what is taken off, what is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.cart.domain.carts import Cart
from services.cart.domain.discounts import Item
from services.cart.domain.eligibility import Circumstances, Match, Outcome
from services.cart.domain.prices import Price, in_effect
from services.cart.domain.pricing import Priced, priced
from services.cart.domain.promotions import Coupon, Promotion
from services.cart.domain.quotes import QUOTE_HOLDS, Applied, Quote, QuoteLine
from services.cart.domain.refusals import CartEmpty, ProductNotPriced


@dataclass(frozen=True, slots=True)
class Offers:
    """What bears on the price of a cart: prices of its products, all promotions, its coupons, the customer's uses."""

    prices: Sequence[Price] = ()
    promotions: Sequence[Promotion] = ()
    coupons: Sequence[Coupon] = ()
    customer_used: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart with the price of each line, before any discount."""

    cart: Cart
    prices: Mapping[str, Price]
    circumstances: Circumstances

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines, nothing taken off."""
        amounts = ((line, self.prices[line.product].amount) for line in self.cart.lines)
        return tuple(Item(line.product, line.quantity, unit, unit * line.quantity) for line, unit in amounts)

    @property
    def shipping(self) -> int:
        """What shipping costs."""
        return self.prices[self.cart.shipping].amount if self.cart.shipping else 0


def basket(cart: Cart, offers: Offers, now: datetime) -> Basket:
    """Finds the price of everything in a cart. Refuses a product without one in the currency of the cart."""
    products = [line.product for line in cart.lines] + ([cart.shipping] if cart.shipping else [])
    found = {product: price_of(product, cart.currency, offers.prices, now) for product in products}
    return Basket(
        cart,
        found,
        Circumstances(now, cart.currency, cart.owner, tuple(offers.coupons), offers.customer_used),
    )


def price_of(product: str, currency: str, prices: Sequence[Price], now: datetime) -> Price:
    """The price of a product that counts. Refuses when there is none, naming the currencies that there are."""
    own = [price for price in prices if price.product == product]
    price = in_effect((price for price in own if price.currency == currency), now)
    if price is None:
        others = sorted({other.currency for other in own if in_effect([other], now)})
        raise ProductNotPriced(product, currency, tuple(others))
    return price


def discounted(found: Basket, offers: Offers, matches: Mapping[str, Match]) -> Priced:
    """The basket with its discounts, and a verdict on each promotion."""
    start = Priced(found.items, found.shipping)
    return priced(start, offers.promotions, matches, found.circumstances, found.cart.rounding)


def quote(id: str, found: Basket, result: Priced, available: Mapping[str, int]) -> Quote:
    """The quote of a basket. Refuses an empty one."""
    if not found.cart.lines:
        raise CartEmpty(found.cart.id)
    now = found.circumstances.now
    return Quote(
        id=id,
        currency=found.cart.currency,
        lines=tuple(
            QuoteLine(
                product=item.product,
                quantity=item.quantity,
                unit_price=item.unit_price,
                price=found.prices[item.product].id,
                discount=item.subtotal - item.left,
                available=available.get(item.product),
            )
            for item in result.items
        ),
        shipping_product=found.cart.shipping,
        shipping_amount=found.shipping,
        shipping_discount=found.shipping - result.shipping,
        promotions=tuple(
            Applied(verdict.promotion, verdict.coupon, verdict.amount)
            for verdict in result.verdicts
            if verdict.outcome is Outcome.APPLIED
        ),
        create_time=now,
        expire_time=now + QUOTE_HOLDS,
    )
