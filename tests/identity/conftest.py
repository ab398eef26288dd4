"""Identity over the wire, and a small vocabulary for its tests."""

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import grpc
import pytest
from redis.asyncio import Redis

from mesh.identity.v1 import (
    api_key_service_pb2_grpc,
    audit_entry_service_pb2_grpc,
    check_pb2,
    event_pb2,
    key_service_pb2_grpc,
    role_pb2,
    session_service_pb2_grpc,
    user_pb2,
    user_service_pb2_grpc,
)
from mesh.identity.v1.api_key_pb2 import ApiKey
from mesh.identity.v1.api_key_service_pb2 import CreateApiKeyRequest, CreateApiKeyResponse
from mesh.identity.v1.session_pb2 import Tokens
from mesh.identity.v1.session_service_pb2 import CreateSessionRequest, CreateSessionResponse, RefreshSessionRequest
from mesh.identity.v1.user_service_pb2 import CreateUserRequest, VerifyEmailRequest
from services._platform.settings import Settings
from services.identity.__main__ import CHECK, compose
from services.identity.bootstrap import ensure_admin
from services.identity.settings import IdentitySettings
from tests.callers import AuthorizedChannel
from tests.conftest import Backends, Clock, Database, serving, settings

PASSWORD = "correct horse battery"  # noqa: S105
ADMIN_EMAIL = "root@example.com"
IDENTITY_KEY = secrets.token_hex(32)


@dataclass(frozen=True)
class Identity:
    """Stubs of a running identity, as one caller."""

    channel: grpc.aio.Channel
    clock: Clock
    database: Database

    def by(self, access_token: str) -> "Identity":
        """The same identity, called with an access token."""
        return replace(self, channel=cast("grpc.aio.Channel", AuthorizedChannel(self.channel, access_token)))

    @property
    def users(self) -> "user_service_pb2_grpc.UserServiceAsyncStub":
        return user_service_pb2_grpc.UserServiceStub(self.channel)

    @property
    def sessions(self) -> "session_service_pb2_grpc.SessionServiceAsyncStub":
        return session_service_pb2_grpc.SessionServiceStub(self.channel)

    @property
    def api_keys(self) -> "api_key_service_pb2_grpc.ApiKeyServiceAsyncStub":
        return api_key_service_pb2_grpc.ApiKeyServiceStub(self.channel)

    @property
    def keys(self) -> "key_service_pb2_grpc.KeyServiceAsyncStub":
        return key_service_pb2_grpc.KeyServiceStub(self.channel)

    @property
    def audit(self) -> "audit_entry_service_pb2_grpc.AuditEntryServiceAsyncStub":
        return audit_entry_service_pb2_grpc.AuditEntryServiceStub(self.channel)

    async def user(self, email: str) -> user_pb2.User:
        """Signs somebody up and verifies the address by what is sent to it."""
        request = CreateUserRequest(user=user_pb2.User(email=email, display_name="Ada"), password=PASSWORD)
        user = await self.users.CreateUser(request)
        [told] = [e for e in await self.told(event_pb2.EmailVerificationRequested) if e.user.name == user.name]
        await self.users.VerifyEmail(VerifyEmailRequest(token=told.token))
        return user

    async def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> CreateSessionResponse:
        """Signs in."""
        return await self.sessions.CreateSession(CreateSessionRequest(email=email, password=password, **more))

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchanges a refresh token."""
        answer = await self.sessions.RefreshSession(RefreshSessionRequest(refresh_token=refresh_token))
        return answer.tokens

    async def admin(self) -> "Identity":
        """The same identity, called by an administrator."""
        return self.by((await self.sign_in(ADMIN_EMAIL)).tokens.access_token)

    async def api_key(self, *scopes: str, **more: Any) -> CreateApiKeyResponse:
        """Creates an API key of the caller's."""
        key = ApiKey(display_name="A program", scopes=scopes, **more)
        return await self.api_keys.CreateApiKey(CreateApiKeyRequest(api_key=key))

    async def check(self, **http: Any) -> check_pb2.CheckResponse:
        """Asks what Envoy asks."""
        ask = self.channel.unary_unary(
            CHECK,
            request_serializer=check_pb2.CheckRequest.SerializeToString,
            response_deserializer=check_pb2.CheckResponse.FromString,
        )
        request = check_pb2.CheckRequest()
        request.attributes.request.http.MergeFrom(check_pb2.CheckedHttpRequest(**http))
        return await ask(request)

    async def told(self, kind: type[Any]) -> list[Any]:
        """All events of a kind, oldest first."""
        async with self.database.connect() as sql:
            query = "SELECT payload FROM identity.outbox WHERE topic = $1 ORDER BY id"
            rows = await sql.fetch(query, kind.DESCRIPTOR.full_name)
        return [kind.FromString(row["payload"]) for row in rows]


def own(**more: Any) -> IdentitySettings:
    """Identity's own settings, as cheap as they may be."""
    return IdentitySettings.model_validate({"key": IDENTITY_KEY, "key_lead": 0, **more})


@asynccontextmanager
async def running(
    database: Database, clock: Clock, platform: Settings | None = None, **more: Any
) -> AsyncIterator[Identity]:
    """One replica of identity."""
    made = partial(compose, own=own(**more), clock=clock)
    async with serving(made, platform or settings(database, "identity"), access_token="") as channel:
        yield Identity(channel, clock, database)


@pytest.fixture(autouse=True)
async def _empty_redis(backends: Backends) -> None:
    """Attempts to sign in are counted anew in every test."""
    async with Redis.from_url(backends.redis) as redis:
        await redis.flushall()


@pytest.fixture
async def identity(database: Database, clock: Clock) -> AsyncIterator[Identity]:
    """A running identity with an administrator, on a database of its own."""
    await ensure_admin(settings(database, "identity"), own(), ADMIN_EMAIL, PASSWORD)
    async with running(database, clock) as identity:
        yield identity


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def role(name: str) -> role_pb2.Role.ValueType:
    """A role by its short name."""
    return role_pb2.Role.Value(f"ROLE_{name}")
