"""How cart says no about carts and their checkouts. The reasons are those of `mesh.cart.v1.ErrorReason`."""

from datetime import datetime

from services._platform.errors import FailedPrecondition, NotFound


class CartNotFound(NotFound):
    """No such cart, or it is somebody else's."""

    reason = "CART_NOT_FOUND"

    def __init__(self, cart: str) -> None:
        super().__init__(f"there is no cart {cart}", metadata={"cart": f"carts/{cart}"})


class CartClosed(FailedPrecondition):
    """The cart is in a state that does not allow this."""

    reason = "CART_CLOSED"

    def __init__(self, cart: str, state: str, allowed: str) -> None:
        super().__init__(
            f"the cart is {state}, it would have to be {allowed}",
            metadata={"cart": f"carts/{cart}", "state": state, "allowed": allowed},
        )


class CartFull(FailedPrecondition):
    """More of something than a cart may have."""

    reason = "CART_FULL"

    def __init__(self, cart: str, what: str, limit: int) -> None:
        super().__init__(
            f"a cart has at most {limit} {what}", metadata={"cart": f"carts/{cart}", "what": what, "limit": limit}
        )


class CartEmpty(FailedPrecondition):
    """There is nothing to price."""

    reason = "CART_EMPTY"

    def __init__(self, cart: str) -> None:
        super().__init__("there is nothing in the cart", metadata={"cart": f"carts/{cart}"})


class OutOfStock(FailedPrecondition):
    """The cart holds stock as soon as it lies in it, and so much is not there."""

    reason = "OUT_OF_STOCK"

    def __init__(self, product: str, requested: int, available: int) -> None:
        super().__init__(
            f"{product}: {requested} units are wanted, {available} are there",
            metadata={"product": product, "requested": requested, "available": available},
        )


class ProductNotPriced(FailedPrecondition):
    """No price of the product holds now in the currency of the cart. `others` are the currencies it has."""

    reason = "PRODUCT_NOT_PRICED"

    def __init__(self, product: str, currency: str, others: tuple[str, ...]) -> None:
        super().__init__(
            f"{product} has no price in {currency} now",
            metadata={"product": f"products/{product}", "currency": currency, "pricedIn": ", ".join(others)},
        )


class CurrencyMismatch(FailedPrecondition):
    """Two currencies that would have to be mixed."""

    reason = "CURRENCY_MISMATCH"

    def __init__(self, cart: str, currency: str, other: str) -> None:
        super().__init__(
            f"the cart is in {currency}, the other in {other}",
            metadata={"cart": f"carts/{cart}", "currency": currency, "other": other},
        )


class QuoteOutdated(FailedPrecondition):
    """The quote is not of what is in the cart now."""

    reason = "QUOTE_OUTDATED"

    def __init__(self, cart: str, quote: str) -> None:
        super().__init__(
            "the quote is not the last one of what is in the cart",
            metadata={"cart": f"carts/{cart}", "quoteId": quote},
        )


class QuoteExpired(FailedPrecondition):
    """The quote holds no more."""

    reason = "QUOTE_EXPIRED"

    def __init__(self, cart: str, quote: str, expire_time: datetime) -> None:
        super().__init__(
            "the quote holds no more",
            metadata={"cart": f"carts/{cart}", "quoteId": quote, "expireTime": expire_time.isoformat()},
        )


class CheckoutAbandoned(FailedPrecondition):
    """The checkout was given up before."""

    reason = "CHECKOUT_ABANDONED"

    def __init__(self, checkout: str) -> None:
        super().__init__("the checkout was given up", metadata={"checkout": f"checkouts/{checkout}"})
