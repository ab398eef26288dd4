"""What is given up, why, and how it comes back."""

from google.protobuf.duration_pb2 import Duration

from mesh.events.v1.dead_letter_pb2 import (
    DEAD_LETTER_CAUSE_ATTEMPTS_EXHAUSTED,
    DEAD_LETTER_CAUSE_FILTER_FAILED,
    DEAD_LETTER_CAUSE_REJECTED,
)
from mesh.events.v1.dead_letter_service_pb2 import DiscardDeadLettersRequest, RedriveDeadLettersRequest
from mesh.events.v1.delivery_service_pb2 import Delivery, Rejection
from tests.conftest import Clock, Database, eventually
from tests.events.conftest import Events, available, changed, running


async def _reject(events: Events, name: str, delivery: Delivery, error: str = "no", *, permanent: bool = False) -> None:
    rejection = Rejection(ticket=delivery.ticket, error=error, permanent=permanent)
    assert list((await events.settle(name, rejected=[rejection])).settled) == [delivery.ticket]


async def test_an_event_that_fails_too_often_is_a_dead_letter_and_its_key_goes_on(events: Events) -> None:
    name = await events.subscribe("billing", max_attempts=3, min_backoff=Duration())
    await events.publish(changed(key="a", available=1), changed(key="a", available=2))
    found = Delivery()
    for attempt in (1, 2, 3):
        [found] = await events.pull(name)
        assert (available(found.event), found.attempt) == (1, attempt)
        await _reject(events, name, found, f"broken {attempt}")
    [following] = await events.pull(name)
    assert available(following.event) == 2
    [letter] = await events.dead(name)
    assert letter.cause == DEAD_LETTER_CAUSE_ATTEMPTS_EXHAUSTED
    assert (letter.error, letter.attempts, letter.event.position) == ("broken 3", 3, found.event.position)
    assert letter.event == found.event
    assert letter.consumer.startswith("users/")


async def test_a_permanent_failure_is_not_tried_again(events: Events) -> None:
    name = await events.subscribe("billing")
    await events.publish(changed())
    [found] = await events.pull(name)
    await _reject(events, name, found, permanent=True)
    [letter] = await events.dead(name)
    assert (letter.cause, letter.attempts) == (DEAD_LETTER_CAUSE_REJECTED, 1)


async def test_dead_letters_are_driven_again_and_gone_when_settled(events: Events) -> None:
    name = await events.subscribe("billing", max_attempts=1)
    await events.publish(*(changed(key=f"k{n}", available=n) for n in range(3)))
    for found in await events.pull(name):
        await _reject(events, name, found)
    letters = await events.dead(name)
    assert [available(one.event) for one in letters] == [0, 1, 2]
    request = RedriveDeadLettersRequest(parent=name, names=[letters[0].name, letters[2].name])
    assert (await events.letters.RedriveDeadLetters(request)).redriven_count == 2
    again: list[Delivery] = []
    while len(again) < 2:
        again += await events.pull(name)
    assert sorted(available(one.event) for one in again) == [0, 2]
    by_number = {available(one.event): one for one in again}
    await events.settle(name, by_number[0])
    await _reject(events, name, by_number[2], "still broken")
    left = await events.dead(name)
    assert [(available(one.event), one.attempts, one.error, one.redriven) for one in left] == [
        (1, 1, "no", False),
        (2, 2, "still broken", False),
    ]


async def test_a_redriven_letter_outlives_its_owner(database: Database, clock: Clock) -> None:
    async with running(database, clock) as events:
        name = await events.subscribe("billing", max_attempts=1)
        await events.publish(changed())
        [found] = await events.pull(name)
        await _reject(events, name, found)
        await events.letters.RedriveDeadLetters(RedriveDeadLettersRequest(parent=name))
        [again] = await events.pull(name)
    async with running(database, clock) as events:
        [once_more] = await events.pull(name)
        assert once_more.event.name == again.event.name
        await events.settle(name, once_more)
        assert await events.dead(name) == []


async def test_dead_letters_are_discarded(events: Events) -> None:
    name = await events.subscribe("billing", max_attempts=1)
    other = await events.subscribe("other", max_attempts=1)
    await events.publish(*(changed(key=f"k{n}") for n in range(3)))
    for group in (name, other):
        for found in await events.pull(group):
            await _reject(events, group, found)
    [foreign, *_] = await events.dead(other)
    discard = events.letters.DiscardDeadLetters
    assert (await discard(DiscardDeadLettersRequest(parent=name, names=[foreign.name]))).discarded_count == 0
    [first, *_] = await events.dead(name)
    assert (await discard(DiscardDeadLettersRequest(parent=name, names=[first.name]))).discarded_count == 1
    assert (await discard(DiscardDeadLettersRequest(parent=name))).discarded_count == 2
    assert len(await events.dead(other)) == 3


async def test_an_event_that_the_filter_fails_on_is_a_dead_letter(events: Events) -> None:
    name = await events.subscribe("billing", filter="10 / message.stock_level.available > 1")
    await events.publish(changed(key="a", available=0), changed(key="b", available=2))
    assert [one.event.key for one in await events.pull(name)] == ["b"]

    async def buried() -> bool:
        return [(one.event.key, one.cause) for one in await events.dead(name)] == [
            ("a", DEAD_LETTER_CAUSE_FILTER_FAILED)
        ]

    await eventually(buried)
