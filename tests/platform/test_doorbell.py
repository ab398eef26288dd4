"""The doorbell wakes other processes through Redis, and is missed by nobody while Redis is away."""

import asyncio
import secrets
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services._local import ports, stores
from services._platform import doorbell
from services._platform.doorbell import Doorbell, open_doorbell
from tests.conftest import Backends
from tests.platform.conftest import until


@pytest.fixture
def channel() -> str:
    return f"test:{secrets.token_hex(6)}"


@pytest.fixture
def own_valkey(tmp_path: Path) -> stores.Store:
    """A Valkey that a test may start and stop."""
    port = ports.choose(["valkey"], {}, edge=None, seed=str(tmp_path))["valkey"]
    return stores.valkey(tmp_path / "valkey", port, secrets.token_hex(8))


async def test_a_ring_wakes_who_waits_in_the_same_process(redis: Redis, channel: str) -> None:
    bell = Doorbell(redis, channel)
    waiting = [asyncio.create_task(bell.wait(bell.rings, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)


async def test_a_ring_between_a_look_and_a_wait_is_not_lost(redis: Redis, channel: str) -> None:
    bell = Doorbell(redis, channel)
    seen = bell.rings
    bell.ring()
    async with asyncio.timeout(30):
        await bell.wait(seen, 60)


async def test_without_a_ring_the_wait_ends_by_itself(redis: Redis, channel: str) -> None:
    bell = Doorbell(redis, channel)
    await bell.wait(bell.rings, 0.01)
    assert bell.rings == 0


async def test_a_ring_wakes_another_process(backends: Backends, redis: Redis, channel: str) -> None:
    async with (
        Redis.from_url(backends.redis) as other_redis,
        open_doorbell(redis, channel) as mine,
        open_doorbell(other_redis, channel) as other,
    ):
        await until(lambda: other.rings)  # it listens
        seen = other.rings
        waiting = asyncio.create_task(other.wait(seen, 60))
        mine.ring()
        async with asyncio.timeout(30):
            await waiting
        assert other.rings > seen


async def test_channels_are_apart(backends: Backends, redis: Redis, channel: str) -> None:
    async with open_doorbell(redis, channel) as mine, open_doorbell(redis, f"{channel}:other") as other:
        await until(lambda: mine.rings and other.rings)  # both listen
        seen, heard = other.rings, mine.rings
        mine.ring()
        await until(lambda: mine.rings > heard + 1)  # by itself, and back through Redis
        assert other.rings == seen


async def test_while_redis_is_away_nothing_fails_and_later_it_is_heard_again(
    own_valkey: stores.Store, tmp_path: Path, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "_RECONNECT", 0.01)
    log = tmp_path / "log"
    async with (
        Redis.from_url(own_valkey.url) as mine_redis,
        Redis.from_url(own_valkey.url) as other_redis,
        open_doorbell(mine_redis, channel) as mine,
        open_doorbell(other_redis, channel) as other,
    ):
        mine.ring()  # nobody is there: it neither waits nor fails
        await other.wait(other.rings, 0.01)  # the poll is the safety net
        for _ in range(2):
            seen = other.rings
            with stores.running(own_valkey, log):
                await rung(other, seen)  # it listens again, and looks at what it missed
                seen = other.rings
                mine.ring()
                await rung(other, seen)


async def rung(bell: Doorbell, rings: int) -> None:
    """Returns when a bell has rung more often."""
    await until(lambda: bell.rings > rings)
