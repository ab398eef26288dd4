"""Background loops: start, error, lease, drain."""

import asyncio
from datetime import timedelta

import pytest

from services._platform.errors import Unavailable
from services._platform.lease import Lease
from services._platform.loops import Loop, running
from services._platform.postgres import Pool
from tests.platform.conftest import until


async def test_a_loop_goes_on_at_once_while_there_is_more_to_do() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        return steps < 3

    async with running([Loop("more", step, every=3600)]):
        await until(lambda: steps == 3)
    assert steps == 3


async def test_it_comes_back_after_its_pause() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        return False

    async with running([Loop("pause", step, every=0.001)]):
        await until(lambda: steps > 2)


async def test_the_step_that_runs_is_finished_before_the_block_is_left() -> None:
    began, go_on, finished = asyncio.Event(), asyncio.Event(), False

    async def step() -> bool:
        nonlocal finished
        began.set()
        await go_on.wait()
        finished = True
        return True  # there would be more, but no other step is begun

    async def serve() -> None:
        async with running([Loop("drain", step, every=0)]):
            await began.wait()

    serving = asyncio.create_task(serve())
    await began.wait()
    assert not serving.done()
    go_on.set()
    await serving
    assert finished


@pytest.mark.parametrize("error", [Unavailable("away"), LookupError("a defect")])
async def test_an_error_does_not_end_the_loop(error: Exception) -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        if steps < 3:
            raise error
        return False

    async with running([Loop("errors", step, every=0.001)]):
        await until(lambda: steps > 3)


async def test_what_fails_beside_the_loops_is_told_as_it_is_after_their_last_steps() -> None:
    began, finished = asyncio.Event(), False

    async def step() -> bool:
        nonlocal finished
        began.set()
        await asyncio.sleep(0)
        finished = True
        return False

    async def serve() -> None:
        async with running([Loop("beside", step, every=3600)]):
            await began.wait()
            raise LookupError

    with pytest.raises(LookupError):
        await serve()
    assert finished


async def test_with_a_lease_one_replica_works_and_the_other_takes_over(pool: Pool) -> None:
    steps: list[str] = []

    def replica(name: str) -> Loop:
        async def step() -> bool:
            steps.append(name)
            return False

        return Loop("leased", step, every=0.001, lease=Lease(pool, "leased", name, ttl=timedelta(minutes=1)))

    async with running([replica("a")]):
        await until(lambda: steps)
        async with running([replica("b")]):
            await until(lambda: len(steps) > 5)
            assert set(steps) == {"a"}
    async with running([replica("b")]):  # a gave its lease up, so b need not wait for a minute
        await until(lambda: "b" in steps)
