"""Health follows the stores: no call is sent where it could not be carried out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services._platform.clock import system_clock
from services._platform.errors import Unavailable
from services._platform.postgres import ping
from services._platform.server import Server, Service
from services._platform.settings import Settings
from services._platform.stores import Stores, open_stores
from tests.conftest import SIGNING_KEY
from tests.platform.conftest import until
from tests.platform.echo import Echo
from tests.platform.own_stores import OwnStores

SERVICE = "mesh.echo.v1.EchoService"
UP, DOWN = "SERVING", "NOT_SERVING"


@asynccontextmanager
async def serving(own: OwnStores, messages: Any) -> AsyncIterator[tuple[health_pb2_grpc.HealthStub, Stores]]:
    values = Settings.model_validate(
        {"postgres_dsn": own.postgres.url, "redis_url": own.valkey.url, "signing_key": SIGNING_KEY, "drain_seconds": 0}
    )
    stop = asyncio.Event()
    async with open_stores("inventory", values, system_clock) as opened:
        server = Server(Service([Echo(messages)], opened.dependencies), values)  # type: ignore[list-item]
        running = asyncio.create_task(server.serve(stop))
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
                yield health_pb2_grpc.HealthStub(channel), opened
        finally:
            stop.set()
            await running


async def test_health_follows_the_stores(own_stores: OwnStores, messages: Any) -> None:
    async with serving(own_stores, messages) as (health, opened):

        async def states() -> dict[str, str]:
            found = {}
            for name in ("", SERVICE, "postgres", "redis"):
                answer = await health.Check(health_pb2.HealthCheckRequest(service=name), wait_for_ready=True)
                found[name] = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
            return found

        async def become(server: str, postgres: str, redis: str) -> None:
            expected = {"": server, SERVICE: server, "postgres": postgres, "redis": redis}

            async def same() -> bool:
                try:
                    return await states() == expected
                except grpc.aio.AioRpcError:  # it has not looked yet
                    return False

            await until(same, 20)

        await become(DOWN, DOWN, DOWN)  # a service starts, unready, before its stores
        await asyncio.to_thread(own_stores.start, "valkey")
        await asyncio.to_thread(own_stores.start, "postgres")
        await become(UP, UP, UP)
        await asyncio.to_thread(own_stores.stop, "valkey")
        await become(UP, UP, DOWN)
        await asyncio.to_thread(own_stores.stop, "postgres")
        await become(DOWN, DOWN, DOWN)
        with pytest.raises(Unavailable) as refused:
            await ping(opened.pool)
        assert refused.value.metadata == {"dependency": "postgres"}
        await asyncio.to_thread(own_stores.start, "postgres")
        await become(UP, UP, DOWN)
        await ping(opened.pool)
        await asyncio.to_thread(own_stores.start, "valkey")
        await become(UP, UP, UP)

        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await health.Check(health_pb2.HealthCheckRequest(service="mesh.other.v1.Other"))
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
