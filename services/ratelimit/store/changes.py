"""Follows the changes of limits, from the outbox, in commit order."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator

from mesh.ratelimit.v1 import event_pb2, rate_limit_pb2
from services._platform import outbox
from services._platform.doorbell import Doorbell
from services._platform.outbox import Position
from services._platform.postgres import Pool, reading

_TOPIC = event_pb2.RateLimitChanged.DESCRIPTOR.full_name
_PAGE = 500
_LOOK_EVERY = 1.0


class LimitChanges:
    """Reads `RateLimitChanged` events as they are committed."""

    def __init__(self, pool: Pool, doorbell: Doorbell, heartbeat: float) -> None:
        self._pool = pool
        self._doorbell = doorbell
        self._heartbeat = heartbeat

    async def kept_since(self, position: Position) -> bool:
        """Whether everything after a position can still be read."""
        async with reading(self._pool) as connection:
            return await outbox.kept_since(connection, _TOPIC, position)

    async def follow(
        self, after: Position | None
    ) -> AsyncIterator[tuple[rate_limit_pb2.RateLimitVersion | None, Position]]:
        """Changes after a position (now when None), without end.

        None instead of a change comes first, and whenever nothing happened for a heartbeat.
        """
        if after is None:
            async with reading(self._pool) as connection:
                after = await outbox.end(connection)
        yield None, after
        clock = get_running_loop().time
        told = clock()
        while True:
            rings = self._doorbell.rings
            async with reading(self._pool) as connection:
                entries = await outbox.read(connection, _TOPIC, after, _PAGE)
            for entry in entries:
                after, told = entry.position, clock()
                yield event_pb2.RateLimitChanged.FromString(entry.payload).change, after
            if clock() - told >= self._heartbeat:
                told = clock()
                yield None, after
            await self._doorbell.wait(rings, _LOOK_EVERY)
