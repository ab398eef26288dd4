"""The rate limiter over the wire, and a small vocabulary for its tests."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf.duration_pb2 import Duration
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from mesh.ratelimit.v1 import (
    access_rule_pb2,
    access_rule_service_pb2_grpc,
    limiter_service_pb2,
    limiter_service_pb2_grpc,
    rate_limit_pb2,
    rate_limit_service_pb2_grpc,
)
from mesh.ratelimit.v1.access_rule_service_pb2 import CreateAccessRuleRequest
from mesh.ratelimit.v1.rate_limit_service_pb2 import CreateRateLimitRequest
from services._platform.clock import Clock, system_clock
from services.ratelimit.__main__ import compose
from services.ratelimit.store import link
from tests import callers
from tests.conftest import Backends, Database, eventually, serving, settings
from tests.platform.own_stores import OwnStores

PATIENT = 5.0
"""Seconds to wait for Redis where it is not what a test is about."""

BOTH = ("admin", "service")
"""The roles of who may do everything here: some RPCs are for services alone."""

MINUTE, HOUR = Duration(seconds=60), Duration(seconds=3600)


@dataclass(frozen=True)
class RateLimiter:
    """Stubs of a running rate limiter."""

    channel: grpc.aio.Channel

    @property
    def limits(self) -> "rate_limit_service_pb2_grpc.RateLimitServiceAsyncStub":
        return rate_limit_service_pb2_grpc.RateLimitServiceStub(self.channel)

    @property
    def rules(self) -> "access_rule_service_pb2_grpc.AccessRuleServiceAsyncStub":
        return access_rule_service_pb2_grpc.AccessRuleServiceStub(self.channel)

    @property
    def decisions(self) -> "limiter_service_pb2_grpc.LimiterServiceAsyncStub":
        return limiter_service_pb2_grpc.LimiterServiceStub(self.channel)

    async def limit(self, id: str, limit: int = 5, **fields: Any) -> rate_limit_pb2.RateLimit:
        """Creates a limit, a token bucket of `limit` an hour unless told otherwise, and waits until it holds here."""
        created = await self.limits.CreateRateLimit(
            CreateRateLimitRequest(rate_limit_id=id, rate_limit=a_limit(limit, **fields))
        )
        await eventually(partial(self._holds, int(created.etag)))
        return created

    async def rule(self, id: str, effect: str, **fields: Any) -> access_rule_pb2.AccessRule:
        """Creates an access rule: `ALLOW` or `DENY`; and waits until it holds here."""
        number = access_rule_pb2.AccessRule.Effect.Value(f"EFFECT_{effect}")
        rule = access_rule_pb2.AccessRule(effect=number, reason="A test.", **fields)
        created = await self.rules.CreateAccessRule(CreateAccessRuleRequest(access_rule_id=id, access_rule=rule))
        await eventually(partial(self._holds, int(created.etag)))
        return created

    async def check(self, units: int = 1, /, **entries: str) -> limiter_service_pb2.Decision:
        """Decides a call."""
        request = limiter_service_pb2.CheckRequest(descriptors=[descriptor(entries, units)])
        return (await self.decisions.Check(request)).decision

    async def admitted(self, calls: int, /, **entries: str) -> int:
        """How many of so many calls, one after the other, are let through."""
        return sum([(await self.check(**entries)).allowed for _ in range(calls)])

    async def _holds(self, version: int) -> bool:
        return await self.version() >= version

    async def version(self) -> int:
        """The write of limits and rules that this replica knew of last."""
        request = limiter_service_pb2.PeekRequest(descriptors=[descriptor({"nobody": "-"})])
        return (await self.decisions.Peek(request)).decision.version


def descriptor(entries: Mapping[str, str], units: int = 1) -> limiter_service_pb2.Descriptor:
    """What is known of a call."""
    return limiter_service_pb2.Descriptor(entries=entries, units=units)


def a_limit(limit: int = 5, **fields: Any) -> rate_limit_pb2.RateLimit:
    """By user, `limit` an hour in a token bucket, unless told otherwise: no test is so slow that there is one more."""
    values = {"keys": ["user"], "algorithm": rate_limit_pb2.ALGORITHM_TOKEN_BUCKET, "window": HOUR, **fields}
    return rate_limit_pb2.RateLimit(limit=limit, **{key: value for key, value in values.items() if value is not None})


@pytest.fixture
async def redis(backends: Backends, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    """The test worker's Redis, emptied, and waited for however busy the machine is."""
    monkeypatch.setattr(link, "TIMEOUT", PATIENT)
    async with Redis.from_url(backends.redis) as redis:
        await redis.flushdb()
        yield redis


@pytest.fixture
async def limiter(database: Database, redis: Redis) -> AsyncIterator[RateLimiter]:
    """A running rate limiter on a database of its own."""
    async with running(database) as limiter:
        yield limiter


@asynccontextmanager
async def running(database: Database, clock: Clock = system_clock, **more: object) -> AsyncIterator[RateLimiter]:
    """One replica of the rate limiter."""
    token = callers.token("services/tests", BOTH)
    async with serving(partial(compose, clock=clock), settings(database, "ratelimit", **more), token) as channel:
        yield RateLimiter(channel)


@dataclass(frozen=True)
class OwnRedis:
    """A Redis that a test may end and start again."""

    stores: OwnStores

    @property
    def url(self) -> str:
        return self.stores.valkey.url

    def start(self) -> None:
        self.stores.start("valkey")

    def stop(self) -> None:
        self.stores.stop("valkey")

    @contextmanager
    def out_of_reach(self) -> Iterator[None]:
        """It runs and keeps all that it holds, but answers nobody while the block lasts."""
        with SyncRedis.from_url(self.url) as redis:
            process = psutil.Process(redis.info("server")["process_id"])
        process.suspend()
        try:
            yield
        finally:
            process.resume()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A running Redis of the test's own."""
    own = OwnRedis(OwnStores(tmp_path))
    own.start()
    yield own
    own.stores.stop_all()
