"""The orchestrator dies at every point, and every saga ends all the same: with all of its effects once, or with none.

A replica "dies" by never going on from a point: a commit or a call, before or after it. Then its lease runs out, and
another replica takes its sagas over. At the end the dead one goes on where it stopped, as a process that was only
paused would: whatever it still does must change nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from tests.saga.conftest import ORDERLY, Sagas, World, act, definition, pivot, retriable, state
from tests.saga.deaths import Death, bury

_DIAMOND = definition(
    act("base"), act("left", "base"), act("right", "base"), pivot("place", "left", "right"), retriable("ship", "place")
)


@dataclass(frozen=True)
class Case:
    """A definition, and what its participant does when it is asked first."""

    name: str
    definition: SagaDefinition
    script: tuple[tuple[str, str], ...]
    end: str
    effects: tuple[str, ...]


CASES = (
    Case("completes", ORDERLY, (), "COMPLETED", ("hold", "pay", "place", "ship")),
    Case("pivot refused", ORDERLY, (("place", "refuse FAILED_PRECONDITION"),), "COMPENSATED", ()),
    Case("answers lost", ORDERLY, (("pay", "lose"), ("ship", "lose")), "COMPLETED", ("hold", "pay", "place", "ship")),
    Case("parallel", _DIAMOND, (), "COMPLETED", ("base", "left", "place", "right", "ship")),
    Case("parallel, one refused", _DIAMOND, (("right", "refuse NOT_FOUND"),), "COMPENSATED", ()),
    Case("delayed", ORDERLY, (("pay", "late 0.5"),), "COMPLETED", ("hold", "pay", "place", "ship")),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_wherever_it_dies(world: World, case: Case) -> None:
    points = await _points(world, case)
    assert len(points) >= 4 * 3, points  # before and after each commit and each call
    async with AsyncExitStack() as stack:
        deaths = [
            await stack.enter_async_context(_dying(world, case, at, f"{case.name} {at}"))
            for at in range(1, len(points) + 1)
        ]
        await bury(world.database)
        heir = await stack.enter_async_context(world.replica())
        for _, start in deaths:
            saga = await heir.end(await start.retried(heir), seconds=40)
            await _assert_ended(world, case, start.order, state(saga))
        for death, _ in deaths:
            death.woken.set()
        await asyncio.gather(*(start.given_up() for _, start in deaths))
        for _, start in deaths:
            saga = await heir.get(await start.retried(heir))
            await _assert_ended(world, case, start.order, state(saga))


async def _assert_ended(world: World, case: Case, order: str, ended: str) -> None:
    done, standing = await world.party.done(order), await world.party.standing(order)
    if ended == "COMPLETED":
        wanted = case.effects or _everything(case.definition)
        assert standing == done == sorted(wanted), order
    else:
        assert (ended, standing) == ("COMPENSATED", []), order
        assert len(done) == len(set(done)), order


def _everything(what: SagaDefinition) -> list[str]:
    return [step.id for step in what.steps]


@dataclass
class Start:
    """A saga that is started at a replica that dies."""

    sagas: Sagas
    order: str
    call: "asyncio.Task[Any]"

    async def retried(self, heir: Sagas) -> Any:
        """Its caller, who had no answer, asks another replica."""
        return await heir.start(self.order, key=self.order)

    async def given_up(self) -> None:
        """Waits for what became of the first call."""
        await asyncio.wait([self.call], timeout=5)
        if self.call.done() and not self.call.cancelled() and (error := self.call.exception()):
            assert isinstance(error, grpc.aio.AioRpcError)


async def _points(world: World, case: Case) -> list[str]:
    """The points that the saga passes when nothing dies."""
    recorder = Death(at=10**9)
    async with world.replica(fault=recorder) as sagas:
        await sagas.register(case.definition)
        for what, behaviour in case.script:
            world.party.then(what, behaviour)
        saga = await sagas.run(f"{case.name} recorded")
        assert state(saga) == case.end
    return recorder.points


@asynccontextmanager
async def _dying(world: World, case: Case, at: int, order: str) -> AsyncIterator[tuple[Death, Start]]:
    death = Death(at)
    async with world.replica(fault=death) as sagas:
        for what, behaviour in case.script:
            world.party.then(what, behaviour)
        call = asyncio.ensure_future(sagas.start(order, key=order))
        await asyncio.wait_for(death.died.wait(), 15)
        world.party.script.clear()
        start = Start(sagas, order, call)
        try:
            yield death, start
        finally:
            death.woken.set()
            call.cancel()
