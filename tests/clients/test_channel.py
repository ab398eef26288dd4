"""The one way to open a channel, against a running inventory."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from clients import contract
from clients.channel import connect, service_config
from clients.errors import MeshError, typed_errors
from mesh.inventory.v1.product_pb2 import Product
from mesh.inventory.v1.product_service_pb2 import CreateProductRequest, GetProductRequest
from mesh.inventory.v1.product_service_pb2_grpc import ProductServiceStub
from mesh.saga.v1.saga_pb2 import Saga
from mesh.saga.v1.saga_service_pb2 import StartSagaRequest
from mesh.saga.v1.saga_service_pb2_grpc import (
    SagaServiceServicer,
    SagaServiceStub,
    add_SagaServiceServicer_to_server,
)
from services.inventory.__main__ import compose
from tests.callers import bearer
from tests.conftest import Database, serving_port, settings
from tests.platform.conftest import free_port


async def administrator() -> Mapping[str, str]:
    return {"authorization": bearer()}


@pytest.fixture
async def target(database: Database) -> AsyncIterator[str]:
    async with serving_port(compose, settings(database, "inventory")) as port:
        yield f"127.0.0.1:{port}"


async def test_a_refusal_is_a_typed_error(target: str) -> None:
    async with connect(target, administrator) as channel:
        stub = ProductServiceStub(channel)
        with pytest.raises(MeshError) as caught, typed_errors():
            await stub.GetProduct(GetProductRequest(name="products/none"))
        assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.NOT_FOUND, "PRODUCT_NOT_FOUND")
        assert caught.value.metadata == {"product": "products/none"}
        with pytest.raises(MeshError) as caught, typed_errors():
            await stub.GetProduct(GetProductRequest(name="none"))
        assert list(caught.value.fields) == ["name"]


def test_a_typed_error_comes_through_any_block_as_it_is() -> None:
    """A frozen one would not: a block of a generator sets the traceback of what goes through it."""

    @contextmanager
    def block() -> Iterator[None]:
        yield

    error = MeshError(grpc.StatusCode.NOT_FOUND, "gone")
    with pytest.raises(MeshError) as caught, block():
        raise error
    assert caught.value is error


async def test_a_call_carries_a_key_of_its_own_unless_it_has_one(target: str) -> None:
    async with connect(target, administrator) as channel:
        stub = ProductServiceStub(channel)
        request = CreateProductRequest(product=Product(sku="A", display_name="A"))
        key = (("idempotency-key", "mine"),)
        first = await stub.CreateProduct(request, metadata=key)
        assert await stub.CreateProduct(request, metadata=key) == first
        with pytest.raises(MeshError) as caught, typed_errors():
            await stub.CreateProduct(request)
        assert caught.value.reason == "SKU_TAKEN"


async def test_nobody_there_is_a_typed_error_too() -> None:
    async with connect("127.0.0.1:1") as channel:
        with pytest.raises(MeshError) as caught, typed_errors():
            await ProductServiceStub(channel).GetProduct(GetProductRequest(name="products/none"), timeout=1)
        assert caught.value.reason == ""
        assert caught.value.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


async def test_a_service_that_was_away_is_found_again_soon(database: Database) -> None:
    told = settings(database, "inventory", listen=f"127.0.0.1:{free_port()}")
    request = GetProductRequest(name="products/none")
    async with connect(told.listen, administrator) as channel:
        away = asyncio.get_running_loop().time() + 4
        while asyncio.get_running_loop().time() < away:
            with pytest.raises(MeshError), typed_errors():
                await ProductServiceStub(channel).GetProduct(request, timeout=0.2)
        async with serving_port(compose, told):
            with pytest.raises(MeshError) as caught, typed_errors():
                await ProductServiceStub(channel).GetProduct(request, timeout=1.5, wait_for_ready=True)
            assert caught.value.reason == "PRODUCT_NOT_FOUND"


@pytest.mark.parametrize(("asked", "given"), [(None, 5), (2, 2), (60, 60)])
async def test_a_call_has_the_deadline_of_its_method_or_the_one_it_asks_for(asked: float | None, given: float) -> None:
    """StartSaga takes 5 seconds if nothing is said."""
    left: list[float] = []

    class Noting(SagaServiceServicer):
        async def StartSaga(self, request: StartSagaRequest, context: Any) -> Saga:
            left.append(context.time_remaining())
            return Saga()

    server = grpc.aio.server()
    add_SagaServiceServicer_to_server(Noting(), server)  # type: ignore[abstract]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with connect(f"127.0.0.1:{port}") as channel:
            await SagaServiceStub(channel).StartSaga(StartSagaRequest(), timeout=asked)
    finally:
        await server.stop(None)
    assert given - 1 < left[0] < given + 0.05  # gRPC rounds up what it tells the server


def test_no_call_outlasts_its_contract_and_only_idempotent_ones_are_retried() -> None:
    configs = {
        (name["service"], name["method"]): config
        for config in json.loads(service_config())["methodConfig"]
        for name in config["name"]
    }
    methods = [method for service in contract.services() for method in contract.methods(service)]
    assert set(configs) == {(method.service, method.name) for method in methods}
    for method in methods:
        config = configs[method.service, method.name]
        assert float(config["timeout"][:-1]) == (method.deadline if method.streams else method.max_deadline)
        assert ("retryPolicy" in config) == (method.idempotent and not method.streams)
