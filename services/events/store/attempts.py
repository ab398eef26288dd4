"""The log of what webhooks attempted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services._platform import sql
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit
from services.events.domain.webhooks import Attempt

Q = sql.load(__package__, "attempts")


class Attempts:
    """Attempts in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, uid: str, attempts: Sequence[Attempt]) -> None:
        """Writes attempts of a webhook down."""
        async with reading(self._pool) as connection:
            await _add(connection, uid, attempts)

    async def add_within(self, unit: Unit, uid: str, attempts: Sequence[Attempt]) -> None:
        """The same in a unit of work that is under way."""
        await _add(unit.connection, uid, attempts)

    async def page(self, name: str, before: str | None, limit: int) -> list[tuple[str, Attempt]]:
        """Attempts with their ids, newest first, before an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_attempts"], name, before, limit)
        return [(str(row["id"]), _read(row)) for row in rows]

    async def forget(self, before: datetime, limit: int) -> int:
        """Deletes attempts from before an instant; returns how many."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["forget_attempts"], before, limit))


async def _add(connection: Connection, uid: str, attempts: Sequence[Attempt]) -> None:
    rows = [
        (
            one.event or None,
            one.topic,
            one.attempt,
            one.time,
            timedelta(seconds=one.seconds),
            one.status,
            one.error,
            one.excerpt,
        )
        for one in attempts
    ]
    await connection.execute(Q["add_attempts"], uid, *sql.columns(rows, 8))


def _read(row: Any) -> Attempt:
    return Attempt(
        event=str(row["event_id"] or ""),
        topic=row["topic"],
        attempt=row["attempt"],
        time=row["create_time"],
        seconds=row["duration"].total_seconds(),
        status=row["status_code"],
        error=row["error"],
        excerpt=row["excerpt"],
    )
