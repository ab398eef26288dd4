"""What consumers get, settle, and get again."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.events.v1.delivery_service_pb2 import Extension, PullRequest, Rejection, SubscribeRequest
from mesh.events.v1.log_pb2 import StartPosition
from mesh.events.v1.subscription_pb2 import Subscription
from mesh.events.v1.subscription_service_pb2 import (
    DeleteSubscriptionRequest,
    GetSubscriptionLagRequest,
    GetSubscriptionRequest,
    SeekSubscriptionRequest,
    UpdateSubscriptionRequest,
)
from mesh.inventory.v1.event_pb2 import WarehouseChanged
from tests.conftest import Clock, eventually
from tests.events.conftest import Consumer, Events, available, changed
from tests.inventory.conftest import refused


async def test_what_is_settled_does_not_come_again(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n}", available=n) for n in range(10)))
    found = await events.pull(name)
    assert [available(one.event) for one in found] == list(range(10))
    assert {one.attempt for one in found} == {1}
    answer = await events.settle(name, *found)
    assert list(answer.settled) == [one.ticket for one in found]
    assert await events.nothing(name)


async def test_a_ticket_is_good_once(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(changed())
    [found] = await events.pull(name)
    assert list((await events.settle(name, found)).settled) == [found.ticket]
    again = await events.settle(name, found)
    assert (list(again.settled), list(again.stale)) == ([], [found.ticket])


async def test_each_subscription_gets_every_event(events: Events) -> None:
    names = [await events.subscribe(one) for one in ("one", "two", "three")]
    await events.publish(*(changed(key=f"k{n}", available=n) for n in range(5)))
    for name in names:
        assert [available(one.event) for one in await events.pull(name)] == list(range(5))


async def test_two_consumers_share_the_work(events: Events) -> None:
    name = await events.subscribe("billing")
    one, two = Consumer(events, name, credits=5), Consumer(events, name, credits=5)
    async with one.running(), two.running():
        await events.publish(*(changed(key=f"k{n}", available=n) for n in range(200)))

        async def done() -> bool:
            return len(one.settled) + len(two.settled) == 200

        await eventually(done)
    counts = Counter(available(delivery.event) for delivery in one.received + two.received)
    assert counts == Counter(range(200))
    assert one.received
    assert two.received


async def test_no_more_is_delivered_than_there_are_credits(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n}") for n in range(20)))
    consumer = Consumer(events, name, credits=3, settles=False)
    async with consumer.running():

        async def got(count: int) -> bool:
            return len(consumer.received) == count

        await eventually(lambda: got(3))
        await consumer.say(acknowledged=[one.ticket for one in consumer.received])
        await eventually(lambda: _len(consumer.settled, 3))
        assert await got(3)
        await consumer.say(credits=4)
        await eventually(lambda: got(7))


async def test_the_next_of_a_key_comes_when_the_one_before_is_settled(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=key, available=n) for n in range(3) for key in ("a", "b")))
    for n in range(3):
        found = await events.pull(name)
        assert sorted((one.event.key, available(one.event)) for one in found) == [("a", n), ("b", n)]
        await events.settle(name, *found)


async def test_a_key_that_waits_for_a_retry_holds_back_nobody_else(events: Events, clock: Clock) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=key, available=n) for n in range(3) for key in ("a", "b")))
    first = {one.event.key: one for one in await events.pull(name)}
    delay = Duration(seconds=60)
    await events.settle(name, first["b"], rejected=[Rejection(ticket=first["a"].ticket, delay=delay, error="not yet")])
    for n in (1, 2):
        [other] = await events.pull(name)
        assert (other.event.key, available(other.event)) == ("b", n)
        await events.settle(name, other)
    assert await events.nothing(name)
    clock.advance(seconds=60)
    for n, attempt in ((0, 2), (1, 1), (2, 1)):
        [held] = await events.pull(name)
        assert (held.event.key, available(held.event), held.attempt) == ("a", n, attempt)
        await events.settle(name, held)


async def test_without_order_events_overtake_others_of_their_key(events: Events) -> None:
    name = await events.subscribe("fast", unordered=True)
    await events.publish(*(changed(key="a", available=n) for n in range(5)))
    assert [available(one.event) for one in await events.pull(name)] == list(range(5))


async def test_what_is_not_settled_in_time_goes_to_another_and_the_late_are_told(events: Events, clock: Clock) -> None:
    name = await events.subscribe("billing", ack_deadline=Duration(seconds=10), min_backoff=Duration())
    await events.publish(changed())
    [late] = await events.pull(name)
    clock.advance(seconds=10)
    [again] = await events.pull(name)
    assert (again.event.name, again.attempt) == (late.event.name, 2)
    assert list((await events.settle(name, late)).stale) == [late.ticket]
    assert list((await events.settle(name, again)).settled) == [again.ticket]


async def test_who_needs_longer_is_given_longer(events: Events, clock: Clock) -> None:
    name = await events.subscribe("billing", ack_deadline=Duration(seconds=10))
    await events.publish(changed())
    [held] = await events.pull(name)
    await events.settle(name, extended=[Extension(ticket=held.ticket, duration=Duration(seconds=100))])
    clock.advance(seconds=60)
    assert await events.nothing(name)
    assert list((await events.settle(name, held)).settled) == [held.ticket]


async def test_a_stream_that_ends_gives_back_what_it_had(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n}") for n in range(5)))
    consumer = Consumer(events, name, settles=False)
    async with consumer.running():
        await eventually(lambda: _len(consumer.received, 5))
    found: set[str] = set()
    while len(found) < 5:
        found |= {one.event.name for one in await events.pull(name)}
    assert found == {one.event.name for one in consumer.received}


async def test_a_slot_is_in_one_consumers_hands_at_a_time(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n % 20}", available=n) for n in range(400)))
    consumers = [Consumer(events, name, credits=7) for _ in range(4)]
    async with consumers[0].running(), consumers[1].running(), consumers[2].running(), consumers[3].running():

        async def done() -> bool:
            return sum(len(one.settled) for one in consumers) == 400

        await eventually(done)
    by_key: dict[str, list[tuple[int, int]]] = {}
    for delivery in (one for consumer in consumers for one in consumer.received):
        by_key.setdefault(delivery.event.key, []).append((delivery.ticket, available(delivery.event)))
    # Tickets grow with the deliveries: in their order, each key's events come one after another.
    for key, delivered in by_key.items():
        assert [n for _, n in sorted(delivered)] == list(range(int(key[1:]), 400, 20))


async def test_patterns_route_and_filters_choose(events: Events) -> None:
    everything = await events.subscribe("everything", "mesh.inventory.v1.*")
    few = await events.subscribe(
        "few", filter="message.stock_level.available < 2 && key != 'b' && attributes['zone'] == 'eu'"
    )
    warehouse = WarehouseChanged()
    warehouse.warehouse.display_name = "Main"
    other = changed()
    other.topic, other.payload = WarehouseChanged.DESCRIPTOR.full_name, warehouse.SerializeToString()
    zone = {"zone": "eu"}
    await events.publish(
        other,
        changed(key="a", available=1, attributes=zone),
        changed(key="b", available=1, attributes=zone),
        changed(key="c", available=5, attributes=zone),
    )
    assert [one.event.topic.rpartition(".")[2] for one in await events.pull(everything)] == [
        "WarehouseChanged",
        *["StockChanged"] * 3,
    ]
    assert [one.event.key for one in await events.pull(few)] == ["a"]


async def test_a_paused_subscription_delivers_nothing_until_it_goes_on(events: Events) -> None:
    name = await events.subscribe("billing", paused=True)
    await events.publish(changed())
    assert await events.nothing(name)
    request = UpdateSubscriptionRequest(subscription=Subscription(name=name))
    request.update_mask.paths.append("paused")
    await events.subscriptions.UpdateSubscription(request)
    assert len(await events.pull(name)) == 1


async def test_a_subscription_is_replayed_from_a_time_and_from_a_position(events: Events, clock: Clock) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n}", available=n) for n in range(3)))
    found = await events.pull(name)
    await events.settle(name, *found)
    clock.advance(hours=2)
    since = Timestamp()
    since.FromDatetime(clock())
    await events.publish(changed(key="new", available=3))
    [newest] = await events.pull(name)

    seek = SeekSubscriptionRequest(name=name, to=StartPosition(after_position=found[0].event.position))
    await events.subscriptions.SeekSubscription(seek)
    assert list(await _settled_somehow(events, name, newest)) == []
    assert [available(one.event) for one in await events.pull(name)] == [1, 2, 3]
    seek = SeekSubscriptionRequest(name=name, to=StartPosition(publish_time=since))
    await events.subscriptions.SeekSubscription(seek)
    assert [available(one.event) for one in await events.pull(name)] == [3]


async def test_the_lag_tells_how_many_and_how_old(events: Events, clock: Clock) -> None:
    name = await events.subscribe("billing")
    await events.publish(*(changed(key=f"k{n}") for n in range(4)))
    clock.advance(seconds=90)
    ask = GetSubscriptionLagRequest(name=name)
    lag = await events.subscriptions.GetSubscriptionLag(ask)
    assert (lag.unsettled_count, lag.oldest_age.seconds) == (4, 90)
    found = await events.pull(name)
    await events.settle(name, *found[:1], *found[2:])
    lag = await events.subscriptions.GetSubscriptionLag(ask)
    assert (lag.unsettled_count, lag.oldest_age.seconds) == (1, 90)
    await events.settle(name, found[1])
    lag = await events.subscriptions.GetSubscriptionLag(ask)
    assert (lag.unsettled_count, lag.HasField("oldest_age")) == (0, False)


async def test_a_deleted_subscription_ends_its_streams_and_its_name_begins_anew(events: Events) -> None:
    name = await events.subscribe("billing")
    consumer = Consumer(events, name)
    async with consumer.running():
        await events.publish(changed())
        await eventually(lambda: _len(consumer.settled, 1))
        await events.subscriptions.DeleteSubscription(DeleteSubscriptionRequest(name=name))
        async with asyncio.timeout(10):
            assert await consumer.call.code() is grpc.StatusCode.UNAVAILABLE
    assert (await refused(events.pull(name))).reason == "SUBSCRIPTION_NOT_FOUND"
    await events.subscribe("billing")
    assert len(await events.pull(name)) == 1


async def test_who_may_not_consume_is_refused(events: Events) -> None:
    name = await events.subscribe("billing")
    stream = events.by("manager").delivery.Subscribe()

    async def consume() -> None:
        await stream.write(SubscribeRequest(subscription=name))
        await stream.read()

    with pytest.raises(grpc.aio.AioRpcError) as caught:  # from either: it may be refused before it has spoken
        await consume()
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def _len(items: Sequence[object], count: int) -> bool:
    return len(items) == count


async def _settled_somehow(events: Events, name: str, delivery: object) -> list[int]:
    """What comes of settling while the group moves to a new owner."""
    while True:
        try:
            return list((await events.settle(name, delivery)).settled)  # type: ignore[arg-type]
        except grpc.aio.AioRpcError as error:
            assert error.code() is grpc.StatusCode.UNAVAILABLE  # noqa: PT017  the group moves
            await asyncio.sleep(0.02)


async def test_a_stream_says_first_which_subscription_it_is_of(events: Events) -> None:
    stream = events.delivery.Subscribe(iter([SubscribeRequest(credits=1)]))
    refusal = await refused(stream.read())
    assert (refusal.reason, refusal.fields) == ("SUBSCRIPTION_MISSING", ["[0].subscription"])


async def test_a_pull_is_answered_before_its_deadline(events: Events) -> None:
    name = await events.subscribe("billing")
    request = PullRequest(subscription=name, wait=Duration(seconds=20))
    assert (await events.delivery.Pull(request, timeout=2)).deliveries == []


async def test_of_two_updates_from_one_etag_one_is_made(events: Events) -> None:
    name = await events.subscribe("billing")
    read = await events.subscriptions.GetSubscription(GetSubscriptionRequest(name=name))
    same = UpdateSubscriptionRequest(subscription=read)
    assert (await events.subscriptions.UpdateSubscription(same)).etag != read.etag
    assert (await refused(events.subscriptions.UpdateSubscription(same))).reason == "ETAG_MISMATCH"
