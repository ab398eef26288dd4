"""Reads orders and their history."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from mesh.orders.v1 import order_pb2
from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Connection, Pool, reading
from services.orders.domain.orders import Move, Order
from services.orders.domain.refusals import OrderNotFound
from services.orders.store.rows import read_move, read_order

Q = sql.load(__package__, "orders")
_STATES = order_pb2.OrderState.DESCRIPTOR
_OPS = ("=", "!=")


class Reads:
    """What can be asked of orders. `owner` narrows it to a customer's own; empty: anybody's."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, id: str, owner: str) -> Order:
        """An order. Refuses one that does not exist, or is not the owner's."""
        async with reading(self._pool) as connection:
            found = await with_lines(connection, await connection.fetch(Q["get_order"], id))
        if not found or (owner and found[0].customer != owner):
            raise OrderNotFound(id)
        return found[0]

    async def page(self, filter: Filter, owner: str, after: tuple[str, ...], limit: int) -> list[Order]:
        """Orders, newest first, after an instant and an id."""
        customers = [*filter.values("customer", "="), *([owner] if owner else [])]
        last = (datetime.fromisoformat(after[0]), after[1]) if after else (None, None)
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_orders"],
                *last,
                limit,
                customers,
                filter.values("customer", "!="),
                *(filter.numbers(field, op, _STATES) for field in ("state", "progress") for op in _OPS),
                *(filter.values("origin", op) for op in _OPS),
                *(filter.ids("payment", op) for op in _OPS),
            )
            return await with_lines(connection, rows)

    async def moves(self, id: str, after: int, limit: int) -> list[Move]:
        """The history of an order, oldest first, after a number."""
        async with reading(self._pool) as connection:
            return [read_move(row) for row in await connection.fetch(Q["list_moves"], id, after, limit)]


async def with_lines(connection: Connection, rows: Sequence[Any]) -> list[Order]:
    """Orders of these rows, in their order, with their lines."""
    found = await connection.fetch(Q["lines_of_orders"], [row["order_id"] for row in rows])
    lines = {id_: list(group) for id_, group in groupby(found, key=lambda line: line["order_id"])}
    return [read_order(row, lines.get(row["order_id"], ())) for row in rows]
