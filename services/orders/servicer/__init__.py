"""The RPCs of orders: each turns a message into a decision of the domain, and what came of it into a message."""

from services.orders.servicer.orders import Orders

__all__ = ["Orders"]
