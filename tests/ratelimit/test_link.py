"""The link to Redis: every answer goes to whoever asked, and nobody waits for one that does not come."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from services._platform.errors import Unavailable
from services.ratelimit.store.link import TIMEOUT, Link, open_link
from tests.conftest import eventually
from tests.ratelimit.conftest import OwnRedis


@pytest.fixture
async def link(redis: Redis) -> AsyncIterator[Link]:
    """A link to the test worker's Redis."""
    link = await open_link(redis)
    yield link
    await link.close()


@pytest.fixture
async def own_link(own_redis: OwnRedis) -> AsyncIterator[Link]:
    """A link to a Redis that a test may end."""
    async with Redis.from_url(own_redis.url) as redis:
        link = await open_link(redis)
        yield link
        await link.close()


async def test_every_answer_goes_to_whoever_asked(link: Link) -> None:
    answers = await asyncio.gather(*(link.call("ECHO", str(number)) for number in range(1000)))
    assert answers == [str(number).encode() for number in range(1000)]


async def test_who_has_gone_leaves_the_answers_of_others_alone(link: Link) -> None:
    calls = [link.call("ECHO", str(number)) for number in range(10)]
    for gone in calls[::2]:
        gone.cancel()
    assert await asyncio.gather(*calls[1::2]) == [b"1", b"3", b"5", b"7", b"9"]


async def test_an_error_is_told_to_its_caller_alone(link: Link) -> None:
    before, wrong, after = link.call("ECHO", "a"), link.call("NO-SUCH-COMMAND"), link.call("ECHO", "b")
    with pytest.raises(Unavailable) as refused:
        await wrong
    assert "unknown command" in str(refused.value.__cause__)
    assert (await before, await after) == (b"a", b"b")


async def test_all_give_up_on_a_redis_that_does_not_answer(own_link: Link, own_redis: OwnRedis) -> None:
    with own_redis.out_of_reach():
        async with asyncio.timeout(100 * TIMEOUT):
            told = await asyncio.gather(*(own_link.call("PING") for _ in range(20)), return_exceptions=True)
    assert {type(one) for one in told} == {Unavailable}
    assert not own_link.open
    with pytest.raises(Unavailable):
        await own_link.call("PING")


async def test_a_redis_that_ends_is_noticed_before_anybody_asks(own_link: Link, own_redis: OwnRedis) -> None:
    async def noticed() -> bool:
        return not own_link.open

    own_redis.stop()
    await eventually(noticed)


async def test_where_there_is_no_redis_there_is_no_link(own_redis: OwnRedis) -> None:
    own_redis.stop()
    async with Redis.from_url(own_redis.url) as redis:
        with pytest.raises(Unavailable):
            await open_link(redis)
