"""The orchestrator of a checkout is held up at every point of its saga, and the books balance all the same.

A replica "dies" by never going on from a point: a commit or a call of a step, before or after it. Its lease runs out,
and another one takes the checkout over. At the end the dead one goes on where it stopped, as a process does that was
only paused: what it still sends comes late, and twice, and must change nothing. At the same points the sessions of all
participants are cut off in Postgres, so that what they were at is committed or is not.

By default some of the points are tried, each with a case of its own; all of them with `--deep`, as `make chaos` does.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest

from mesh.cart.v1.checkout_pb2 import CHECKOUT_STATE_COMPLETED
from mesh.saga.v1 import saga_pb2, saga_service_pb2_grpc
from mesh.saga.v1.saga_service_pb2 import AwaitSagaRequest, StartSagaRequest
from services.cart.convert.checkouts import CHECKOUT, SAGA, saga_input
from tests.cart.conftest import ADA
from tests.checkout.conftest import Market
from tests.checkout.stall import ENDS, Stall
from tests.conftest import Database
from tests.saga.deaths import Death, bury

SAMPLED = 6


@pytest.mark.parametrize("card", ENDS)
async def test_wherever_a_checkout_is_held_up(market: Market, card: str, request: pytest.FixtureRequest) -> None:
    stall = await Stall.open(market, card)
    recorder = Death(at=10**9)
    async with market.orchestrator(recorder) as sagas:
        begun = await _begun(stall)
        assert await _ended(sagas, begun) == _end(card)
    points = range(1, len(recorder.points) + 1)
    assert len(points) >= 4 * 5, recorder.points  # before and after each commit and each call
    step = 1 if request.config.getoption("--deep") else max(1, len(points) // SAMPLED)
    started = [begun]
    async with AsyncExitStack() as stack:
        deaths = []
        for at in points[::step]:
            death = Death(at)
            dying = await stack.enter_async_context(market.orchestrator(death))
            started.append(await _begun(stall))
            call = asyncio.ensure_future(dying.StartSaga(started[-1]))
            await asyncio.wait_for(death.died.wait(), 20)
            await _cut(market.database)
            deaths.append((death, call))
        await bury(market.database)
        heir = await stack.enter_async_context(market.orchestrator(Death(at=10**9)))
        for again in started:
            assert await _ended(heir, again) == _end(card)
        await stall.assert_balanced()
        for death, _ in deaths:
            death.woken.set()
        await asyncio.wait([call for _, call in deaths], timeout=5)
        await stall.assert_balanced()
        for _, call in deaths:
            call.cancel()


async def _begun(stall: Stall) -> StartSagaRequest:
    """What the cart service asks for when a new cart is checked out."""
    wanted = await stall.shopper()
    return StartSagaRequest(
        definition=f"sagaDefinitions/{SAGA}",
        key=CHECKOUT.name(wanted.request_id),
        owner=ADA,
        input=saga_input(wanted.request_id, wanted, ADA),
    )


def _end(card: str) -> int:
    completed = ENDS[card] == CHECKOUT_STATE_COMPLETED
    return saga_pb2.SAGA_STATE_COMPLETED if completed else saga_pb2.SAGA_STATE_COMPENSATED


async def _ended(sagas: "saga_service_pb2_grpc.SagaServiceAsyncStub", start: StartSagaRequest) -> int:
    """How a saga ends, for a caller who asks again for it to be started."""
    request = AwaitSagaRequest(name=(await sagas.StartSaga(start)).name)
    request.wait.seconds = 40
    return (await sagas.AwaitSaga(request, timeout=45)).state


async def _cut(database: Database) -> None:
    """Ends every session of the participants wherever it is, as a kill of theirs would."""
    async with database.connect() as sql:
        await sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename IN ('cart', 'inventory', 'orders', 'payments') AND datname = current_database()"
        )
