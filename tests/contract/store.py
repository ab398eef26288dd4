"""What a mesh keeps, seen from below: so that a law can tell that nothing was written, or just once."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

_TABLES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
AND tablename NOT IN ('lease', 'replica')  -- renewed whatever happens
ORDER BY 1
"""
_CONTENT = "SELECT '{0}' AS name, count(*) AS rows, sum(hashtextextended(t::text, 0)::numeric) AS hash FROM {0} AS t"
_ANNOUNCED = "SELECT payload FROM {0}.outbox WHERE topic = $1 AND key = $2 ORDER BY id DESC LIMIT 1"
_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() \
AND backend_type = 'client backend' AND state <> 'idle'"

_BEGAN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
"""How many transactions have written so far: while it stays, so does what is kept, and nothing need be read again."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the tables hold: rows, and a hash that tells one content from another, by table."""

    rows: Mapping[str, int]
    hashes: Mapping[str, int]

    def added_since(self, before: "Content") -> Counter[str]:
        """How many rows came, by table."""
        return Counter({table: rows - before.rows[table] for table, rows in self.rows.items()})

    def differs_from(self, other: "Content") -> list[str]:
        """The tables that differ."""
        return sorted(table for table, hash_ in self.hashes.items() if other.hashes[table] != hash_)


class Store:
    """A Postgres, read as its superuser."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self._runner = runner
        self._connection = connection
        self._query = ""
        self._kept: tuple[str, Content] | None = None

    def content(self) -> Content:
        """What the tables hold once nobody is writing."""
        return self._runner.run(self._read())

    def announced(self, area: str, topic: str, key: str) -> bytes:
        """The newest event of a topic about a resource, waited for."""
        return self._runner.run(self._announced(area, topic, key))

    async def _announced(self, area: str, topic: str, key: str) -> bytes:
        async with asyncio.timeout(10):
            while True:
                payload: bytes | None = await self._connection.fetchval(_ANNOUNCED.format(area), topic, key)
                if payload is not None:
                    return payload
                await asyncio.sleep(0.05)

    async def _read(self) -> Content:
        if not self._query:
            tables = [row[0] for row in await self._connection.fetch(_TABLES)]
            self._query = " UNION ALL ".join(_CONTENT.format(table) for table in tables)
        async with asyncio.timeout(10):
            while await self._connection.fetchval(_BUSY):  # noqa: ASYNC110  others write, in other processes
                await asyncio.sleep(0.002)
        began = await self._connection.fetchval(_BEGAN)
        if self._kept is None or self._kept[0] != began:
            rows = await self._connection.fetch(self._query)
            content = Content({row["name"]: row["rows"] for row in rows}, {row["name"]: row["hash"] for row in rows})
            self._kept = began, content
        return self._kept[1]


@contextmanager
def open_store(dsn: str) -> Iterator[Store]:
    """The store of a mesh."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        try:
            yield Store(runner, connection)
        finally:
            runner.run(connection.close())
