"""Following stock levels over the wire."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias, cast

import grpc
import pytest

from mesh.inventory.v1.stock_service_pb2 import WatchStockRequest, WatchStockResponse
from services._platform import outbox
from services.inventory.__main__ import compose
from tests.callers import AuthorizedChannel, token
from tests.conftest import Clock, Database, serving_port, settings
from tests.inventory.conftest import Inventory, refusal_of, running

Stream: TypeAlias = "grpc.aio.UnaryStreamCall[WatchStockRequest, WatchStockResponse]"


async def test_changes_arrive_in_order_and_resume(database: Database, clock: Clock) -> None:
    async with running(database, clock) as one, running(database, clock) as other, asyncio.timeout(20):
        mug, main = await one.stocked("mug", "main", 10)
        cup = await one.product("cup")
        stream = other.stock.WatchStock(WatchStockRequest(products=[mug]))
        opening = await _next(stream)
        assert not opening.HasField("stock_level")
        await one.adjust(cup, main, "ADD", 1)
        for quantity in (11, 12, 13):
            await one.adjust(mug, main, "SET", quantity)
        seen = [await _next(stream) for _ in range(3)]
        assert [message.stock_level.on_hand for message in seen] == [11, 12, 13]
        assert {message.stock_level.product for message in seen} == {mug}
        stream.cancel()

        await one.adjust(mug, main, "SET", 14)
        resumed = one.stock.WatchStock(WatchStockRequest(products=[mug], resume_token=seen[0].resume_token))
        assert not (await _next(resumed)).HasField("stock_level")
        assert [(await _next(resumed)).stock_level.on_hand for _ in range(3)] == [12, 13, 14]
        resumed.cancel()


async def test_a_batch_of_one_level_is_told_once(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 100)
    stream = inventory.stock.WatchStock(WatchStockRequest())
    await _next(stream)
    async with asyncio.timeout(20):
        await asyncio.gather(*(inventory.reserve((mug, 1)) for _ in range(100)))
        told = 0
        while (await _next(stream)).stock_level.reserved < 100:
            told += 1
    assert told < 50
    stream.cancel()


async def test_tokens_that_do_not_hold(inventory: Inventory, database: Database) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    stream = inventory.stock.WatchStock(WatchStockRequest())
    token = (await _next(stream)).resume_token
    stream.cancel()
    for bad in ("nonsense", token[:-1]):
        refusal = await _refused_stream(inventory.stock.WatchStock(WatchStockRequest(resume_token=bad)))
        assert refusal == ("INVALID_ARGUMENT", "RESUME_TOKEN_INVALID")
    await inventory.adjust(mug, main, "ADD", 1)
    async with database.connect("inventory") as sql:
        await outbox.trim(sql, datetime.now(UTC) + timedelta(seconds=1), 1000)
    refusal = await _refused_stream(inventory.stock.WatchStock(WatchStockRequest(resume_token=token)))
    assert refusal == ("OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED")


async def test_a_server_that_stops_ends_streams(database: Database, clock: Clock) -> None:
    """At once and with a reason, not by cutting them when it has waited long enough."""
    patient = settings(database, "inventory", drain_seconds=60)
    async with asyncio.timeout(20):
        async with serving_port(partial(compose, clock=clock), patient) as port:
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
            caller = cast("grpc.aio.Channel", AuthorizedChannel(channel, token()))
            stream = Inventory(caller, clock).stock.WatchStock(WatchStockRequest())
            await _next(stream)
        assert await _refused_stream(stream) == ("UNAVAILABLE", "SERVICE_UNAVAILABLE")
        await channel.close()


async def _next(stream: Stream) -> WatchStockResponse:
    message = await stream.read()
    assert isinstance(message, WatchStockResponse)
    return message


async def _refused_stream(stream: Stream) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    refusal = refusal_of(caught.value)
    return refusal.code, refusal.reason
