"""What a service shares with the others: Postgres, under a role of its own, and Redis."""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uuid_utils
from redis.asyncio import Redis

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell, channel, open_doorbell
from services._platform.faults import Fault, fault
from services._platform.health import Dependency
from services._platform.housekeeping import housekeeping
from services._platform.lease import Lease
from services._platform.loops import Loop
from services._platform.postgres import Pool, open_pool, ping
from services._platform.settings import Settings
from services._platform.unit_of_work import UnitOfWork

_REDIS_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Stores:
    """The open stores of one process of a service."""

    pool: Pool
    redis: Redis
    doorbell: Doorbell
    units: UnitOfWork
    clock: Clock
    holder: str
    """Names this process to the leases."""
    fault: Fault
    """Told of each point at which the process may die."""

    @property
    def dependencies(self) -> Mapping[str, Dependency]:
        """Postgres is the truth, so nothing goes without it. Redis only makes things faster."""
        return {
            "postgres": Dependency(self._ping_postgres),
            "redis": Dependency(self._ping_redis, required=False),
        }

    @property
    def housekeeping(self) -> Loop:
        """The loop that every service with a schema runs."""
        return housekeeping(self.pool, self.clock, self.lease("housekeeping"))

    def lease(self, name: str) -> Lease:
        """A lease that this process may take."""
        return Lease(self.pool, name, self.holder)

    async def _ping_postgres(self) -> None:
        await ping(self.pool)

    async def _ping_redis(self) -> None:
        await self.redis.ping()


@asynccontextmanager
async def open_stores(name: str, settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
    """The stores of a service, until the block ends. Nothing is connected before it is used."""
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        socket_timeout=_REDIS_TIMEOUT,
        socket_connect_timeout=_REDIS_TIMEOUT,
        health_check_interval=30,
    )
    holder = f"{socket.gethostname()}/{uuid_utils.uuid7()}"
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        redis,
        open_pool(dsn, settings.postgres_pool, application=name) as pool,
        open_doorbell(redis, channel(name)) as doorbell,
    ):
        dies = fault(settings)
        yield Stores(pool, redis, doorbell, UnitOfWork(pool, doorbell, clock, dies), clock, holder, dies)
