"""The outbox gives events in commit order, misses none, and tells a reader that comes too late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
from google.protobuf.wrappers_pb2 import StringValue

from services._platform import outbox
from services._platform.housekeeping import KEEP_EVENTS, KEEP_REPLIES, housekeeping
from services._platform.lease import Lease
from services._platform.outbox import Event, Position
from services._platform.postgres import Connection, Pool, reading, transaction
from tests.conftest import Clock

TOPIC = StringValue.DESCRIPTOR.full_name
START = Position(0, 0)


def event(text: str) -> Event:
    return Event(text, StringValue(value=text))


async def announce(pool: Pool, *texts: str) -> None:
    async with transaction(pool) as connection:
        await outbox.append(connection, [event(text) for text in texts])


async def read(pool: Pool, after: Position = START, limit: int = 100) -> tuple[list[str], Position]:
    """The keys of the next events, and where the reader stands after them."""
    async with reading(pool) as connection:
        entries = await outbox.read(connection, TOPIC, after, limit)
    return [entry.key for entry in entries], entries[-1].position if entries else after


@asynccontextmanager
async def open_transaction(pool: Pool, *texts: str) -> AsyncIterator[Connection]:
    """A transaction that has announced something and is not committed before the block ends."""
    async with transaction(pool) as connection:
        await outbox.append(connection, [event(text) for text in texts])
        yield connection


async def test_events_come_as_they_were_committed(pool: Pool) -> None:
    await announce(pool, "a", "b")
    await announce(pool, "c")
    async with reading(pool) as connection:
        first, *_ = await outbox.read(connection, TOPIC, START, 1)
    assert (first.key, StringValue.FromString(first.payload).value) == ("a", "a")
    assert await read(pool) == (["a", "b", "c"], (await read(pool))[1])


async def test_a_reader_resumes_where_it_stood(pool: Pool) -> None:
    await announce(pool, *"abcde")
    seen, after = await read(pool, limit=2)
    more, after = await read(pool, after, limit=2)
    await announce(pool, "f")
    rest, after = await read(pool, after)
    assert [seen, more, rest] == [["a", "b"], ["c", "d"], ["e", "f"]]
    assert await read(pool, after) == ([], after)


async def test_a_lower_number_that_commits_later_is_not_skipped(pool: Pool) -> None:
    async with open_transaction(pool, "early"):
        await announce(pool, "late")
        assert (await read(pool))[0] == []  # `late` is committed; to show it now would lose `early`
    seen, after = await read(pool)
    assert seen == ["early", "late"]
    assert (await read(pool, after))[0] == []


async def test_interleaved_transactions_are_all_read_once_by_a_reader_that_looks_all_the_time(pool: Pool) -> None:
    seen: list[str] = []
    after = START

    async def look() -> None:
        nonlocal after
        keys, after = await read(pool, after)
        seen.extend(keys)

    async with open_transaction(pool, "a1") as first:
        await look()
        async with open_transaction(pool, "b1") as second:
            await outbox.append(first, [event("a2")])
            await announce(pool, "c")
            await look()
            await outbox.append(second, [event("b2")])
        await look()
        await announce(pool, "d")
        await outbox.append(first, [event("a3")])
        await look()
    await look()
    assert seen == ["a1", "a2", "a3", "b1", "b2", "c", "d"]


async def test_what_is_rolled_back_is_never_announced(pool: Pool) -> None:
    try:
        async with open_transaction(pool, "never"):
            raise LookupError
    except LookupError:
        await announce(pool, "a")
    assert (await read(pool))[0] == ["a"]


async def test_from_the_end_only_what_commits_from_now_on(pool: Pool) -> None:
    await announce(pool, "before")
    async with reading(pool) as connection:
        end = await outbox.end(connection)
    await announce(pool, "after")
    assert (await read(pool, end))[0] == ["after"]


async def test_the_end_is_before_what_still_runs(pool: Pool) -> None:
    async with open_transaction(pool, "running"), reading(pool) as connection:
        end = await outbox.end(connection)
    assert (await read(pool, end))[0] == ["running"]


async def test_topics_are_apart(pool: Pool) -> None:
    await announce(pool, "a")
    async with reading(pool) as connection:
        assert await outbox.read(connection, "another.Topic", START, 10) == []


async def test_trimmed_events_are_gone_and_the_horizon_says_so(pool: Pool, owner: asyncpg.Connection) -> None:
    await announce(pool, *"abc")
    _, early = await read(pool, limit=1)
    _, last = await read(pool)
    old = await owner.fetchval("UPDATE outbox SET create_time = now() - interval '8 days' RETURNING now()")
    await announce(pool, "d")
    before = old - timedelta(days=7)
    async with transaction(pool) as connection:
        assert await outbox.kept_since(connection, TOPIC, START)
        assert [await outbox.trim(connection, before, 2) for _ in range(3)] == [2, 1, 0]
        assert not await outbox.kept_since(connection, TOPIC, START)
        assert not await outbox.kept_since(connection, TOPIC, early)
        assert await outbox.kept_since(connection, TOPIC, last)
        assert await outbox.kept_since(connection, "another.Topic", START)
    assert (await read(pool, last))[0] == ["d"]


async def test_housekeeping_deletes_what_is_old_and_keeps_the_rest(
    pool: Pool, owner: asyncpg.Connection, clock: Clock
) -> None:
    for place, age in enumerate((KEEP_REPLIES, KEEP_EVENTS)):
        old, young = clock() - age - timedelta(seconds=1), clock() - age + timedelta(seconds=1)
        for name, created in (("old", old), ("young", young)):
            if place:
                await owner.execute(
                    "INSERT INTO outbox (topic, key, payload, create_time) VALUES ('t', $1, '', $2)", name, created
                )
            else:
                await owner.execute("INSERT INTO remembered_reply VALUES ('m', 'c', $1, '', '', $2)", name, created)
    loop = housekeeping(pool, clock, Lease(pool, "housekeeping", "me"))
    assert await loop.step() is False  # nothing is left to do
    assert [row["key"] for row in await owner.fetch("SELECT key FROM outbox")] == ["young"]
    assert [row["key"] for row in await owner.fetch("SELECT key FROM remembered_reply")] == ["young"]
