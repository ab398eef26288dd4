"""The orchestrator of a checkout is held up at every point of its saga, and the books balance all the same.

A replica "dies" by never going on from a point: a commit or a call of a step, before or after it. Its lease runs out,
and another one takes the checkout over. At the end the dead one goes on where it stopped, as a process does that was
only paused: what it still sends comes late, and twice, and must change nothing. At the same points the sessions of all
participants are cut off in Postgres, so that what they were at is committed or is not.

By default some of the points are tried, each with a case of its own; all of them with `--deep`, as `make chaos` does.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from mesh.saga.v1.saga_service_pb2 import StartSagaRequest
from tests.checkout.conftest import Market
from tests.checkout.stall import ENDS, Stall
from tests.conftest import Database
from tests.saga.deaths import Death, bury

SAMPLED = 6
TOGETHER = 7
"""How many orchestrators are held up at a time: each has connections of its own to Postgres."""


@pytest.mark.parametrize("card", ENDS)
async def test_wherever_a_checkout_is_held_up(market: Market, card: str, request: pytest.FixtureRequest) -> None:
    stall = await Stall.open(market, card)
    recorder = Death(at=10**9)
    async with market.orchestrator(recorder) as sagas:
        begun = await stall.begun()
        await stall.assert_ends(sagas, begun)
    points = range(1, len(recorder.points) + 1)
    assert len(points) >= 4 * 5, recorder.points  # before and after each commit and each call
    step = 1 if request.config.getoption("--deep") else max(1, len(points) // SAMPLED)
    tried = points[::step]
    for first in range(0, len(tried), TOGETHER):
        await _held_up(market, stall, begun, tried[first : first + TOGETHER])


async def _held_up(market: Market, stall: Stall, ended: StartSagaRequest, points: Sequence[int]) -> None:
    """Checkouts that are each held up at another point end as they should elsewhere, and stay ended when all go on."""
    # All carts are filled before the first cut: a shopper would ask again for what one breaks off.
    starts = [await stall.begun() for _ in points]
    async with AsyncExitStack() as stack:
        deaths = []
        for at, start in zip(points, starts, strict=True):
            death = Death(at)
            dying = await stack.enter_async_context(market.orchestrator(death))
            stack.callback(death.woken.set)
            call = asyncio.ensure_future(dying.StartSaga(start))
            await asyncio.wait_for(death.died.wait(), 20)
            await _cut(market.database)
            deaths.append((death, call))
        await bury(market.database)
        heir = await stack.enter_async_context(market.orchestrator())
        for again in (ended, *starts):
            await stall.assert_ends(heir, again)
        await stall.assert_balanced()
        for death, _ in deaths:
            death.woken.set()
        await asyncio.wait([call for _, call in deaths], timeout=5)
        await stall.assert_balanced()
        for _, call in deaths:
            call.cancel()


async def _cut(database: Database) -> None:
    """Ends every session of the participants wherever it is, as a kill of theirs would."""
    async with database.connect() as sql:
        await sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename IN ('cart', 'inventory', 'orders', 'payments') AND datname = current_database()"
        )
