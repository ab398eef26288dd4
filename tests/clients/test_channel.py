"""The one way to open a channel, against a running inventory."""

import json
from collections.abc import AsyncIterator, Mapping

import grpc
import pytest

from clients import contract
from clients.channel import connect, service_config
from clients.errors import MeshError, typed_errors
from mesh.inventory.v1.product_pb2 import Product
from mesh.inventory.v1.product_service_pb2 import CreateProductRequest, GetProductRequest
from mesh.inventory.v1.product_service_pb2_grpc import ProductServiceStub
from services.inventory.__main__ import compose
from tests.callers import bearer
from tests.conftest import Database, serving_port, settings


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


def test_every_method_has_its_deadline_and_only_idempotent_ones_are_retried() -> None:
    configs = {
        (name["service"], name["method"]): config
        for config in json.loads(service_config())["methodConfig"]
        for name in config["name"]
    }
    methods = [method for service in contract.services() for method in contract.methods(service)]
    assert set(configs) == {(method.service, method.name) for method in methods}
    for method in methods:
        config = configs[method.service, method.name]
        assert float(config["timeout"][:-1]) == method.deadline
        assert ("retryPolicy" in config) == (method.idempotent and not method.streams)
