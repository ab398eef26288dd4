"""Reads payments with their operations."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from mesh.payments.v1 import payment_pb2
from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Connection, Pool, reading
from services.payments.domain.payments import Payment
from services.payments.domain.refusals import PaymentNotFound
from services.payments.store.rows import read_payment

Q = sql.load(__package__, "payments")
_STATES = payment_pb2.PaymentState.DESCRIPTOR
_OPS = ("=", "!=")


class Reads:
    """What can be asked of payments. `owner` narrows it to a customer's own; empty: anybody's."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, id: str, owner: str = "") -> Payment:
        """A payment. Refuses one that does not exist, or is not the owner's."""
        async with reading(self._pool) as connection:
            found = await with_operations(connection, await connection.fetch(Q["get_payment"], id))
        if not found or (owner and found[0].customer != owner):
            raise PaymentNotFound(id)
        return found[0]

    async def page(self, filter: Filter, owner: str, after: tuple[str, ...], limit: int) -> list[Payment]:
        """Payments, newest first, after an instant and an id."""
        customers = [*filter.values("customer", "="), *([owner] if owner else [])]
        last = (datetime.fromisoformat(after[0]), after[1]) if after else (None, None)
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_payments"],
                *last,
                limit,
                customers,
                filter.values("customer", "!="),
                *(filter.values("reference", op) for op in _OPS),
                *(filter.numbers("state", op, _STATES) for op in _OPS),
            )
            return await with_operations(connection, rows)

    async def to_settle(self, now: datetime, limit: int) -> list[str]:
        """The ids of payments with operations whose time has come to ask the provider again."""
        async with reading(self._pool) as connection:
            return [str(row["payment_id"]) for row in await connection.fetch(Q["payments_to_settle"], now, limit)]


async def with_operations(connection: Connection, rows: Sequence[Any]) -> list[Payment]:
    """Payments of these rows, in their order, with their operations."""
    found = await connection.fetch(Q["operations_of_payments"], [row["payment_id"] for row in rows])
    operations = {id_: list(group) for id_, group in groupby(found, key=lambda one: one["payment_id"])}
    return [read_payment(row, operations.get(row["payment_id"], ())) for row in rows]
