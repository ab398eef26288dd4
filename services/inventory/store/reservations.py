"""Reads reservations. They are changed as stock is, by commands."""

from collections.abc import Sequence
from typing import Any

from mesh.inventory.v1 import reservation_pb2
from services._platform import sql
from services._platform.clock import Clock
from services._platform.filters import Filter
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.inventory.domain.commands import GiveBack
from services.inventory.domain.refusals import ReservationNotFound
from services.inventory.domain.reservations import Reservation
from services.inventory.store.book import carry_out
from services.inventory.store.rows import read_reservations

Q = sql.load(__package__, "reservations")
_STATES = reservation_pb2.ReservationState.DESCRIPTOR


class Reservations:
    """Reservations in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._clock = clock

    async def get(self, id: str) -> Reservation:
        """A reservation. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            found = await self._with_lines(connection, await connection.fetch(Q["get_reservation"], id))
        if not found:
            raise ReservationNotFound(id)
        return found[0]

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[Reservation]:
        """Reservations, newest first, before an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_reservations"],
                before,
                limit,
                self._clock(),
                filter.values("order", "="),
                filter.values("order", "!="),
                filter.numbers("state", "=", _STATES),
                filter.numbers("state", "!=", _STATES),
            )
            return await self._with_lines(connection, rows)

    async def sweep(self, limit: int) -> int:
        """Closes holds that ran out, at most `limit` in one commit; returns how many."""

        async def body(unit: Unit) -> int:
            rows = await unit.connection.fetch(Q["expired_reservations"], unit.now, limit)
            if rows:
                await carry_out(unit, [GiveBack(str(row["reservation_id"]), "expire", "") for row in rows])
            return len(rows)

        return await self._units.commit(body)

    async def _with_lines(self, connection: Connection, rows: Sequence[Any]) -> list[Reservation]:
        ids = [row["reservation_id"] for row in rows]
        return read_reservations(rows, await connection.fetch(Q["lines_of_reservations"], ids))
