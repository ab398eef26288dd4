"""What cart keeps, in Postgres and for speed in Redis, and what it asks of inventory."""

from services.cart.store.carts import Carts
from services.cart.store.checkouts import Checkouts
from services.cart.store.holds import Holds
from services.cart.store.hot_carts import HotCarts
from services.cart.store.leaving import Leaving
from services.cart.store.prices import Prices
from services.cart.store.promotions import Promotions
from services.cart.store.quoting import Quoting
from services.cart.store.sagas import Sagas
from services.cart.store.stock import Stock
from services.cart.store.stock_holds import StockHolds

__all__ = [
    "Carts",
    "Checkouts",
    "Holds",
    "HotCarts",
    "Leaving",
    "Prices",
    "Promotions",
    "Quoting",
    "Sagas",
    "Stock",
    "StockHolds",
]
