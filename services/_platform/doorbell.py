"""The doorbell: tells listeners in every replica that something was committed, through Redis.

It carries no content and may be lost: a listener reads what is new from Postgres, and looks by itself now and then.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services._platform.log import logger
from services._platform.tasks import end

_RECONNECT = 1.0
_REST = 0.005
"""Seconds between two publications: under load, rings that come meanwhile are one."""
_log = logger(__name__)


class Doorbell:
    """One bell for one schema. `rings` counts what was heard, so that a ring between a look and a wait is not lost."""

    def __init__(self, redis: Redis, channel: str) -> None:
        self.rings = 0
        self._redis = redis
        self._channel = channel
        self._to_ring: set[str] = set()
        self._heard = asyncio.Event()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wakes the listeners: at once in this process, through Redis in the others. Never waits, never fails."""
        self._hear()
        self.ring_at(self._channel)

    def ring_at(self, channel: str) -> None:
        """Wakes the listeners of another bell. Never waits, never fails."""
        self._to_ring.add(channel)
        self._rung.set()

    async def wait(self, rings: int, timeout: float) -> None:  # noqa: ASYNC109
        """Returns when the bell has rung more than `rings` times, or after `timeout` seconds."""
        if self.rings == rings:
            # Not `wait_for`, which before Python 3.12 forgets that it is cancelled when the bell rings at that moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._heard.wait()

    async def publish(self) -> None:
        """Carries rings to the other processes, many as one. Runs until cancelled."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            channels, self._to_ring = self._to_ring, set()
            try:
                for channel in channels:
                    await self._redis.publish(channel, b"")
                await asyncio.sleep(_REST)
            except (RedisError, OSError):
                self._to_ring |= channels
                self._rung.set()
                await asyncio.sleep(_RECONNECT)

    async def listen(self) -> None:
        """Hears the other processes. Runs until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(self._channel)
                    # The first message confirms the subscription, and stands for what was missed until then.
                    async for _ in subscription.listen():
                        self._hear()
            except (RedisError, OSError):
                _log.warning("the doorbell is out of order; listeners look by themselves")
                await asyncio.sleep(_RECONNECT)

    def _hear(self) -> None:
        self.rings += 1
        self._heard.set()
        self._heard = asyncio.Event()


def channel(service: str) -> str:
    """The channel of a service's bell."""
    return f"mesh:{service}:outbox"


@asynccontextmanager
async def open_doorbell(redis: Redis, channel: str) -> AsyncIterator[Doorbell]:
    """A doorbell that rings and hears until the block ends."""
    bell = Doorbell(redis, channel)
    tasks = [asyncio.create_task(bell.publish()), asyncio.create_task(bell.listen())]
    try:
        yield bell
    finally:
        await end(*tasks)
