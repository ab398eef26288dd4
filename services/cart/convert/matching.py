"""What the conditions of promotions say of a cart: CEL over the messages that the contract shows them."""

from collections.abc import Iterable, Mapping

from mesh.cart.v1.promotion_pb2 import PromotionCart, PromotionLine
from services._platform.conditions import ConditionError, Conditions
from services._platform.errors import InvalidArgument
from services._platform.money import money
from services._platform.times import timestamp
from services.cart.convert.names import PRODUCT
from services.cart.domain.eligibility import Match
from services.cart.domain.promotions import Promotion
from services.cart.domain.quoting import Basket


class Matching:
    """Checks and asks the conditions of promotions."""

    def __init__(self) -> None:
        self._carts = Conditions(cart=PromotionCart)
        self._lines = Conditions(cart=PromotionCart, line=PromotionLine)

    def check(self, promotion: Promotion) -> Promotion:
        """The promotion. Refuses a condition that is not CEL over what it may see, or that gives no bool."""
        for field, condition, conditions in (
            ("condition", promotion.condition, self._carts),
            ("line_condition", promotion.line_condition, self._lines),
        ):
            try:
                if condition:
                    conditions.check(condition)
            except ConditionError as error:
                raise InvalidArgument.of(f"promotion.{field}", str(error), reason="CONDITION_INVALID") from error
        return promotion

    def matches(self, promotions: Iterable[Promotion], basket: Basket) -> Mapping[str, Match]:
        """What the conditions of each promotion say of a basket, by the promotion's id."""
        cart = _cart(basket)
        return {promotion.id: self._match(promotion, cart) for promotion in promotions}

    def _match(self, promotion: Promotion, cart: PromotionCart) -> Match:
        about = promotion.line_condition
        try:
            given = not promotion.condition or self._carts.holds(promotion.condition, cart=cart)
            lines = [line for line in cart.lines if not about or self._lines.holds(about, cart=cart, line=line)]
        except ConditionError as error:
            return Match(failure=str(error))
        return Match(given, frozenset(PRODUCT.id(line.product) for line in lines))


def _cart(basket: Basket) -> PromotionCart:
    cart, currency = basket.cart, basket.cart.currency
    items = basket.items
    return PromotionCart(
        lines=[
            PromotionLine(
                product=PRODUCT.name(item.product),
                quantity=item.quantity,
                unit_price=money(currency, item.unit_price),
                subtotal=money(currency, item.subtotal),
                tags=basket.prices[item.product].tags,
            )
            for item in items
        ],
        subtotal=money(currency, sum(item.subtotal for item in items)),
        quantity=sum(item.quantity for item in items),
        customer=cart.owner,
        coupon_codes=cart.coupons,
        now_time=timestamp(basket.circumstances.now),
    )
