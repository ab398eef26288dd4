"""Moves what services have committed to their outboxes into the log."""

from services._platform import sql
from services._platform.clock import Clock
from services._platform.postgres import Pool, reading

Q = sql.load(__package__, "log")


class Outboxes:
    """The outboxes of all services, each in its own schema, read through the function that it offers."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def sources(self) -> list[str]:
        """The services that have one."""
        async with reading(self._pool) as connection:
            return [row["nspname"] for row in await connection.fetch(Q["outboxes"])]

    async def relay(self, source: str, limit: int) -> tuple[int, bool]:
        """Moves the next events of a service; how many, and whether more wait for an older transaction to end."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["relay"], source, self._clock(), limit)
        assert row is not None
        return row["moved"], row["held"]
