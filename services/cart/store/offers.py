"""Reads what bears on the price of a cart, in the transaction or on the connection that asks."""

from services._platform import sql
from services._platform.postgres import Connection
from services.cart.domain.carts import Cart
from services.cart.domain.prices import Price
from services.cart.domain.quoting import Offers
from services.cart.store.rows import read_coupon, read_price, read_promotion

Q = sql.load(__package__, "offers")


async def read_offers(connection: Connection, cart: Cart) -> Offers:
    """Prices of all that is in a cart, all promotions, its coupons, and what its owner used."""
    products = [line.product for line in cart.lines] + [cart.shipping]
    used = await connection.fetch(Q["uses_of_customer"], cart.owner) if cart.owner else []
    coupons = await connection.fetch(Q["coupons_of_codes"], list(cart.coupons)) if cart.coupons else []
    return Offers(
        prices=await read_prices(connection, products),
        promotions=[read_promotion(row) for row in await connection.fetch(Q["all_promotions"])],
        coupons=[read_coupon(row) for row in coupons],
        customer_used={row["promotion_id"]: row["used"] for row in used},
    )


async def read_prices(connection: Connection, products: list[str]) -> list[Price]:
    """All prices of some products, in every currency and of every time."""
    return [read_price(row) for row in await connection.fetch(Q["prices_of_products"], products)]
