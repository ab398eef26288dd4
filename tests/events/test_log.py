"""Publishing, and reading the log."""

import asyncio
import uuid
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from mesh.events.v1.event_service_pb2 import ListEventsRequest
from mesh.events.v1.log_pb2 import StartPosition
from mesh.events.v1.topic_pb2 import Topic
from mesh.events.v1.topic_service_pb2 import GetTopicRequest, ListTopicsRequest, UpdateTopicRequest
from tests.conftest import Clock, Database, eventually
from tests.events.conftest import STOCK_CHANGED, Events, available, changed, running
from tests.inventory.conftest import refused


async def test_events_come_into_the_log_in_their_order_with_all_that_was_said(events: Events) -> None:
    published = await events.publish(*(changed(available=n, attributes={"n": str(n)}) for n in range(5)))
    assert [one.position for one in published] == sorted({one.position for one in published})
    found = (await events.log.ListEvents(ListEventsRequest(topic=STOCK_CHANGED))).events
    assert [(one.name, one.position) for one in found] == [(one.event, one.position) for one in published]
    assert [(available(one), one.attributes["n"]) for one in found] == [(n, str(n)) for n in range(5)]
    assert {(one.publisher, one.key) for one in found} == {
        ("users/0198c0de-0000-7000-8000-0000000000aa", "products/mug/levels/main")
    }


async def test_an_id_counts_once_and_ten_thousand_repeats_add_nothing(events: Events) -> None:
    event_id = str(uuid.uuid4())
    [first] = await events.publish(changed(id=event_id))
    calls = [events.publish(*(changed(id=event_id) for _ in range(500))) for _ in range(20)]
    answers = [one for answer in await asyncio.gather(*calls) for one in answer]
    assert len(answers) == 10_000
    assert {(one.event, one.position, one.duplicate) for one in answers} == {(first.event, first.position, True)}
    assert len((await events.log.ListEvents(ListEventsRequest(topic=STOCK_CHANGED))).events) == 1


async def test_an_id_racing_itself_is_published_once(events: Events) -> None:
    event_id = str(uuid.uuid4())
    answers = [one for [one] in await asyncio.gather(*(events.publish(changed(id=event_id)) for _ in range(50)))]
    assert [one.duplicate for one in answers].count(False) == 1
    assert len({one.position for one in answers}) == 1


async def test_an_id_with_another_content_refuses_the_whole_call(events: Events) -> None:
    event_id = str(uuid.uuid4())
    await events.publish(changed(id=event_id))
    refusal = await refused(events.publish(changed(), changed(id=event_id, available=2)))
    assert (refusal.code, refusal.reason, refusal.metadata) == (
        "ALREADY_EXISTS",
        "EVENT_ID_REUSED",
        {"event": f"events/{event_id}"},
    )
    assert len((await events.log.ListEvents(ListEventsRequest(topic=STOCK_CHANGED))).events) == 1


async def test_a_call_with_a_request_id_has_one_effect(events: Events) -> None:
    event_id = str(uuid.uuid4())
    answers = await asyncio.gather(*(events.publish(changed(), request_id=event_id) for _ in range(10)))
    assert len({one.event for [one] in answers}) == 1


async def test_a_delayed_event_comes_at_its_time(events: Events, clock: Clock) -> None:
    due = Timestamp()
    due.FromDatetime(clock() + timedelta(hours=1))
    [later] = await events.publish(changed(deliver_time=due))
    assert later.position == 0
    again = await events.publish(changed(available=7))
    listing = ListEventsRequest(topic=STOCK_CHANGED)
    assert [one.name for one in (await events.log.ListEvents(listing)).events] == [again[0].event]
    clock.advance(hours=1)

    async def arrived() -> bool:
        return [one.name for one in (await events.log.ListEvents(listing)).events] == [again[0].event, later.event]

    await eventually(arrived)


async def test_the_log_is_read_from_a_time_on_in_pages(events: Events, clock: Clock) -> None:
    await events.publish(changed(available=1))
    clock.advance(hours=30)
    since = Timestamp()
    since.FromDatetime(clock())
    await events.publish(*(changed(available=n) for n in range(2, 7)))
    read: list[int] = []
    token = ""
    while True:
        page = await events.log.ListEvents(ListEventsRequest(start_time=since, page_size=2, page_token=token))
        read += [available(one) for one in page.events if one.topic == STOCK_CHANGED]
        token = page.next_page_token
        if not token:
            break
    assert read == [2, 3, 4, 5, 6]


async def test_days_are_dropped_when_they_are_over(database: Database, clock: Clock) -> None:
    async with running(database, clock) as events:
        await events.publish(changed(available=1))
        name = await events.subscribe("slow")
        clock.advance(days=9)
        [fresh] = await events.publish(changed(available=2))
    async with running(database, clock) as events:

        async def dropped() -> bool:
            found = (await events.log.ListEvents(ListEventsRequest(topic=STOCK_CHANGED))).events
            return [one.name for one in found] == [fresh.event]

        await eventually(dropped)
        assert [available(one.event) for one in await events.pull(name)] == [2]
        refusal = await refused(events.subscribe("late", start=StartPosition(after_position=1)))
        assert refusal.reason == "POSITION_TRIMMED"


async def test_a_compacted_topic_keeps_the_newest_of_each_key_beyond_the_log(database: Database, clock: Clock) -> None:
    topic = f"topics/{STOCK_CHANGED}"
    async with running(database, clock) as events:
        await events.topics.UpdateTopic(UpdateTopicRequest(topic=Topic(name=topic, compacted=True)))
        assert (await events.topics.GetTopic(GetTopicRequest(name=topic))).compacted
        await events.publish(*(changed(key=key, available=n) for n in range(10) for key in ("a", "b")))
        clock.advance(days=9)
    async with running(database, clock) as events:

        async def compacted() -> bool:
            found = (await events.log.ListEvents(ListEventsRequest(topic=STOCK_CHANGED))).events
            return [(one.key, available(one)) for one in found] == [("a", 9), ("b", 9)]

        await eventually(compacted)
        assert [available(one.event) for one in await events.pull(await events.subscribe("new"))] == [9, 9]


async def test_topics_are_the_messages_of_the_areas_event_files(events: Events) -> None:
    found = (await events.topics.ListTopics(ListTopicsRequest(page_size=250))).topics
    names = [one.name for one in found]
    assert f"topics/{STOCK_CHANGED}" in names
    assert "topics/mesh.events.v1.SubscriptionChanged" in names
    assert "topics/mesh.inventory.v1.Product" not in names
    assert names == sorted(names)


async def test_a_service_announces_only_what_is_its_own(events: Events) -> None:
    cart = events.by("service", sub="services/cart")
    refusal = await refused(cart.publish(changed()))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "TOPIC_FOREIGN")
    assert await events.by("service", sub="services/inventory").publish(changed())
    assert (await refused(events.by("customer").publish(changed()))).reason == "PERMISSION_MISSING"
