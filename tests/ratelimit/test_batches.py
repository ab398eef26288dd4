"""What is decided together, and who waits for whom."""

import asyncio
from collections.abc import Sequence
from struct import pack

import pytest

from services._platform.errors import Unavailable
from services.ratelimit.store.batches import ENOUGH, SEVERAL, TOGETHER, Batches
from services.ratelimit.store.link import Told, away
from services.ratelimit.store.wire import Answer, Ask
from tests.conftest import eventually


class Decided:
    """Notes the batches that go out, and answers them when it is told to."""

    def __init__(self, pause: float = 60.0) -> None:
        self.batches = Batches(self._decide, pause)
        self.out: list[tuple[Sequence[Ask], Told]] = []

    def _decide(self, asks: Sequence[Ask], told: Told) -> None:
        self.out.append((asks, told))

    def submit(self, *names: int) -> list[asyncio.Future[Answer]]:
        """Asks for calls at the same time."""
        return [self.batches.submit(Ask(b"", 0, [str(name).encode()])) for name in names]

    @property
    def names(self) -> list[list[int]]:
        """What went out, and is not answered yet."""
        return [[int(ask.keys[0]) for ask in asks] for asks, _ in self.out]

    def answer(self, error: Exception | None = None) -> None:
        """Answers the batch that went out first: each call was let through at the instant of its name."""
        asks, told = self.out.pop(0)
        told(error or pack("<q", int(asks[0].keys[0])) + b"\x01" * len(asks))


@pytest.fixture
async def decided() -> Decided:
    return Decided()


async def a_turn() -> None:
    """Lets what is due in this turn of the loop happen."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_calls_of_one_turn_go_out_together_in_order(decided: Decided) -> None:
    asked = decided.submit(1, 2)
    await a_turn()
    assert decided.names == [[1, 2]]
    decided.answer()
    assert [(answer.outcome, answer.now) for answer in await asyncio.gather(*asked)] == [(1, 1), (1, 1)]


async def test_no_more_than_two_batches_are_under_way(decided: Decided) -> None:
    for name in range(4):
        decided.submit(name)
        await a_turn()
    assert decided.names == [[0], [1]]
    decided.answer()
    await a_turn()
    assert decided.names == [[1], [2, 3]]


async def test_a_batch_has_its_bounds(decided: Decided) -> None:
    decided.submit(*range(2 * TOGETHER + 1))
    await a_turn()
    assert decided.names == [[*range(TOGETHER)], [*range(TOGETHER, 2 * TOGETHER)]]


async def test_two_batches_share_what_there_is(decided: Decided) -> None:
    many = ENOUGH + 4
    decided.submit(*range(2 * many))
    await a_turn()
    assert decided.names == [[*range(many)], [*range(many, 2 * many)]]


async def test_after_a_batch_of_several_others_are_waited_for(decided: Decided) -> None:
    decided.submit(*range(SEVERAL))
    await a_turn()
    decided.submit(7)
    await a_turn()
    decided.answer()
    await a_turn()
    assert decided.names == []


async def test_nobody_is_waited_for_for_long() -> None:
    decided = Decided(pause=0.001)
    decided.submit(*range(SEVERAL))
    await a_turn()
    decided.submit(7, 8)

    async def gone_out() -> bool:
        return decided.names == [[*range(SEVERAL)], [7, 8]]

    await eventually(gone_out)


async def test_when_enough_have_come_nobody_waits(decided: Decided) -> None:
    decided.submit(*range(SEVERAL))
    await a_turn()
    decided.submit(*range(ENOUGH))
    await a_turn()
    assert decided.names == [[*range(SEVERAL)], [*range(ENOUGH)]]


async def test_few_callers_never_wait_for_others(decided: Decided) -> None:
    for name in range(10):
        decided.submit(name, name)
        await a_turn()
        assert decided.names == [[name, name]]
        decided.answer()


async def test_who_has_gone_leaves_no_trace(decided: Decided) -> None:
    gone, stays = decided.submit(1, 2)
    gone.cancel()
    await a_turn()
    assert decided.names == [[2]]
    stays.cancel()
    decided.answer()
    decided.submit(3)
    await a_turn()
    assert decided.names == [[3]]


async def test_what_fails_fails_for_the_whole_batch_alone(decided: Decided) -> None:
    failing = decided.submit(1, 2)
    await a_turn()
    [after] = decided.submit(3)
    decided.answer(away())
    assert [type(one) for one in await asyncio.gather(*failing, return_exceptions=True)] == [Unavailable] * 2
    await a_turn()
    decided.answer()
    assert (await after).now == 3
