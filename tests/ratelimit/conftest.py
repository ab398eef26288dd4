"""The rate limiter over the wire, and a small vocabulary for its tests."""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import grpc
import pytest

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
from services._local import ports, stores
from services.ratelimit.__main__ import compose
from tests.conftest import Backends, Database, eventually, serving, settings


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
        """Creates a limit, a token bucket of `limit` a minute unless told otherwise, and waits until it holds here."""
        created = await self.limits.CreateRateLimit(
            CreateRateLimitRequest(rate_limit_id=id, rate_limit=a_limit(limit, **fields))
        )
        await eventually(partial(self._holds, created.etag))
        return created

    async def rule(self, id: str, effect: str, **fields: Any) -> access_rule_pb2.AccessRule:
        """Creates an access rule: `ALLOW` or `DENY`; and waits until it holds here."""
        number = access_rule_pb2.AccessRule.Effect.Value(f"EFFECT_{effect}")
        rule = access_rule_pb2.AccessRule(effect=number, reason="A test.", **fields)
        created = await self.rules.CreateAccessRule(CreateAccessRuleRequest(access_rule_id=id, access_rule=rule))
        await eventually(partial(self._holds, created.etag))
        return created

    async def check(self, units: int = 1, /, **entries: str) -> limiter_service_pb2.Decision:
        """Decides a call."""
        request = limiter_service_pb2.CheckRequest(descriptors=[descriptor(entries, units)])
        return (await self.decisions.Check(request)).decision

    async def admitted(self, calls: int, /, **entries: str) -> int:
        """How many of so many calls, one after the other, are let through."""
        return sum([(await self.check(**entries)).allowed for _ in range(calls)])

    async def _holds(self, etag: str) -> bool:
        """Whether what was written as of a version is in this replica's book: a health check per book version."""
        return int(etag) <= await self.version()

    async def version(self) -> int:
        """The version of the replica's book."""
        probe = limiter_service_pb2.PeekRequest(descriptors=[descriptor({"probe": "1"})])
        trailers = self.decisions.Peek(probe)
        await trailers
        return int(dict(await trailers.trailing_metadata() or ()).get("x-book-version", -1))


def descriptor(entries: Mapping[str, str], units: int = 1) -> limiter_service_pb2.Descriptor:
    return limiter_service_pb2.Descriptor(entries=entries, units=units)
