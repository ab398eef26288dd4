"""What a mesh keeps, seen from below: so that a law can tell that nothing was written, or just once."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

_TABLES = """
SELECT quote_ident(nspname) || '.' || quote_ident(relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname !~ '^pg_' AND nspname <> 'information_schema'
AND relname NOT IN ('lease', 'replica')  -- renewed whatever happens
ORDER BY 1
"""
_READ = "SELECT '{0}' AS name, count(*) AS rows, sum(hashtextextended(t::text, 0)::numeric) AS hash FROM {0} AS t"
_LOOK = """
SELECT '{0}' AS name, count(*) AS rows, count(*) FILTER (WHERE age(t.xmin) <= age($1::text::xid)) AS new,
       sum(hashtextextended(t::text, 0)::numeric) FILTER (WHERE age(t.xmin) <= age($1::text::xid)) AS hash
FROM {0} AS t
"""
"""The same, of what was written since a transaction began."""
_ANNOUNCED = "SELECT payload FROM {0}.outbox WHERE topic = $1 AND key = $2 ORDER BY id DESC LIMIT 1"
_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() \
AND backend_type = 'client backend' AND state <> 'idle'"

_BEGAN = (
    "SELECT pg_snapshot_xmin(s)::xid::text AS oldest, pg_snapshot_xmax(s)::text AS next FROM pg_current_snapshot() AS s"
)
"""The oldest transaction that still writes, and the next to write: while that stays, so does what is kept."""


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


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read last, and the transactions of that moment."""

    oldest: str
    next: str
    content: Content


class Store:
    """A Postgres, read as its superuser."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self._runner = runner
        self._connection = connection
        self._look: PreparedStatement | None = None
        self._kept: _Kept | None = None

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
        async with asyncio.timeout(10):
            while await self._connection.fetchval(_BUSY):  # noqa: ASYNC110  others write, in other processes
                await asyncio.sleep(0.002)
        [began] = await self._connection.fetch(_BEGAN)
        if self._look is None or self._kept is None:
            tables = [row[0] for row in await self._connection.fetch(_TABLES)]
            # Of a text as long as this one, asyncpg keeps no plan by itself.
            self._look = await self._connection.prepare(" UNION ALL ".join(map(_LOOK.format, tables)))
            content = await self._whole(tables)
        elif self._kept.next == began["next"]:
            return self._kept.content
        else:
            content = await self._changed(self._look, self._kept)
        self._kept = _Kept(began["oldest"], began["next"], content)
        return content

    async def _changed(self, look: PreparedStatement, kept: _Kept) -> Content:
        """What is kept now, from what was: of tables that only grew, what is new; the others are read again."""
        rows, hashes, others = {}, {}, []
        for row in await look.fetch(kept.oldest):
            name = row["name"]
            rows[name], hashes[name] = row["rows"], kept.content.hashes[name] + (row["hash"] or 0)
            if row["rows"] != kept.content.rows[name] + row["new"]:
                others.append(name)
        again = await self._whole(others)
        return Content({**rows, **again.rows}, {**hashes, **again.hashes})

    async def _whole(self, tables: Sequence[str]) -> Content:
        found = await self._connection.fetch(" UNION ALL ".join(map(_READ.format, tables))) if tables else []
        return Content({row["name"]: row["rows"] for row in found}, {row["name"]: row["hash"] or 0 for row in found})


@contextmanager
def open_store(dsn: str) -> Iterator[Store]:
    """The store of a mesh."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        try:
            yield Store(runner, connection)
        finally:
            runner.run(connection.close())
