"""Deletes what nobody will ask for again."""

from datetime import datetime, timedelta
from uuid import UUID

from services._platform import sql
from services._platform.clock import Clock
from services._platform.postgres import Pool, transaction

Q = sql.load(__package__, "forgetting")

KEEP = timedelta(days=40)
"""Longer than a schedule catches up, and than the history of jobs reaches back."""
KEEP_REQUESTS = timedelta(days=1)


async def forget(pool: Pool, clock: Clock) -> None:
    """Deletes old fires, workflows and requests, and results that answer no more."""
    now = clock()
    async with transaction(pool) as connection:
        await connection.execute(Q["forget_fires"], _first_uuid(now - KEEP))
        await connection.execute(Q["forget_workflows"], now - KEEP)
        await connection.execute(Q["forget_requests"], now - KEEP_REQUESTS)
        await connection.execute(Q["forget_cached_results"], now)


def _first_uuid(instant: datetime) -> UUID:
    """The least UUIDv7 of an instant: its first 48 bits are milliseconds (RFC 9562, 5.7)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
