"""Whichever process of a checkout dies, and wherever, the books balance all the same.

Orchestrator and participants are processes. One of them kills itself at a point: before or after a call that it serves
or makes, before or after a commit. A new one takes its place, as a supervisor would have it; the shopper, who may have
had no answer, asks again. The points are those of the saga's definition, as a checkout that nothing happens to passes
them. By default some of them are tried; all of them with `--deep`, as `make chaos` does.
"""

import asyncio
from itertools import count

import grpc
import pytest

from mesh.cart.v1.checkout_pb2 import CHECKOUT_STATE_RUNNING, Checkout
from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.saga.v1.saga_service_pb2 import GetSagaRequest
from services._platform.tasks import end
from services.cart.convert.checkouts import definition
from tests.checkout import points
from tests.checkout.conftest import Market
from tests.checkout.stall import ENDS, Stall
from tests.saga.deaths import bury

SAMPLED = 4
UNANSWERED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}


@pytest.mark.parametrize("card", ENDS)
async def test_whoever_dies_and_wherever(mortals: Market, card: str, request: pytest.FixtureRequest) -> None:
    stall = await Stall.open(mortals, card)
    undisturbed = await _checked_out(mortals, await stall.shopper())
    saga = await mortals.sagas.GetSaga(GetSagaRequest(name=undisturbed.saga))
    called = list(points.called(definition(), saga))
    everywhere = [point for path in called for point in points.served(path)]
    everywhere += points.orchestrated(called, saga)
    everywhere += points.BEGINNING
    deep = request.config.getoption("--deep")
    for area, point in everywhere if deep else everywhere[:: len(everywhere) // SAMPLED]:
        assert await _died(stall, area, point), (area, point)
    for path in called if deep else ():
        for time in count(2):
            before, after = points.committed(path, time)
            if not await _died(stall, *before):
                break
            assert await _died(stall, *after), after


async def _died(stall: Stall, area: str, point: str) -> bool:
    """Whether a participant died where it should, while a cart was checked out; fails when that has consequences."""
    market, shopper = stall.market, await stall.shopper()
    participant = market.participants[area]
    await participant.kill()
    await participant.start(die_at=point)
    answer = asyncio.create_task(_checked_out(market, shopper))
    death = asyncio.create_task(participant.ended())
    await asyncio.wait((answer, death), return_when=asyncio.FIRST_COMPLETED)
    died = death.done()
    if died:
        await death
        await bury(market.database)
        await participant.start()
    checkout = await answer
    assert checkout.state == ENDS[stall.card], (area, point, checkout.error)
    await stall.assert_balanced()
    await end(death)
    if not died:  # nor may it die later, when another is to
        await participant.kill()
        await participant.start()
    return died


async def _checked_out(market: Market, request: CheckoutCartRequest) -> Checkout:
    """How a checkout ends, for a shopper who asks again when there is no answer."""
    async with asyncio.timeout(60):
        while True:
            try:
                checkout = await market.checkouts().CheckoutCart(request, timeout=30)
            except grpc.aio.AioRpcError as error:
                if error.code() not in UNANSWERED:
                    raise
                await asyncio.sleep(0.1)
            else:
                if checkout.state != CHECKOUT_STATE_RUNNING:
                    return checkout
