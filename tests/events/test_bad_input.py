"""Every bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.events.v1.dead_letter_service_pb2 import ListDeadLettersRequest
from mesh.events.v1.delivery_service_pb2 import AcknowledgeRequest, PullRequest, Rejection, SubscribeRequest
from mesh.events.v1.event_service_pb2 import ListEventsRequest, NewEvent, PublishEventsRequest
from mesh.events.v1.log_pb2 import StartPosition
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.subscription_service_pb2 import (
    CreateSubscriptionRequest,
    DeleteSubscriptionRequest,
    GetSubscriptionRequest,
    SeekSubscriptionRequest,
    UpdateSubscriptionRequest,
)
from mesh.events.v1.topic_pb2 import Topic
from mesh.events.v1.topic_service_pb2 import GetTopicRequest, UpdateTopicRequest
from mesh.events.v1.webhook_service_pb2 import GetWebhookRequest
from tests.conftest import Database, eventually
from tests.events.conftest import STOCK_CHANGED, Events, changed
from tests.inventory.conftest import refused

Call = Callable[[Events], Awaitable[Any]]
UUID = "0198c0de-0000-7000-8000-000000000000"


def _publish(*events: NewEvent, **more: Any) -> Call:
    return lambda one: one.log.PublishEvents(PublishEventsRequest(events=events, **more))


def _event(**fields: Any) -> NewEvent:
    return NewEvent(**{"topic": STOCK_CHANGED, **fields})


def _subscription(id_: str = "new", start: StartPosition | None = None, **fields: Any) -> Call:
    subscription = Subscription(**{"topics": [STOCK_CHANGED], **fields})
    request = CreateSubscriptionRequest(subscription_id=id_, subscription=subscription, start=start)
    return lambda one: one.subscriptions.CreateSubscription(request)


def _update(name: str = "subscriptions/old", mask: str = "", **fields: Any) -> Call:
    request = UpdateSubscriptionRequest(subscription=Subscription(name=name, **fields))
    if mask:
        request.update_mask.paths.append(mask)
    return lambda one: one.subscriptions.UpdateSubscription(request)


BAD = {
    "no events": (_publish(), "INVALID_ARGUMENT", "FIELD_INVALID", ["events"]),
    "too many events": (_publish(*[_event()] * 1001), "INVALID_ARGUMENT", "FIELD_INVALID", ["events"]),
    "no topic": (_publish(_event(topic="")), "INVALID_ARGUMENT", "FIELD_INVALID", ["events[0].topic"]),
    "a topic that is not": (_publish(_event(topic="mesh.nothing.v1.Here")), "INVALID_ARGUMENT", "TOPIC_UNKNOWN", []),
    "a message that is no event": (
        _publish(_event(topic="mesh.inventory.v1.Product")),
        "INVALID_ARGUMENT",
        "TOPIC_UNKNOWN",
        [],
    ),
    "a payload that is no message": (_publish(_event(payload=b"\xff")), "INVALID_ARGUMENT", "PAYLOAD_INVALID", []),
    "an id that is no UUID": (_publish(_event(id="1")), "INVALID_ARGUMENT", "FIELD_INVALID", ["events[0].id"]),
    "a key too long": (_publish(_event(key="k" * 501)), "INVALID_ARGUMENT", "FIELD_INVALID", ["events[0].key"]),
    "a payload too large": (
        _publish(_event(payload=b"x" * 262_145)),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["events[0].payload"],
    ),
    "too many attributes": (
        _publish(_event(attributes={str(n): "" for n in range(21)})),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["events[0].attributes"],
    ),
    "a delay of ages": (
        _publish(_event(deliver_time=Timestamp(seconds=10_000_000_000))),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["events[0].deliver_time"],
    ),
    "a zero byte in a key": (_publish(_event(key="a\0b")), "INVALID_ARGUMENT", "FIELD_INVALID", ["events[0].key"]),
    "no topics": (_subscription(topics=[]), "INVALID_ARGUMENT", "FIELD_INVALID", ["subscription.topics"]),
    "a pattern in the middle": (
        _subscription(topics=["mesh.*.v1.StockChanged"]),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["subscription.topics[0]"],
    ),
    "a pattern that names nothing": (_subscription(topics=["mesh.no.*"]), "INVALID_ARGUMENT", "TOPIC_UNKNOWN", []),
    "a filter that is none": (
        _subscription(filter="message.stock_level. <"),
        "INVALID_ARGUMENT",
        "FILTER_INVALID",
        ["subscription.filter"],
    ),
    "a filter on a field that is not": (
        _subscription(filter="message.nothing == 1"),
        "INVALID_ARGUMENT",
        "FILTER_INVALID",
        ["subscription.filter"],
    ),
    "a filter that fits one topic only": (
        _subscription(topics=["mesh.inventory.v1.*"], filter="message.stock_level.available > 1"),
        "INVALID_ARGUMENT",
        "FILTER_INVALID",
        ["subscription.filter"],
    ),
    "a filter that says a number": (
        _subscription(filter="message.stock_level.available"),
        "INVALID_ARGUMENT",
        "FILTER_INVALID",
        ["subscription.filter"],
    ),
    "a deadline of no time": (
        _subscription(ack_deadline=Duration(nanos=1)),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["subscription.ack_deadline"],
    ),
    "an id in capitals": (_subscription("Billing"), "INVALID_ARGUMENT", "FIELD_INVALID", ["subscription_id"]),
    "an id that is taken": (_subscription("old"), "ALREADY_EXISTS", "SUBSCRIPTION_EXISTS", []),
    "an update of nothing": (_update("subscriptions/no"), "NOT_FOUND", "SUBSCRIPTION_NOT_FOUND", []),
    "an update to no topics": (_update(mask="topics"), "INVALID_ARGUMENT", "FIELD_INVALID", ["subscription.topics"]),
    "an update of what is fixed": (_update(mask="create_time"), "INVALID_ARGUMENT", "FIELD_INVALID", ["update_mask"]),
    "an update by an old etag": (_update(etag="0", display_name="x"), "ABORTED", "ETAG_MISMATCH", []),
    "a subscription that is not": (
        lambda one: one.subscriptions.GetSubscription(GetSubscriptionRequest(name="subscriptions/no")),
        "NOT_FOUND",
        "SUBSCRIPTION_NOT_FOUND",
        [],
    ),
    "a deletion of nothing": (
        lambda one: one.subscriptions.DeleteSubscription(DeleteSubscriptionRequest(name="subscriptions/no")),
        "NOT_FOUND",
        "SUBSCRIPTION_NOT_FOUND",
        [],
    ),
    "a seek to nowhere": (
        lambda one: one.subscriptions.SeekSubscription(SeekSubscriptionRequest(name="subscriptions/old")),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["to"],
    ),
    "a pull from nothing": (
        lambda one: one.delivery.Pull(PullRequest(subscription="subscriptions/no")),
        "NOT_FOUND",
        "SUBSCRIPTION_NOT_FOUND",
        [],
    ),
    "a pull that waits for ever": (
        lambda one: one.delivery.Pull(PullRequest(subscription="subscriptions/old", wait=Duration(seconds=21))),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["wait"],
    ),
    "an error too long": (
        lambda one: one.delivery.Acknowledge(
            AcknowledgeRequest(subscription="subscriptions/old", rejected=[Rejection(ticket=1, error="x" * 1001)])
        ),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["rejected[0].error"],
    ),
    "a page token of another": (
        lambda one: one.log.ListEvents(ListEventsRequest(page_token="forged")),  # noqa: S106
        "INVALID_ARGUMENT",
        "PAGE_TOKEN_INVALID",
        ["page_token"],
    ),
    "dead letters of a product": (
        lambda one: one.letters.ListDeadLetters(ListDeadLettersRequest(parent="products/mug")),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["parent"],
    ),
    "a topic to read that is not": (
        lambda one: one.topics.GetTopic(GetTopicRequest(name="topics/mesh.No")),
        "INVALID_ARGUMENT",
        "TOPIC_UNKNOWN",
        [],
    ),
    "a topic that is a path": (
        lambda one: one.topics.GetTopic(GetTopicRequest(name="topics/..")),
        "INVALID_ARGUMENT",
        "FIELD_INVALID",
        ["name"],
    ),
    "a topic to change that is not": (
        lambda one: one.topics.UpdateTopic(UpdateTopicRequest(topic=Topic(name="topics/mesh.No", compacted=True))),
        "INVALID_ARGUMENT",
        "TOPIC_UNKNOWN",
        [],
    ),
    "a webhook that is not": (
        lambda one: one.webhooks.GetWebhook(GetWebhookRequest(name="webhooks/no")),
        "NOT_FOUND",
        "WEBHOOK_NOT_FOUND",
        [],
    ),
}

_KEPT = ("event", "delayed", "consumer_group", "progress", "dead_letter", "topic", "webhook_secret", "remembered_reply")


async def _content(database: Database) -> list[int]:
    async with database.connect("events") as sql:
        return [await sql.fetchval(f"SELECT count(*) FROM {table}") for table in _KEPT]  # noqa: S608


async def test_bad_input_is_refused_and_writes_nothing(events: Events, database: Database) -> None:
    await events.subscribe("old")
    await events.delivery.Pull(PullRequest(subscription="subscriptions/old"))

    async def nothing_new() -> bool:
        before = await _content(database)
        return before == await _content(database) and before[0] == 1

    await eventually(nothing_new)
    before = await _content(database)
    wrong: list[str] = []
    for told, (call, code, reason, fields) in BAD.items():
        refusal = await refused(call(events))
        if (refusal.code, refusal.reason, refusal.fields) != (code, reason, fields):
            wrong.append(f"{told}: {refusal}")
    assert not wrong, "\n".join(wrong)
    assert await _content(database) == before


async def test_a_stream_that_does_not_say_whose_events_it_wants_is_refused(events: Events) -> None:
    stream = events.delivery.Subscribe()
    await stream.write(SubscribeRequest(credits=1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_that_breaks_a_rule_ends_its_stream(events: Events) -> None:
    stream = events.delivery.Subscribe()
    await events.subscribe("old")
    await stream.write(SubscribeRequest(subscription="subscriptions/old", credits=1))
    await stream.write(SubscribeRequest(credits=-1))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_id_is_the_same_in_either_case(events: Events) -> None:
    [first] = await events.publish(changed(id=UUID))
    [again] = await events.publish(changed(id=UUID.upper()))
    assert (again.event, again.duplicate) == (first.event, True)
