"""The combiner under every schedule that hypothesis thinks of."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services._platform.call import current_call
from services._platform.combiner import Combiner
from services._platform.errors import OutOfRange, Refusal, Unavailable
from tests.platform.conftest import NewCall, until

KINDS = ("good", "refused", "poison")


@dataclass(frozen=True)
class Item:
    number: int
    kind: str


class Broken(Exception):
    """What a store raises on an item that it chokes on."""


@dataclass
class Store:
    """Commits batches, slowly. Chokes on poison, and is away for the batches whose number is in `away`."""

    turns: Sequence[int] = (0,)
    away: frozenset[int] = frozenset()
    seen: list[Item] = field(default_factory=list)
    committed: list[Item] = field(default_factory=list)
    refused_away: set[Item] = field(default_factory=set)
    batches: list[int] = field(default_factory=list)

    async def flush(self, items: Sequence[Item]) -> Sequence[Item | Refusal]:
        number = len(self.batches)
        self.batches.append(len(items))
        self.seen += [item for item in items if item not in self.seen]
        for _ in range(self.turns[number % len(self.turns)]):
            await asyncio.sleep(0)
        if number in self.away:
            self.refused_away.update(items)
            raise Unavailable("away")
        if any(item.kind == "poison" for item in items):
            raise Broken
        self.committed += [item for item in items if item.kind == "good"]
        return [OutOfRange(str(item.number), reason="NO") if item.kind == "refused" else item for item in items]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(KINDS)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("turns"), st.integers(1, 4)),
    ),
    max_size=40,
)


@given(
    steps=STEPS,
    lanes=st.integers(1, 4),
    limit=st.integers(1, 5),
    turns=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    away=st.frozensets(st.integers(0, 6), max_size=2),
)
def test_every_live_caller_gets_its_own_verdict(
    steps: list[tuple[str, str | int]], lanes: int, limit: int, turns: list[int], away: frozenset[int]
) -> None:
    async def scenario() -> None:
        store = Store(turns, away)
        combiner: Combiner[Item, Item] = Combiner("test", store.flush, limit=limit, lanes=lanes)
        items: list[Item] = []
        callers: list[asyncio.Task[Item]] = []
        asked: list[Item] = []
        never: set[Item] = set()
        dropped: set[int] = set()

        async def submit(item: Item) -> Item:
            asked.append(item)
            return await combiner.submit(item)

        for step, argument in steps:
            if step == "submit":
                items.append(Item(len(items), str(argument)))
                callers.append(asyncio.create_task(submit(items[-1])))
            elif step == "turns":
                for _ in range(int(argument)):
                    await asyncio.sleep(0)
            elif int(argument) < len(callers) and callers[int(argument)].cancel():
                dropped.add(int(argument))
                if items[int(argument)] not in store.seen:
                    never.add(items[int(argument)])
        async with asyncio.timeout(30):  # a hang is a defect
            outcomes = await asyncio.gather(*callers, return_exceptions=True)

        assert not never.intersection(store.seen), "cancelled before it was taken, and flushed all the same"
        for item, outcome in zip(items, outcomes, strict=True):
            if item.number in dropped:
                continue
            if item in store.refused_away and isinstance(outcome, Unavailable):
                continue
            match item.kind:
                case "good":
                    assert outcome == item
                case "refused":
                    assert isinstance(outcome, OutOfRange)
                    assert outcome.message == str(item.number)
                case "poison":
                    assert isinstance(outcome, Broken)
        assert len(store.committed) == len(set(store.committed)), "one item had two effects"
        told_done = {one for one in outcomes if isinstance(one, Item)}
        assert told_done <= set(store.committed), "a verdict without its effect"
        assert max(store.batches, default=0) <= limit
        if lanes == 1:
            assert store.seen == [item for item in asked if item in store.seen], "overtaken"

    asyncio.run(scenario())


async def test_an_item_that_comes_as_the_lane_ends_is_not_forgotten() -> None:
    store = Store()
    combiner: Combiner[Item, Item] = Combiner("test", store.flush)

    async def one_after_another() -> list[Item]:
        return [await combiner.submit(Item(number, "good")) for number in range(50)]

    async with asyncio.timeout(30):
        found = await asyncio.gather(*(one_after_another() for _ in range(3)))
    assert [len(one) for one in found] == [50, 50, 50]


@pytest.mark.parametrize("delay", range(8))
async def test_no_moment_of_a_lanes_end_loses_an_item(delay: int) -> None:
    store = Store(turns=[1])
    combiner: Combiner[Item, Item] = Combiner("test", store.flush)
    first = combiner.submit(Item(0, "good"))
    for _ in range(delay):
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        assert await combiner.submit(Item(1, "good")) == Item(1, "good")
        assert await first == Item(0, "good")


async def test_while_one_batch_commits_the_next_gathers() -> None:
    gate = asyncio.Event()
    batches: list[list[int]] = []

    async def flush(items: Sequence[int]) -> Sequence[int]:
        batches.append(list(items))
        await gate.wait()
        return items

    combiner: Combiner[int, int] = Combiner("test", flush, limit=4)
    callers = [combiner.submit(number) for number in range(6)]
    await until(lambda: batches)
    late = [combiner.submit(number) for number in range(6, 8)]
    gate.set()
    assert await asyncio.gather(*callers, *late) == list(range(8))
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7]]


async def test_a_batch_is_not_bound_by_the_deadline_of_whoever_started_the_lane(new_call: NewCall) -> None:
    seen: list[object] = []

    async def flush(items: Sequence[int]) -> Sequence[int]:
        seen.append(current_call.get())
        return items

    combiner: Combiner[int, int] = Combiner("test", flush)

    async def caller() -> None:
        call = new_call(seconds=0)
        current_call.set(call)
        await combiner.submit(1)
        assert current_call.get() is call

    await asyncio.create_task(caller())
    assert seen == [None]


async def test_a_flush_that_miscounts_fails_its_callers_and_commits_once() -> None:
    flushed: list[int] = []

    async def flush(items: Sequence[int]) -> Sequence[int]:
        flushed.extend(items)
        return items[1:]

    combiner: Combiner[int, int] = Combiner("test", flush)
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(*(combiner.submit(number) for number in range(3)), return_exceptions=True)
    assert [str(one) for one in outcomes] == ["a flush of 3 items gave 2 verdicts"] * 3
    assert flushed == [0, 1, 2]


async def test_under_load_items_gather_before_the_next_commit() -> None:
    store = Store()
    combiner: Combiner[Item, Item] = Combiner("test", store.flush, pause=0.05)
    items = [Item(number, "good") for number in range(12)]
    await asyncio.gather(*(combiner.submit(item) for item in items[:6]))
    later = [asyncio.ensure_future(combiner.submit(item)) for item in items[6:9]]
    await asyncio.sleep(0)
    await asyncio.gather(*later, *(combiner.submit(item) for item in items[9:]))
    assert store.batches == [6, 6]


async def test_who_comes_when_there_are_few_does_not_wait() -> None:
    store = Store()
    combiner: Combiner[Item, Item] = Combiner("test", store.flush, pause=3600)
    async with asyncio.timeout(5):
        for number in range(5):
            await combiner.submit(Item(number, "good"))
    assert store.batches == [1] * 5
