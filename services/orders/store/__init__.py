"""Orders in Postgres."""

from services.orders.store.orders import Orders
from services.orders.store.reads import Reads

__all__ = ["Orders", "Reads"]
