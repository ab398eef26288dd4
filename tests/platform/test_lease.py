"""Leases: one holder at a time, and a holder that lost its lease can write nothing under it."""

import asyncio
from datetime import timedelta

import asyncpg

from services._platform.lease import Lease
from services._platform.postgres import Pool, transaction
from tests.platform.conftest import waiting_for_a_lock


def lease(pool: Pool, holder: str) -> Lease:
    return Lease(pool, "sweep", holder, ttl=timedelta(minutes=1))


async def expire(owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE lease SET expire_time = clock_timestamp()")


async def test_one_holder(pool: Pool, owner: asyncpg.Connection) -> None:
    fences = await asyncio.gather(*(lease(pool, f"replica-{n}").take() for n in range(6)))
    assert sorted(fences, key=bool) == [None] * 5 + [1]


async def test_the_holder_renews_and_keeps_its_fence(pool: Pool, owner: asyncpg.Connection) -> None:
    assert await lease(pool, "a").take() == 1
    before = await owner.fetchval("SELECT expire_time FROM lease")
    assert await lease(pool, "a").take() == 1
    assert await owner.fetchval("SELECT expire_time FROM lease") > before


async def test_each_new_holder_gets_a_greater_fence(pool: Pool, owner: asyncpg.Connection) -> None:
    fences = []
    for holder in "abaab":
        fences.append(await lease(pool, holder).take())
        await expire(owner)
    assert fences == [1, 2, 3, 4, 5]  # who comes back after an expiry is a new holder, even under the old name


async def test_given_up_another_may_take_it_at_once(pool: Pool) -> None:
    await lease(pool, "a").take()
    await lease(pool, "b").give_up()  # not his to give
    assert await lease(pool, "b").take() is None
    await lease(pool, "a").give_up()
    assert await lease(pool, "b").take() == 2


async def test_a_zombie_is_refused_inside_its_transaction(pool: Pool, owner: asyncpg.Connection) -> None:
    mine, other = lease(pool, "a"), lease(pool, "b")
    fence = await mine.take()
    assert fence is not None
    async with transaction(pool) as connection:
        assert await mine.stands(connection, fence)
        assert not await mine.stands(connection, fence + 1)
    await expire(owner)
    async with transaction(pool) as connection:
        assert not await mine.stands(connection, fence)  # nobody took it, but somebody may
    assert await other.take() == fence + 1
    async with transaction(pool) as connection:
        assert not await mine.stands(connection, fence)
    await expire(owner)
    assert await mine.take() == fence + 2
    async with transaction(pool) as connection:
        assert not await mine.stands(connection, fence)  # the fence of its former life


async def test_while_a_transaction_relies_on_it_the_lease_does_not_change_hands(
    pool: Pool, owner: asyncpg.Connection
) -> None:
    fence = await lease(pool, "a").take()
    assert fence is not None
    async with transaction(pool) as connection:
        assert await lease(pool, "a").stands(connection, fence)
        taking = asyncio.create_task(lease(pool, "b").take())
        await waiting_for_a_lock(owner)
        assert not taking.done()
    assert await taking is None


async def test_taken_anew_by_its_holder_it_has_a_new_fence(pool: Pool) -> None:
    mine = lease(pool, "a")
    assert await mine.take(anew=True) == 1
    assert await mine.take(anew=True) == 2
    assert await lease(pool, "b").take(anew=True) is None
    assert await mine.take() == 2
    async with transaction(pool) as connection:
        assert not await mine.stands(connection, 1)
        assert await mine.stands(connection, 2)


async def test_taken_anew_what_relies_on_it_is_over(pool: Pool, owner: asyncpg.Connection) -> None:
    """So a holder that takes it anew knows what became of its last write."""
    mine = lease(pool, "a")
    fence = await mine.take()
    assert fence is not None
    async with transaction(pool) as connection:
        assert await mine.stands(connection, fence)
        taking = asyncio.create_task(mine.take(anew=True))
        await waiting_for_a_lock(owner)
        assert not taking.done()
    assert await taking == fence + 1


async def test_names_are_apart(pool: Pool) -> None:
    assert await Lease(pool, "one", "a").take() == 1
    assert await Lease(pool, "two", "b").take() == 1
