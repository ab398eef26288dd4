"""Reads dead letters, sends them on their way again, or deletes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.events.domain.events import Event
from services.events.domain.items import Cause
from services.events.store.rows import read_event

Q = sql.load(__package__, "dead_letters")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was given up, and why."""

    number: int
    event: Event
    cause: Cause
    error: str
    attempts: int
    consumer: str
    dead_time: datetime
    redriven: bool


class DeadLetters:
    """Dead letters in Postgres, by the name of their group."""

    def __init__(self, pool: Pool, units: UnitOfWork, doorbell: Doorbell) -> None:
        self._pool = pool
        self._units = units
        self._doorbell = doorbell

    async def page(self, group: str, after: int, limit: int) -> list[DeadLetter]:
        """Dead letters, oldest first, after a number."""
        async with reading(self._pool) as connection:
            return [_read(row) for row in await connection.fetch(Q["list_letters"], group, after, limit)]

    async def count(self, uid: str) -> int:
        """How many a group has."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["count_letters"], uid))

    async def redrive(self, group: str, numbers: Sequence[int], once: Once[int, Reply]) -> Reply:
        """Has the owner deliver them again; all when there are no numbers."""
        reply = await self._units.run(once, lambda unit: _count(unit, Q["redrive"], group, numbers))
        self._doorbell.ring()
        return reply

    async def discard(self, group: str, numbers: Sequence[int], once: Once[int, Reply]) -> Reply:
        """Deletes them; all when there are no numbers."""
        return await self._units.run(once, lambda unit: _count(unit, Q["discard"], group, numbers))


async def _count(unit: Unit, query: str, group: str, numbers: Sequence[int]) -> int:
    return int(await unit.connection.fetchval(query, group, numbers))


def _read(row: Any) -> DeadLetter:
    return DeadLetter(
        number=row["number"],
        event=read_event(row),
        cause=Cause(row["cause"]),
        error=row["error"],
        attempts=row["attempts"],
        consumer=row["consumer"],
        dead_time=row["dead_time"],
        redriven=row["redriven"],
    )
