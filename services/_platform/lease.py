"""Leases in Postgres, for what only one process may do at a time.

A holder that stalls may wake after its lease went to another. So a lease carries a fence, a number that grows with
each new holder, and a write under the lease checks in its own transaction that the fence still stands (Kleppmann,
"How to do distributed locking", 2016).
"""

from dataclasses import dataclass
from datetime import timedelta

from services._platform import sql
from services._platform.postgres import Connection, Pool, reading

_QUERIES = sql.load(__package__, "queries")


@dataclass(frozen=True, slots=True)
class Lease:
    """A name to be held by one holder at a time, for `ttl` unless renewed. Expiry is judged by the database's clock."""

    pool: Pool
    name: str
    holder: str
    ttl: timedelta = timedelta(seconds=15)

    async def take(self, *, anew: bool = False) -> int | None:
        """Takes or renews the lease; returns its fence, or None when another holds it.

        A holder that does not know whether its last write was committed takes it `anew`: by then that write either is
        committed or never will be, for the fence that it was under stands no more.
        """
        query = _QUERIES["take_lease"]
        async with reading(self.pool) as connection:
            fence: int | None = await connection.fetchval(query, self.name, self.holder, self.ttl, anew)
            return fence

    async def give_up(self) -> None:
        """Lets another take the lease at once."""
        async with reading(self.pool) as connection:
            await connection.execute(_QUERIES["give_up_lease"], self.name, self.holder)

    async def stands(self, connection: Connection, fence: int) -> bool:
        """Whether the lease is still held under this fence; asked inside the transaction that relies on it."""
        return await connection.fetchrow(_QUERIES["holds_lease"], self.name, self.holder, fence) is not None
