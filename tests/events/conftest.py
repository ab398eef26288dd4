"""Events over the wire, and a small vocabulary for its tests."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import grpc
import pytest

from mesh.events.v1 import (
    dead_letter_service_pb2_grpc,
    delivery_service_pb2_grpc,
    event_service_pb2_grpc,
    subscription_service_pb2_grpc,
    topic_service_pb2_grpc,
    webhook_service_pb2_grpc,
)
from mesh.events.v1.dead_letter_pb2 import DeadLetter
from mesh.events.v1.dead_letter_service_pb2 import ListDeadLettersRequest
from mesh.events.v1.delivery_service_pb2 import (
    AcknowledgeRequest,
    AcknowledgeResponse,
    Delivery,
    PullRequest,
    SubscribeRequest,
)
from mesh.events.v1.event_service_pb2 import NewEvent, PublishedEvent, PublishEventsRequest
from mesh.events.v1.log_pb2 import Event, StartPosition
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.subscription_service_pb2 import CreateSubscriptionRequest
from mesh.inventory.v1.event_pb2 import StockChanged
from services.events.__main__ import compose
from services.events.settings import EventsSettings
from tests.callers import AuthorizedChannel, token
from tests.conftest import Clock, Database, serving, settings

STOCK_CHANGED = StockChanged.DESCRIPTOR.full_name
KEY = secrets.token_hex(32)
LOOPBACK = ("127.0.0.0/8",)


@dataclass(frozen=True)
class Events:
    """Stubs of a running replica of events, as one caller."""

    channel: grpc.aio.Channel
    clock: Clock

    def by(self, *roles: str, sub: str = "users/eve") -> "Events":
        """The same replica, called by somebody else."""
        own = cast("Any", self.channel)._channel
        return replace(self, channel=cast("grpc.aio.Channel", AuthorizedChannel(own, token(sub, roles))))

    @property
    def log(self) -> "event_service_pb2_grpc.EventServiceAsyncStub":
        return event_service_pb2_grpc.EventServiceStub(self.channel)

    @property
    def topics(self) -> "topic_service_pb2_grpc.TopicServiceAsyncStub":
        return topic_service_pb2_grpc.TopicServiceStub(self.channel)

    @property
    def subscriptions(self) -> "subscription_service_pb2_grpc.SubscriptionServiceAsyncStub":
        return subscription_service_pb2_grpc.SubscriptionServiceStub(self.channel)

    @property
    def delivery(self) -> "delivery_service_pb2_grpc.DeliveryServiceAsyncStub":
        return delivery_service_pb2_grpc.DeliveryServiceStub(self.channel)

    @property
    def letters(self) -> "dead_letter_service_pb2_grpc.DeadLetterServiceAsyncStub":
        return dead_letter_service_pb2_grpc.DeadLetterServiceStub(self.channel)

    @property
    def webhooks(self) -> "webhook_service_pb2_grpc.WebhookServiceAsyncStub":
        return webhook_service_pb2_grpc.WebhookServiceStub(self.channel)

    async def publish(self, *events: NewEvent, **more: Any) -> Sequence[PublishedEvent]:
        """Publishes events in one call."""
        return (await self.log.PublishEvents(PublishEventsRequest(events=events, **more))).events

    async def subscribe(self, id: str, *topics: str, start: StartPosition | None = None, **fields: Any) -> str:
        """Creates a subscription, by default of stock changes from the oldest on; returns its name."""
        subscription = Subscription(topics=topics or [STOCK_CHANGED], **fields)
        start = start or StartPosition(earliest=True)
        request = CreateSubscriptionRequest(subscription_id=id, subscription=subscription, start=start)
        return (await self.subscriptions.CreateSubscription(request)).name

    async def pull(self, name: str, most: int = 100, seconds: float = 10) -> list[Delivery]:
        """Pulls, and waits for a first event if there is none; fails when there is still none."""
        request = PullRequest(subscription=name, max_events=most)
        request.wait.FromMilliseconds(500)
        async with asyncio.timeout(seconds):
            while True:
                try:
                    found = (await self.delivery.Pull(request)).deliveries
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.02)
                    continue
                if found:
                    return list(found)

    async def nothing(self, name: str) -> bool:
        """Whether there is nothing to pull for now."""
        return not (await self.delivery.Pull(PullRequest(subscription=name))).deliveries

    async def settle(self, name: str, *deliveries: Delivery, **more: Any) -> AcknowledgeResponse:
        """Acknowledges deliveries."""
        request = AcknowledgeRequest(subscription=name, acknowledged=[one.ticket for one in deliveries], **more)
        return await self.delivery.Acknowledge(request)

    async def dead(self, parent: str) -> list[DeadLetter]:
        """The dead letters of a group."""
        return list((await self.letters.ListDeadLetters(ListDeadLettersRequest(parent=parent))).dead_letters)


@dataclass
class Consumer:
    """A consumer on a stream. It settles what it gets as soon as it gets it, unless told not to."""

    events: Events
    subscription: str
    credits: int = 100
    settles: bool = True
    received: list[Delivery] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    call: Any = None

    async def run(self) -> None:
        """Consumes until the stream ends."""
        self.call = self.events.delivery.Subscribe()
        await self.say(subscription=self.subscription, credits=self.credits)
        async for told in self.call:
            self.received.extend(told.deliveries)
            self.settled.extend(told.settled)
            self.stale.extend(told.stale)
            if self.settles and told.deliveries:
                tickets = [one.ticket for one in told.deliveries]
                await self.say(acknowledged=tickets, credits=len(tickets))

    async def say(self, **said: Any) -> None:
        """Says something to the server; in a call that is over, whoever reads it is told why."""
        with suppress(asyncio.InvalidStateError):
            await self.call.write(SubscribeRequest(**said))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Consumer"]:
        """Runs it while the block lasts."""
        task = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            if self.call is not None:
                self.call.cancel()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def changed(key: str = "products/mug/levels/main", available: int = 1, **more: Any) -> NewEvent:
    """A stock change to publish."""
    message = StockChanged()
    message.stock_level.available = available
    return NewEvent(topic=STOCK_CHANGED, key=key, payload=message.SerializeToString(), **more)


def available(event: Event) -> int:
    """What a stock change tells."""
    return StockChanged.FromString(event.payload).stock_level.available


def own_settings(**more: Any) -> EventsSettings:
    """Events' own settings: its webhooks may post to loopback."""
    return EventsSettings.model_validate({"key": KEY, "webhook_networks": LOOPBACK, "owner_term": 1.0, **more})


@asynccontextmanager
async def running(database: Database, clock: Clock, port: int = 0, **more: Any) -> AsyncIterator[Events]:
    """One replica of events."""
    told = settings(database, "events", listen=f"127.0.0.1:{port}")
    async with serving(partial(compose, own=own_settings(**more), clock=clock), told) as channel:
        yield Events(channel, clock)


@pytest.fixture
async def events(database: Database, clock: Clock) -> AsyncIterator[Events]:
    """A running replica of events on a database of its own."""
    async with running(database, clock) as events:
        yield events
