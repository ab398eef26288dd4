"""What is lent to edges: together never more than the limit, however they come, go and change their demand."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.ratelimit.convert import quotas as convert
from services.ratelimit.domain.limits import SECOND, Algorithm, Enforcement
from tests.conftest import Backends
from tests.ratelimit.scripted import START, Counters, a_limit, counting

TTL = 15 * SECOND
LIMIT = 100

reports = st.lists(
    st.tuples(st.integers(0, 20 * SECOND), st.sampled_from(["a", "b", "c", "d"]), st.integers(0, 400)),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@example([(0, "b", 0), (0, "a", 0), (1, "b", 1), (0, "b", 0), (TTL - 1, "a", 0)])
@given(reports)
def test_loans_that_hold_never_come_to_more_than_the_limit(
    backends: Backends, reports: Sequence[tuple[int, str, int]]
) -> None:
    """An edge may go by any of its loans until that has expired, so all that were larger than the last one count."""

    async def play() -> None:
        async with Redis.from_url(backends.redis) as redis, counting(redis) as counters:
            await redis.flushdb()
            now = START
            loans: list[tuple[str, int, int]] = []
            for gap, edge, demand in reports:
                now += gap
                await counters.at(now)
                loans.append((edge, await counters.ledger.lend("lent", edge, demand, LIMIT, TTL), now + TTL))
                assert sum(_held(loans, now).values()) <= LIMIT

    asyncio.run(play())


@pytest.fixture
async def counters(redis: Redis) -> AsyncIterator[Counters]:
    """A ledger in the test worker's Redis."""
    async with counting(redis) as counters:
        yield counters


async def test_a_busy_edge_is_lent_more_than_an_idle_one(counters: Counters) -> None:
    """Whoever comes first is lent everything, and makes room when what it was lent first is over."""
    loans = []
    for report in range(4):
        await counters.at(START + report * TTL // 3)
        loans.append([await counters.ledger.lend("lent", *edge, LIMIT, TTL) for edge in (("idle", 1), ("busy", 97))])
    assert loans == [[100, 0], [2, 0], [2, 0], [2, 98]]


async def test_what_is_lent_cannot_be_used_elsewhere(counters: Counters) -> None:
    await counters.at(START)
    limit = a_limit(Algorithm.FIXED_WINDOW, 10, keys=(), enforcement=Enforcement.QUOTA)
    lent = await counters.ledger.lend(limit.id, "edge", 0, 10, TTL)
    elsewhere = sum([await counters.takes(limit, subject="") for _ in range(20)])
    assert lent + elsewhere == 10


def test_a_bucket_at_an_edge_lets_through_a_tenth_more_than_its_loan_at_most() -> None:
    for units in (1, 7, 10, 99, 1000):
        bucket = convert.strategy(units, 60 * SECOND).token_bucket
        fills = 60 * SECOND // bucket.fill_interval.ToMicroseconds()
        assert bucket.max_tokens + fills * bucket.tokens_per_fill.value <= units + -(-units // 10)
    assert convert.strategy(0, SECOND).blanket_rule


def _held(loans: Sequence[tuple[str, int, int]], now: int) -> dict[str, int]:
    """What each edge may let through at most: the largest of its loans that have not expired."""
    held: dict[str, int] = {}
    for edge, units, until in loans:
        if until > now:
            held[edge] = max(held.get(edge, 0), units)
    return held
