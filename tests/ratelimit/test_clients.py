"""Services that Envoy does not stand before ask by themselves: the interceptor, and reservations."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from clients.channel import Channel
from clients.errors import MeshError, read
from clients.rate_limits import RateLimited, reserved
from mesh.inventory.v1.product_pb2 import Product
from mesh.inventory.v1.product_service_pb2 import GetProductRequest
from mesh.inventory.v1.stock_service_pb2 import WatchStockRequest, WatchStockResponse
from mesh.ratelimit.v1.limiter_service_pb2 import PeekRequest
from tests.ratelimit.conftest import HOUR, RateLimiter, descriptor

GET, WATCH = "/mesh.inventory.v1.ProductService/GetProduct", "/mesh.inventory.v1.StockService/WatchStock"


def who(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Whoever the metadata says, in these tests."""
    return {"principal": metadata.get("test-caller", "")}


@asynccontextmanager
async def guarded(limiter: Channel) -> AsyncIterator[Channel]:
    """A server of two RPCs of the contract that asks the rate limiter, and a channel to it."""

    async def product(request: GetProductRequest, _context: object) -> Product:
        return Product(name=request.name)

    async def watch(_request: WatchStockRequest, _context: object) -> AsyncIterator[WatchStockResponse]:
        yield WatchStockResponse()

    handlers: dict[str, Any] = {
        GET: grpc.unary_unary_rpc_method_handler(
            product,
            GetProductRequest.FromString,
            Product.SerializeToString,
        ),
        WATCH: grpc.unary_stream_rpc_method_handler(
            watch,
            WatchStockRequest.FromString,
            WatchStockResponse.SerializeToString,
        ),
    }
    server = grpc.aio.server(interceptors=[RateLimited(limiter, who)])
    for path, handler in handlers.items():
        service, _, method = path.removeprefix("/").partition("/")
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {method: handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)


async def get(channel: Channel, caller: str = "users/ada") -> Product:
    call = channel.unary_unary(GET, GetProductRequest.SerializeToString, Product.FromString)
    return await call(GetProductRequest(name="products/cup"), metadata=(("test-caller", caller),))


async def test_a_server_without_envoy_refuses_in_the_same_words(limiter: RateLimiter) -> None:
    await limiter.limit("reads", 1, match={"class": "read"}, keys=["user"], window=HOUR)
    async with guarded(limiter.channel) as channel:
        assert (await get(channel)).name == "products/cup"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await get(channel)
        assert (await get(channel, "users/bob")).name == "products/cup"
    error = read(refused.value)
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert (error.metadata["rateLimit"], error.metadata["subject"]) == ("rateLimits/reads", "users/ada")
    assert error.retry_after is not None
    assert error.retry_after > 3590
    assert dict(refused.value.trailing_metadata())["ratelimit"].startswith('"reads";r=0')


async def test_a_stream_is_refused_as_a_stream(limiter: RateLimiter) -> None:
    await limiter.limit("reads", 1, match={"class": "read"}, keys=["user"], window=HOUR)
    async with guarded(limiter.channel) as channel:
        watch = channel.unary_stream(WATCH, WatchStockRequest.SerializeToString, WatchStockResponse.FromString)
        caller = (("test-caller", "users/ada"),)
        assert [message async for message in watch(WatchStockRequest(), metadata=caller)] == [WatchStockResponse()]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await watch(WatchStockRequest(), metadata=caller).read()
    assert read(refused.value).reason == "RATE_LIMITED"


async def test_calls_pass_while_the_rate_limiter_does_not_answer() -> None:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nobody, guarded(nobody) as channel:
        assert (await get(channel)).name == "products/cup"


async def test_an_estimate_becomes_what_the_work_came_to(limiter: RateLimiter) -> None:
    await limiter.limit("exports", 100, match={"class": "export"}, window=HOUR)
    ada = {"class": "export", "user": "users/ada"}
    async with reserved(limiter.channel, ada, units=90) as spent:
        assert await remaining(limiter, ada) == 10
        with pytest.raises(MeshError, match="LIMIT_REACHED"):
            async with reserved(limiter.channel, ada, units=11):
                pass
        spent.units = 30
    assert await remaining(limiter, ada) == 70


async def test_work_that_fails_costs_nothing(limiter: RateLimiter) -> None:
    await limiter.limit("exports", 100, match={"class": "export"}, window=HOUR)
    ada = {"class": "export", "user": "users/ada"}
    with pytest.raises(ZeroDivisionError):
        async with reserved(limiter.channel, ada, units=90):
            raise ZeroDivisionError
    assert await remaining(limiter, ada) == 100


async def remaining(limiter: RateLimiter, entries: Mapping[str, str]) -> int:
    """What is left to a caller."""
    peeked = await limiter.decisions.Peek(PeekRequest(descriptors=[descriptor(entries)]))
    return peeked.decision.statuses[0].limits[0].remaining
