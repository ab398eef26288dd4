"""Jobs are handed out in the order in which they were enqueued, however Postgres keeps them."""

import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services._platform import jobs as platform
from services._platform.clock import system_clock
from services._platform.postgres import Connection
from services._platform.stores import Stores, open_stores
from services.jobs import store
from services.jobs.domain.board import Board
from services.jobs.store.news import Reader
from services.jobs.store.takeover import board
from tests.conftest import Database, settings
from tests.jobs.conftest import spec


@pytest.fixture
async def stores(database: Database) -> AsyncIterator[Stores]:
    """The stores of a jobs service that does not run."""
    async with open_stores("jobs", settings(database, "jobs"), system_clock) as stores:
        yield stores


async def test_rows_that_moved_keep_their_place(database: Database, stores: Stores) -> None:
    """As those do of one transaction of which some fill a gap of an earlier page, after a crash."""
    reader = Reader(stores.pool)
    before = (await reader.load(system_clock())).snapshot
    async with database.connect() as sql:
        ids = await _enqueue(sql, 9)
        for place in (4, 0, 7):
            await sql.execute("UPDATE jobs.job SET task = task WHERE job_id = $1", ids[place])
        moved = await sql.fetch("SELECT job_id FROM jobs.job ORDER BY transaction, ctid")
        assert [row["job_id"] for row in moved] != ids
    assert [row["job_id"] for row in (await reader.news(before)).jobs] == ids
    assert [row["job_id"] for row in (await reader.load(system_clock())).jobs] == ids


async def test_a_commit_that_an_earlier_look_saw_under_way_comes_before_those_that_followed_it(
    database: Database, stores: Stores
) -> None:
    reader = Reader(stores.pool)
    async with database.connect() as sql, database.connect() as other:
        async with sql.transaction():
            ids = await _enqueue(sql, 3)
            await other.execute("SELECT pg_current_xact_id()")
            before = (await reader.load(system_clock())).snapshot
        ids += await _enqueue(other, 3)
    assert [row["job_id"] for row in (await reader.news(before)).jobs] == ids


async def test_a_clock_that_is_behind_changes_no_place(database: Database, stores: Stores) -> None:
    """Ids follow the clock of the replica that made them; a dispatcher that takes over does not."""
    async with database.connect() as sql:
        ids = await _enqueue(sql, 6, backwards=True)
    assert ids != sorted(ids)
    loaded = await Reader(stores.pool).load(system_clock())
    assert [row["job_id"] for row in loaded.jobs] == ids


async def test_a_turn_of_the_segments_keeps_the_places(database: Database, stores: Stores) -> None:
    """What is carried on stays before what was enqueued later."""
    lease = stores.lease("dispatcher")
    fence = await lease.take()
    assert fence is not None
    async with database.connect() as sql:
        ids = await _enqueue(sql, 4, backwards=True)
        segments = store.Segments(stores.pool, lease, system_clock, most=0)
        for _ in range(2):
            ids += await _enqueue(sql, 2)
            loaded = await Reader(stores.pool).load(system_clock())
            segments.begin(loaded.ring)
            made: Board = board(loaded, {}, fence, random.Random(0), 0)  # noqa: S311
            await segments.keep(made, fence)
        ids += await _enqueue(sql, 2)
    loaded = await Reader(stores.pool).load(system_clock())
    assert loaded.ring.oldest_open > 0
    assert [row["job_id"] for row in loaded.jobs] == ids


async def _enqueue(connection: Connection, count: int, *, backwards: bool = False) -> list[UUID]:
    requests = [platform.request(spec()) for _ in range(count)]
    if backwards:
        requests.reverse()
    await platform.enqueue(connection, system_clock(), requests)
    return [one.id for one in requests]
