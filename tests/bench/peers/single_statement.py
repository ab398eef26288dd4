"""The other design of inventory: each reservation is one statement and one commit of its own, nothing is combined.

The host, the interceptors and the servicer are inventory's; only what carries a reservation out is not. It serves
reservations of one line that name their warehouse.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import asyncpg

from mesh.inventory.v1 import event_pb2
from services._platform import sql
from services._platform.call import Once, Reply, Value
from services._platform.clock import Clock, system_clock
from services._platform.errors import RequestIdReused
from services._platform.paging import Pager
from services._platform.postgres import Pool, reading
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.inventory import servicer, store
from services.inventory.domain.commands import Command, Reserve
from services.inventory.domain.refusals import OutOfStock
from services.inventory.domain.reservations import Line, Reservation, ReservationState

if TYPE_CHECKING:
    from mesh.inventory.v1 import reservation_pb2

Q = sql.load("tests.bench.peers", "reserve")


class SingleStatements:
    """Carries reservations out as `store.Stock` does, one at a time."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def change(self, command: Command[Value], once: Once[Value, Reply]) -> Reply:
        """Holds stock in one statement, or returns the first reply when the key was used before."""
        assert isinstance(command, Reserve)
        [want] = command.wants
        now = self._clock()
        line = Line(want.product, want.warehouse, want.quantity)
        held = Reservation(command.id, command.order, (line,), ReservationState.HELD, now + command.ttl, now, now)
        reply = once.render(cast("Value", held))
        event = event_pb2.ReservationCreated(reservation=cast("reservation_pb2.Reservation", reply))
        figures = (held.id, held.order, held.expire_time, now, *line.key, line.quantity, f"reservations/{held.id}")
        remembered = (once.caller, once.method, once.key, once.digest, reply.SerializeToString())
        try:
            async with reading(self._pool) as connection:
                taken = await connection.fetchval(Q["reserve"], *figures, *remembered, event.SerializeToString())
        except asyncpg.UniqueViolationError:
            taken = 0
        return reply if taken else await self._replay(once, line)

    async def _replay(self, once: Once[Any, Reply], line: Line) -> Reply:
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["replay"], once.method, once.caller, once.key)
        if row is None:
            raise OutOfStock(line.product, line.quantity, 0)
        if row["digest"] != once.digest:
            raise RequestIdReused(once.key)
        return once.reply_type.FromString(row["reply"])


@asynccontextmanager
async def compose(settings: Settings) -> AsyncIterator[Service]:
    """Reservations alone, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    async with open_stores("inventory", settings, system_clock) as stores:
        single = cast("store.Stock", SingleStatements(stores.pool, system_clock))
        reservations = store.Reservations(stores.pool, stores.units, system_clock)
        yield Service(
            servicers=[servicer.Reservations(single, reservations, pager, system_clock)],
            dependencies=stores.dependencies,
        )


if __name__ == "__main__":
    run("inventory", compose)
