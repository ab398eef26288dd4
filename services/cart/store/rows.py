"""From rows to the domain's values, and back."""

from typing import Any

from mesh.cart.v1 import promotion_pb2, quote_pb2
from services.cart.convert import promotions, quotes
from services.cart.domain.carts import Cart, CartState, Line, StockHold
from services.cart.domain.holds import Hold, HoldState, Redemption
from services.cart.domain.prices import Price
from services.cart.domain.promotions import Coupon, Promotion
from services.cart.domain.rounding import Rounding


def read_price(row: Any) -> Price:
    """A price."""
    return Price(
        id=row["price_id"],
        product=row["product_id"],
        currency=row["currency"],
        amount=row["amount"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        tags=tuple(row["tags"]),
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_promotion(row: Any) -> Promotion:
    """A promotion."""
    message = promotion_pb2.Promotion.FromString(row["content"])
    kept = {name: row[name] for name in ("used", "version", "create_time", "update_time")}
    return promotions.to_promotion(row["promotion_id"], message, **kept)


def promotion_content(promotion: Promotion) -> bytes:
    """A promotion as it is kept: without what has columns of its own."""
    message = promotions.promotion(promotion)
    for field in ("name", "redemption_count", "etag", "create_time", "update_time"):
        message.ClearField(field)
    return message.SerializeToString()


def read_coupon(row: Any) -> Coupon:
    """A coupon."""
    return Coupon(
        code=row["code"],
        promotion=row["promotion_id"],
        limit=row["redemption_limit"],
        expire_time=row["expire_time"],
        used=row["used"],
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_hold(row: Any) -> Hold:
    """A hold."""
    return Hold(
        id=str(row["hold_id"]),
        customer=row["customer"],
        redemptions=tuple(map(Redemption, row["promotions"], row["coupons"])),
        state=HoldState(row["state"]),
        expire_time=row["expire_time"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_cart(row: Any) -> Cart:
    """A cart."""
    return Cart(
        id=str(row["cart_id"]),
        owner=row["owner"],
        currency=row["currency"],
        rounding=Rounding(row["rounding"]),
        stock_hold=StockHold(row["stock_hold"]),
        lines=tuple(map(Line, row["products"], row["quantities"], row["line_times"])),
        coupons=tuple(row["coupons"]),
        shipping=row["shipping_product"],
        state=CartState(row["state"]),
        merged_into=str(row["merged_into"] or ""),
        checkout=row["checkout"],
        reservation=str(row["reservation_id"] or ""),
        quote=quotes.to_quote(quote_pb2.Quote.FromString(row["quote"])) if row["quote"] else None,
        quoted=row["quoted"],
        version=row["version"],
        expire_time=row["expire_time"],
        abandon_time=row["abandon_time"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def cart_columns(cart: Cart) -> tuple[Any, ...]:
    """What of a cart changes, in the order of `update_cart`."""
    return (
        [line.product for line in cart.lines],
        [line.quantity for line in cart.lines],
        [line.update_time for line in cart.lines],
        list(cart.coupons),
        cart.shipping,
        cart.state.value,
        cart.merged_into or None,
        cart.checkout,
        quotes.quote(cart.quote).SerializeToString() if cart.quote else None,
        cart.quoted,
        cart.version,
        cart.expire_time,
        cart.abandon_time,
        cart.update_time,
        cart.reservation or None,
    )
