"""Queues in Postgres: how they are worked off. The dispatcher learns of each change after its commit."""

from collections.abc import Callable
from typing import Any

from mesh.jobs.v1 import event_pb2, queue_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import names
from services.jobs.store.versions import CONFIGURE

Q = sql.load(__package__, "queues", "jobs")


class Queues:
    """Reads and configures queues."""

    def __init__(self, pool: Pool, units: UnitOfWork, doorbell: Doorbell) -> None:
        self._pool = pool
        self._units = units
        self._doorbell = doorbell

    async def get(self, id: str) -> queue_pb2.Queue:
        """A queue; with the defaults when it was never configured."""
        async with reading(self._pool) as connection:
            return _read(await connection.fetchrow(Q["get_queue"], id), id)

    async def page(self, after: str, limit: int) -> list[queue_pb2.Queue]:
        """Queues that were configured, in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_queues"], after, limit)
        return [_read(row, row["queue_id"]) for row in rows]

    async def change(
        self, id: str, change: Callable[[queue_pb2.Queue], queue_pb2.Queue], once: Once[queue_pb2.Queue, Reply]
    ) -> Reply:
        """Replaces the settings of a queue by what a function makes of them."""

        async def work(unit: Unit) -> queue_pb2.Queue:
            await unit.connection.execute(Q["lock_queue"], id)
            after = change(_read(await unit.connection.fetchrow(Q["get_queue"], id), id))
            after.update_time.FromDatetime(unit.now)
            content = after.SerializeToString()
            drained = (
                any(not (part.task or part.tenant) for part in after.drains),
                [part.task for part in after.drains if part.task],
                [part.tenant for part in after.drains if part.tenant],
            )
            await unit.connection.execute(Q["save_queue"], id, content, unit.now, *drained)
            await unit.connection.execute(Q["ask"], CONFIGURE, None, id, unit.now)
            unit.emit(after.name, event_pb2.QueueChanged(queue=after))
            return after

        reply = await self._units.run(once, work)
        self._doorbell.ring()
        return reply


def _read(row: Any, id: str) -> queue_pb2.Queue:
    queue = queue_pb2.Queue.FromString(row["definition"]) if row is not None else queue_pb2.Queue()
    queue.name = names.QUEUE.name(id)
    return queue
