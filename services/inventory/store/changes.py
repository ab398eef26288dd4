"""Follows the changes of stock levels, from the outbox, in commit order."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from mesh.inventory.v1 import event_pb2, stock_pb2
from services._platform import outbox
from services._platform.doorbell import Doorbell
from services._platform.outbox import Position
from services._platform.postgres import Pool, reading

_TOPIC = event_pb2.StockChanged.DESCRIPTOR.full_name
_PAGE = 500
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """A level after a change, and where the stream stands; no level when nothing happened for a while."""

    level: stock_pb2.StockLevel | None
    position: Position


class StockChanges:
    """Reads `StockChanged` events as they are committed."""

    def __init__(self, pool: Pool, doorbell: Doorbell, heartbeat: float) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._heartbeat = heartbeat

    async def kept_since(self, position: Position) -> bool:
        """Whether everything after a position can still be read."""
        async with reading(self._pool) as connection:
            return await outbox.kept_since(connection, _TOPIC, position)

    async def follow(self, products: Collection[str], after: Position | None) -> AsyncIterator[Change]:
        """Changes of these products (all when empty) after a position (now when None), without end.

        A change without a level comes first, and whenever nothing else did for a heartbeat.
        """
        if after is None:
            async with reading(self._pool) as connection:
                after = await outbox.end(connection)
        yield Change(None, after)
        clock = get_running_loop().time
        told = clock()
        while True:
            rings = self._doorbell.rings
            async with reading(self._pool) as connection:
                entries = await outbox.read(connection, _TOPIC, after, _PAGE)
            for entry in entries:
                after = entry.position
                level = event_pb2.StockChanged.FromString(entry.payload).stock_level
                if not products or level.product in products:
                    told = clock()
                    yield Change(level, after)
            if len(entries) == _PAGE:
                continue
            if clock() - told >= self._heartbeat:
                told = clock()
                yield Change(None, after)
            await self._doorbell.wait(rings, _LOOK_EVERY)
