"""Messages a second from publish to recorded acknowledgement: events over gRPC, and a bare SKIP LOCKED table.

Both are durable at either end. `events` is what a service gets: typed and checked messages, a log with key order, one
consumer on a stream. The peer is the least that a queue in Postgres can be, in the load generator's own process: rows
are inserted by the hundred, and claimed, deleted and so acknowledged by the hundred, by asyncpg; no order, no groups,
no second delivery, no network hop. `full` keeps 2,000 messages under way, published by the hundred; `alone` one.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
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
from services._local.stores import HOST
from services._platform import sql
from tests import callers
from tests.bench.measure import BenchError, Case, Tally
from tests.bench.report import Goal
from tests.bench.stage import Stage

Q = sql.load("tests.bench", "events")
SERVICE = "events"
TOPIC = StockChanged.DESCRIPTOR.full_name
EVENTS, TABLE = "events, gRPC", "SKIP LOCKED table, asyncpg"
LOADS = {"full": (2000, 100), "alone": (1, 1)}
"""Messages under way, and in one call."""
KEYS = 1000
POOL = 8


async def seed(stage: Stage, database: str) -> None:
    """Makes the log's first day, and the peer's table."""
    async with stage.connect(database, SERVICE) as connection:
        await connection.execute(Q["seed"])
        await connection.execute(Q["add_peer"])


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the server; both subjects under every load."""
    for database in ("log", "table"):
        await stage.copy(database)
    port = stage.port("log")
    environment = stage.service_environment("log", SERVICE, port) | {
        "MESH_POSTGRES_POOL": str(POOL),
        "MESH_EVENTS_KEY": secrets.token_hex(32),
    }
    argv = (sys.executable, "-m", "services.events")
    with stage.program("log", argv, f"grpc://{HOST}:{port}", port, environment) as server:
        published = _Count()
        events = {"server": server.pid, "postgres": stage.postgres}
        yield [
            case
            for load, (window, batch) in LOADS.items()
            for case in (
                Case(
                    EVENTS,
                    load,
                    partial(_events, server.address, window, batch),
                    events,
                    partial(_all_published, stage, published),
                ),
                Case(
                    TABLE,
                    load,
                    partial(_table, stage.dsn("table"), window, batch),
                    {"postgres": stage.postgres},
                    partial(_all_taken, stage),
                ),
            )
        ]


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises, in ratios of rates (of a subject, under a load)."""
    return (Goal("events / SKIP LOCKED table, full", rate(EVENTS, "full") / rate(TABLE, "full"), 0.25),)


@dataclass(slots=True)
class _Count:
    total: int = 0


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


async def _events(address: str, window: int, batch: int, tally: Tally) -> Sequence[asyncio.BaseTransport]:
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


async def _table(dsn: str, window: int, batch: int, tally: Tally) -> Sequence[asyncio.BaseTransport]:
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


async def _all_published(stage: Stage, published: _Count, tally: Tally) -> None:
    published.total += tally.acknowledged
    async with stage.connect("log", SERVICE) as connection:
        stored = await connection.fetchval(Q["published"], TOPIC)
    if stored != published.total:
        raise BenchError(f"{published.total} messages were acknowledged, the log has {stored}")


async def _all_taken(stage: Stage, _: Tally) -> None:
    async with stage.connect("table", SERVICE) as connection:
        if left := await connection.fetchval(Q["left"]):
            raise BenchError(f"{left} messages are left in the table")
