"""What holds while a store is away, slow or wiped. The bounds are those of docs/ratelimit.md."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import pytest
from redis.asyncio import Redis

from mesh.ratelimit.v1 import rate_limit_pb2
from mesh.ratelimit.v1.limiter_service_pb2 import CommitRequest, ReserveRequest
from mesh.ratelimit.v1.rate_limit_service_pb2 import ListRateLimitsRequest
from services._platform.clock import system_clock
from tests.conftest import Database, eventually
from tests.inventory.conftest import refused
from tests.ratelimit.conftest import HOUR, OwnRedis, RateLimiter, descriptor, running

LOG = rate_limit_pb2.ALGORITHM_SLIDING_LOG
RATES = [number for number in rate_limit_pb2.Algorithm.values() if number not in (0, 6)]


async def degraded(limiter: RateLimiter) -> None:
    """Waits until a replica has noticed that Redis is away."""

    async def noticed() -> bool:
        return (await limiter.check(user="canary")).degraded

    await eventually(noticed)


async def recovered(limiter: RateLimiter) -> None:
    """Waits until a replica asks Redis again."""

    async def asks() -> bool:
        return not (await limiter.check(user="canary")).degraded

    await eventually(asks)


async def live(*limiters: RateLimiter) -> None:
    """Waits until replicas know of one another: their shares of 1,000 add up to it."""

    async def agreed() -> bool:
        peeks = [(await one.check(0, user="canary-of-shares")).statuses[0].limits[0].limit for one in limiters]
        return sum(peeks) == 1000

    await eventually(agreed)


async def admitted(limiters: Sequence[RateLimiter], calls: int, **entries: str) -> int:
    """How many of so many calls at once, spread over replicas, are let through."""
    turns = [limiters[number % len(limiters)].check(**entries) for number in range(calls)]
    return sum(decision.allowed for decision in await asyncio.gather(*turns))


@pytest.mark.parametrize(
    ("outage", "let_through"), [(rate_limit_pb2.OUTAGE_OPEN, 30), (rate_limit_pb2.OUTAGE_CLOSED, 0)]
)
async def test_without_redis_a_limit_is_open_or_closed_as_it_says(
    database: Database, own_redis: OwnRedis, outage: int, let_through: int
) -> None:
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("canary", 1000)
        await limiter.limit("five", 5, keys=["team"], outage=outage)
        assert await limiter.admitted(10, team="x") == 5
        own_redis.stop()
        await degraded(limiter)
        assert await limiter.admitted(30, team="x") == let_through


@pytest.mark.parametrize("algorithm", RATES)
async def test_without_redis_replicas_let_through_exactly_the_limit_together(
    database: Database, own_redis: OwnRedis, algorithm: int
) -> None:
    async with (
        running(database, redis_url=own_redis.url) as one,
        running(database, redis_url=own_redis.url) as other,
    ):
        await other.limit("canary", 1000)
        await one.limit("seven", 7, keys=["team"], algorithm=algorithm, window=HOUR)
        await eventually(lambda: _knows(other))
        own_redis.stop()
        await degraded(one)
        await degraded(other)
        await live(one, other)
        for team in ("x", "y", "z"):
            assert await admitted([one, other], 60, team=team) == 7


async def test_an_outage_lets_through_twice_the_limit_at_most_and_is_paid_for(
    database: Database, own_redis: OwnRedis
) -> None:
    """Redis kept running and was out of reach: what both sides counted adds up when it is back."""
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("canary", 1000)
        await limiter.limit("ten", 10, keys=["team"], algorithm=LOG, window=HOUR)
        assert await limiter.admitted(6, team="x") == 6
        with own_redis.out_of_reach():
            await degraded(limiter)
            assert await limiter.admitted(30, team="x") == 10
        await recovered(limiter)
        assert not (await limiter.check(team="x")).allowed
        peek = (await limiter.check(0, team="x")).statuses[0].limits[0]
        assert peek.remaining == 0


async def test_a_slow_redis_keeps_nobody_waiting(database: Database, own_redis: OwnRedis) -> None:
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("five", 5)
        with own_redis.out_of_reach():
            decisions = await asyncio.gather(*(limiter.check(user="ada") for _ in range(50)))
        assert sum(decision.allowed for decision in decisions) <= 5
        assert any(decision.degraded for decision in decisions)


@pytest.mark.parametrize("algorithm", RATES)
async def test_a_wiped_redis_lets_through_twice_the_limit_at_most(
    limiter: RateLimiter, redis: Redis, algorithm: int
) -> None:
    await limiter.limit("ten", 10, algorithm=algorithm, window=HOUR)
    before = await limiter.admitted(15, user="ada")
    await redis.flushall()
    await redis.script_flush()
    after = await limiter.admitted(15, user="ada")
    assert (before, after) == (10, 10)


async def test_redis_that_comes_back_is_told_what_was_let_through(database: Database, own_redis: OwnRedis) -> None:
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("canary", 1000)
        await limiter.limit("ten", 10, keys=["team"], algorithm=LOG, window=HOUR)
        own_redis.stop()
        await degraded(limiter)
        assert await limiter.admitted(4, team="x") == 4
        own_redis.start()
        await recovered(limiter)
        assert await limiter.admitted(20, team="x") == 6


async def test_many_outages_do_not_add_up(database: Database, own_redis: OwnRedis) -> None:
    """What a replica let through in one outage it remembers in the next."""
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("canary", 1000)
        await limiter.limit("ten", 10, keys=["team"], algorithm=LOG, window=HOUR)
        total = 0
        for _ in range(3):
            with own_redis.out_of_reach():
                await degraded(limiter)
                total += await limiter.admitted(15, team="x")
            await recovered(limiter)
            total += await limiter.admitted(15, team="x")
        assert total == 10


async def test_a_replica_that_joins_during_an_outage_adds_no_more_than_its_share(
    database: Database, own_redis: OwnRedis
) -> None:
    """It cannot know what the others let through before it came. What it takes with it, nobody gets twice."""
    async with running(database, redis_url=own_redis.url) as one:
        await one.limit("canary", 1000)
        await one.limit("ten", 10, keys=["team"], algorithm=LOG, window=HOUR)
        own_redis.stop()
        await degraded(one)
        assert await one.admitted(15, team="x") == 10
        async with running(database, redis_url=own_redis.url) as other:
            await degraded(other)
            await live(one, other)
            assert await admitted([one, other], 60, team="x") == 5
        await live(one)
        assert await one.admitted(15, team="x") == 0


async def test_a_call_under_way_in_an_outage_gives_its_place_back(database: Database, own_redis: OwnRedis) -> None:
    async with running(database, redis_url=own_redis.url) as limiter:
        await limiter.limit("canary", 1000)
        await limiter.limit("one", 1, keys=["team"], algorithm=rate_limit_pb2.ALGORITHM_CONCURRENCY)
        own_redis.stop()
        await degraded(limiter)
        reserve = ReserveRequest(descriptors=[descriptor({"team": "x"})])
        for _ in range(3):
            held = await limiter.decisions.Reserve(reserve)
            assert (await refused(limiter.decisions.Reserve(reserve))).reason == "LIMIT_REACHED"
            await limiter.decisions.Commit(CommitRequest(reservation_id=held.reservation_id, units=1))


async def test_without_postgres_the_last_known_limits_go_on_deciding(limiter: RateLimiter, database: Database) -> None:
    await limiter.limit("five", 5)
    admin = await asyncpg.connect(database.backends.admin)
    try:
        await admin.execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS false')
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database.name)
        assert await limiter.admitted(10, user="ada") == 5
        away = await refused(limiter.limits.ListRateLimits(ListRateLimitsRequest()))
        assert (away.code, away.reason) == ("UNAVAILABLE", "DEPENDENCY_UNAVAILABLE")
        assert await limiter.admitted(10, user="bob") == 5
    finally:
        await admin.execute(f'ALTER DATABASE "{database.name}" ALLOW_CONNECTIONS true')
        await admin.close()
    assert (await limiter.limit("six", 6, keys=["team"])).limit == 6


async def test_the_clocks_of_replicas_do_not_matter(database: Database, redis: Redis) -> None:
    def ahead() -> datetime:
        return system_clock() + timedelta(hours=7)

    async with running(database) as one, running(database, ahead) as other:
        await one.limit("day", 10, algorithm=rate_limit_pb2.ALGORITHM_FIXED_WINDOW, window=None, calendar=3)
        await one.limit("log", 10, keys=["team"], algorithm=LOG, window=HOUR)
        await eventually(lambda: _counts(other, user="warm", team="warm"))
        assert await admitted([one, other], 40, user="ada") == 10
        assert await admitted([one, other], 40, team="x") == 10


async def _knows(limiter: RateLimiter) -> bool:
    return bool((await limiter.check(0, team="-")).binding_rate_limit)


async def _counts(limiter: RateLimiter, **entries: str) -> bool:
    return len((await limiter.check(0, **entries)).statuses[0].limits) == 2
