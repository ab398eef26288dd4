"""Load by messages: so many under way, published in batches, each done when its acknowledgement is recorded."""

import asyncio
import secrets
from collections.abc import Awaitable, Sequence
from itertools import count
from time import perf_counter
from typing import Any, cast

import asyncpg
import grpc

from mesh.events.v1.delivery_service_pb2 import SubscribeRequest
from mesh.events.v1.delivery_service_pb2_grpc import DeliveryServiceStub
from mesh.events.v1.event_service_pb2 import NewEvent, PublishEventsRequest
from mesh.events.v1.event_service_pb2_grpc import EventServiceStub
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.subscription_service_pb2 import CreateSubscriptionRequest
from mesh.events.v1.subscription_service_pb2_grpc import SubscriptionServiceStub
from mesh.inventory.v1.event_pb2 import StockChanged
from services._platform import sql
from tests import callers
from tests.bench.measure import Tally

Q = sql.load("tests.bench", "events")
TOPIC = StockChanged.DESCRIPTOR.full_name
KEYS = 1000
POOL = 8


class _Under(asyncio.BaseTransport):
    """The tasks that make a load; they end when it is closed."""

    def __init__(self, *work: Awaitable[None]) -> None:
        super().__init__()
        self._tasks = [asyncio.ensure_future(one) for one in work]

    def close(self) -> None:
        """Ends the load."""
        for task in self._tasks:
            task.cancel()


class _Window:
    """Which messages are under way, and since when."""

    def __init__(self, tally: Tally, size: int) -> None:
        self._tally = tally
        self._free = asyncio.Semaphore(size)
        self._numbers = count()
        self.sent: dict[int, float] = {}

    async def take(self, batch: int) -> list[int]:
        """Waits until so many more may be under way; their numbers."""
        for _ in range(batch):
            await self._free.acquire()
        if not self._tally.sending:
            await asyncio.Event().wait()
        now = perf_counter()
        numbers = [next(self._numbers) for _ in range(batch)]
        self.sent |= dict.fromkeys(numbers, now)
        self._tally.in_flight += batch
        return numbers

    def done(self, number: int) -> None:
        """A message is acknowledged."""
        self._tally.answered(self.sent.pop(number))
        self._free.release()


async def over_grpc(address: str, window: int, batch: int, tally: Tally) -> Sequence[asyncio.BaseTransport]:
    """Messages through events: published by calls, consumed and acknowledged on one stream."""
    channel = grpc.aio.insecure_channel(address)
    metadata = (("authorization", callers.bearer()),)
    name = f"bench-{secrets.token_hex(6)}"
    make = CreateSubscriptionRequest(subscription_id=name, subscription=Subscription(topics=[TOPIC]))
    await cast("Any", SubscriptionServiceStub(channel)).CreateSubscription(make, metadata=metadata)
    under = _Window(tally, window)
    stream = cast("Any", DeliveryServiceStub(channel)).Subscribe(metadata=metadata)
    await stream.write(SubscribeRequest(subscription=f"subscriptions/{name}", credits=window))

    async def consume() -> None:
        numbers: dict[int, int] = {}
        async for told in stream:
            for ticket in told.settled:
                under.done(numbers.pop(ticket))
            tickets = []
            for one in told.deliveries:
                numbers[one.ticket] = StockChanged.FromString(one.event.payload).stock_level.available
                tickets.append(one.ticket)
            if tickets:
                await stream.write(SubscribeRequest(acknowledged=tickets, credits=len(tickets)))

    async def publish() -> None:
        log = cast("Any", EventServiceStub(channel))
        while True:
            numbers = await under.take(batch)
            request = PublishEventsRequest(events=map(_message, numbers))
            await log.PublishEvents(request, metadata=metadata)

    publishers = max(1, window // batch // 2)
    return [_Under(consume(), *(publish() for _ in range(publishers)), _closing(channel))]


async def in_a_table(dsn: str, window: int, batch: int, tally: Tally) -> Sequence[asyncio.BaseTransport]:
    """Messages through a table, in this process."""
    pool = await asyncpg.create_pool(dsn, min_size=2, max_size=POOL)
    under = _Window(tally, window)
    put = asyncio.Event()

    async def publish() -> None:
        while True:
            numbers = await under.take(batch)
            await pool.execute(Q["put"], [_message(number).payload for number in numbers])
            put.set()

    async def consume() -> None:
        while True:
            put.clear()
            rows = await pool.fetch(Q["take"], batch)
            for row in rows:
                under.done(StockChanged.FromString(row["payload"]).stock_level.available)
            if not rows:
                await put.wait()

    publishers = max(1, window // batch // 8)
    return [_Under(*(publish() for _ in range(publishers)), consume(), consume(), _closing(pool))]


def _message(number: int) -> NewEvent:
    message = StockChanged()
    message.stock_level.available = number
    message.stock_level.name = f"products/bench-{number % KEYS}/levels/main"
    return NewEvent(topic=TOPIC, key=message.stock_level.name, payload=message.SerializeToString())


async def _closing(resource: Any) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await resource.close()
