"""The resource names of cart, and those of others that it holds."""

from services._platform.names import Pattern

CART = Pattern("carts/{cart}")
PRICE = Pattern("prices/{price}")
PROMOTION = Pattern("promotions/{promotion}")
COUPON = Pattern("coupons/{coupon}")
COUPON_HOLD = Pattern("couponHolds/{coupon_hold}")
PRODUCT = Pattern("products/{product}")
RESERVATION = Pattern("reservations/{reservation}")


def named(pattern: Pattern, id: str) -> str:
    """The name of what has this id; empty when there is none."""
    return pattern.name(id) if id else ""


def id_of(pattern: Pattern, name: str) -> str:
    """The id in a name; empty when there is none."""
    return pattern.id(name) if name else ""
