"""How one service calls another: by its own token, at the replicas that serve."""

import hashlib
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from mesh.inventory.v1.warehouse_service_pb2 import ListWarehousesRequest
from mesh.inventory.v1.warehouse_service_pb2_grpc import WarehouseServiceStub
from services._platform.neighbours import Neighbours, open_neighbours
from services.inventory.__main__ import compose
from tests.conftest import Clock, Database, serving_port, settings
from tests.identity.conftest import running

SECRET = "a secret of inventory's"  # noqa: S105
WAREHOUSES = "mesh.inventory.v1.WarehouseService"


async def test_a_service_calls_the_replicas_of_another_that_serve(database: Database, port: int) -> None:
    clock = Clock()
    clock.now = datetime.now(UTC)
    listening = settings(database, "identity", listen=f"127.0.0.1:{port}")
    told = {"identity": f"ipv4:127.0.0.1:{port}", "service_secret": SECRET}
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    inventory = settings(database, "inventory", jwks="", **told)
    async with running(database, clock, listening, service_secrets={"inventory": [digest]}), AsyncExitStack() as first:
        draining = await first.enter_async_context(serving_port(compose, inventory))
        async with serving_port(compose, inventory) as staying:
            targets = {"inventory": f"ipv4:127.0.0.1:{draining},127.0.0.1:{staying}"}
            calling = settings(database, "inventory", services=targets, **told)
            async with open_neighbours("inventory", calling, clock) as neighbours:
                assert "mesh.nowhere.v1.NoService" not in neighbours
                await _call(neighbours, times=10)
                await first.aclose()
                await _call(neighbours, times=10)


async def _call(neighbours: Neighbours, times: int) -> None:
    assert WAREHOUSES in neighbours
    stub = WarehouseServiceStub(neighbours.channel(WAREHOUSES))
    for _ in range(times):
        await stub.ListWarehouses(ListWarehousesRequest(), timeout=5)
