"""A checkout dies at every point of its saga, and the books balance all the same.

A replica of the orchestrator "dies" by never going on from a point: a commit or a call of a step, before or after it.
Its lease runs out and another one takes the checkout over. At the end the dead one goes on where it stopped, as a
process does that was only paused: what it still sends comes late, and twice, and must change nothing. At the same
points the sessions of all participants are cut off in Postgres, so that what they were at is committed or is not.

By default some of the points are tried, each with a case of its own; all of them with `--deep`, as `make chaos` does.
"""

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from mesh.cart.v1 import checkout_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import GetCartRequest
from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.saga.v1 import saga_pb2, saga_service_pb2_grpc
from mesh.saga.v1.saga_service_pb2 import AwaitSagaRequest, StartSagaRequest
from services.cart.convert.checkouts import CHECKOUT, SAGA, saga_input
from tests.cart.conftest import ADA
from tests.checkout.conftest import Market
from tests.conftest import Database

CASES = {"tok_approve": saga_pb2.SAGA_STATE_COMPLETED, "tok_decline": saga_pb2.SAGA_STATE_COMPENSATED}
SAMPLED = 6
UNITS = 100


@dataclass
class Death:
    """Stops a replica at its n-th point, and what it does elsewhere from then on; until it is woken."""

    at: int
    points: list[str] = field(default_factory=list)
    died: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, point: str) -> None:
        if point != "before renewal":  # comes with time, not with the saga
            self.points.append(point)
        if len(self.points) >= self.at:
            self.died.set()
            await self.woken.wait()


@pytest.mark.parametrize("method", CASES)
async def test_wherever_a_checkout_dies(market: Market, method: str, request: pytest.FixtureRequest) -> None:
    mug = await market.stocked("mug", UNITS, 1000)
    tenth = promotion_pb2.PercentageOff(basis_points=1000)
    promotion = await market.shop.promotion("tenth", redemption_limit=UNITS, percentage_off=tenth)
    recorder = Death(at=10**9)
    async with market.orchestrator(recorder) as sagas:
        begun = await _begun(market, mug, method)
        assert await _ended(sagas, begun) == CASES[method]
    points = range(1, len(recorder.points) + 1)
    assert len(points) >= 4 * 5, recorder.points  # before and after each commit and each call
    step = 1 if request.config.getoption("--deep") else max(1, len(points) // SAMPLED)
    started = [begun]
    async with AsyncExitStack() as stack:
        deaths = []
        for at in points[::step]:
            death = Death(at)
            dying = await stack.enter_async_context(market.orchestrator(death))
            started.append(await _begun(market, mug, method))
            call = asyncio.ensure_future(dying.StartSaga(started[-1]))
            await asyncio.wait_for(death.died.wait(), 20)
            await _cut(market.database)
            deaths.append((death, call))
        await _bury(market.database)
        heir = await stack.enter_async_context(market.orchestrator(Death(at=10**9)))
        for again in started:
            assert await _ended(heir, again) == CASES[method]
        await _assert_balanced(market, mug, promotion, started, method)
        for death, _ in deaths:
            death.woken.set()
        await asyncio.wait([call for _, call in deaths], timeout=5)
        await _assert_balanced(market, mug, promotion, started, method)
        for _, call in deaths:
            call.cancel()


async def _begun(market: Market, mug: str, method: str) -> StartSagaRequest:
    """What the cart service asks for when a new cart is checked out."""
    cart = await market.shop.cart((mug, 1))
    quote = (await market.shop.quote(cart.name)).cart.quote
    wanted = CheckoutCartRequest(name=cart.name, quote_id=quote.quote_id, payment_method=method)
    id_ = str(uuid.uuid4())
    return StartSagaRequest(
        definition=f"sagaDefinitions/{SAGA}", key=CHECKOUT.name(id_), owner=ADA, input=saga_input(id_, wanted, ADA)
    )


async def _ended(sagas: "saga_service_pb2_grpc.SagaServiceAsyncStub", start: StartSagaRequest) -> int:
    """How a saga ends, for a caller who asks again for it to be started."""
    request = AwaitSagaRequest(name=(await sagas.StartSaga(start)).name)
    request.wait.seconds = 40
    return (await sagas.AwaitSaga(request, timeout=45)).state


async def _assert_balanced(
    market: Market, mug: str, promotion: str, started: list[StartSagaRequest], method: str
) -> None:
    """Stock, money, coupons, orders and carts all say the same: each checkout happened once, or not at all."""
    sold = len(started) if CASES[method] == saga_pb2.SAGA_STATE_COMPLETED else 0
    assert len(await market.placed()) == sold
    assert await market.inventory.totals(mug) == (UNITS - sold, 0, UNITS - sold)
    assert await market.used(promotion) == sold
    assert {abs(amount) for amount in (await market.payments.balances()).values()} <= {0, sold * 900}
    await market.inventory.assert_balanced()
    inputs = [checkout_pb2.CheckoutInput.FromString(each.input.value) for each in started]
    carts = [await market.shop.carts.GetCart(GetCartRequest(name=each.cart)) for each in inputs]
    assert {cart.state for cart in carts} == {3 if sold else 1}


async def _cut(database: Database) -> None:
    """Ends every session of the participants wherever it is, as a kill of theirs would."""
    async with database.connect() as sql:
        await sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename IN ('cart', 'inventory', 'orders', 'payments') AND datname = current_database()"
        )


async def _bury(database: Database) -> None:
    """The leases of the dead run out: nobody renews them for them, as nobody would."""
    async with database.connect("saga") as sql:
        await sql.execute("UPDATE lease SET expire_time = now() WHERE name LIKE 'executor/%'")
