"""Orders are placed once, go one way, and remember it."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from mesh.orders.v1.order_service_pb2 import ListOrdersRequest
from services._platform.money import money
from services.orders.domain.moves import MOVES, Action, State
from tests.conftest import Clock, Database
from tests.inventory.conftest import refusal_of, refused
from tests.orders.conftest import ADA, BOB, PAYMENT, Orders, line, running, state

WAYS = {
    "PLACED": [],
    "PAID": ["PAY"],
    "FULFILLED": ["PAY", "FULFILL"],
    "SHIPPED": ["PAY", "FULFILL", "SHIP"],
    "DELIVERED": ["PAY", "FULFILL", "SHIP", "DELIVER"],
    "CANCELLED": ["CANCEL"],
    "REFUNDED": ["PAY", "REFUND"],
}
ACTIONS = ("PAY", "FULFILL", "SHIP", "DELIVER", "CANCEL", "REFUND")
AGAIN = {("PAID", "PAY"), ("CANCELLED", "CANCEL")}
"""What may be repeated, because a step of a saga may be."""


def new_id() -> str:
    return str(uuid.uuid4())


async def test_an_order_goes_its_way_and_remembers_it(orders: Orders) -> None:
    placed = await orders.place(line(discount=50), line("cup", 1, 300), customer=ADA)
    assert (placed.total_amount.units, placed.total_amount.nanos) == (17, 400_000_000)
    for action in ("PAY", "FULFILL"):
        await orders.act(action, placed.name)
    await orders.act("SHIP", placed.name, tracking_code="1Z999")
    delivered = await orders.act("DELIVER", placed.name)
    assert (state(delivered), delivered.tracking_code, delivered.payment) == ("DELIVERED", "1Z999", PAYMENT)
    assert await orders.history(placed.name) == [
        ("PLACE", "PLACED"),
        ("PAY", "PAID"),
        ("FULFILL", "FULFILLED"),
        ("SHIP", "SHIPPED"),
        ("DELIVER", "DELIVERED"),
    ]
    assert await orders.get(placed.name) == delivered


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("place", WAYS)
async def test_a_move_is_allowed_by_the_table_or_refused_with_what_is(orders: Orders, place: str, action: str) -> None:
    order = await orders.place()
    for step in WAYS[place]:
        order = await orders.act(step, order.name)
    assert state(order) == place
    allowed = [] if place == "REFUNDED" else [one.name for one in MOVES[State[place]]]
    if action in allowed or (place, action) in AGAIN:
        await orders.act(action, order.name)
        return
    refusal = await refused(orders.act(action, order.name))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "ORDER_MOVE_ILLEGAL")
    assert refusal.metadata == {
        "order": order.name,
        "state": f"ORDER_STATE_{place}",
        "action": action,
        "allowed": ",".join(allowed),
    }
    assert await orders.get(order.name) == order


async def test_what_is_partly_refunded_is_still_delivered(orders: Orders) -> None:
    order = await orders.place()
    await orders.act("PAY", order.name)
    part = await orders.act("REFUND", order.name, amount=money("EUR", 400), reason="late")
    assert (state(part), part.progress) == ("PARTIALLY_REFUNDED", State.PAID.value)
    for action in ("FULFILL", "SHIP", "DELIVER"):
        part = await orders.act(action, order.name)
    assert (state(part), part.progress) == ("PARTIALLY_REFUNDED", State.DELIVERED.value)
    refusal = await refused(orders.act("REFUND", order.name, amount=money("EUR", 1091)))
    assert (refusal.reason, refusal.metadata["refundable"]) == ("ORDER_REFUND_EXCEEDED", "1090")
    assert state(await orders.act("REFUND", order.name)) == "REFUNDED"


async def test_refunds_racing_never_exceed_the_total(orders: Orders) -> None:
    order = await orders.place()
    await orders.act("PAY", order.name)
    answers = await asyncio.gather(
        *(orders.act("REFUND", order.name, amount=money("EUR", 100)) for _ in range(32)), return_exceptions=True
    )
    refusals = [refusal_of(one).reason for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert refusals == ["ORDER_REFUND_EXCEEDED"] * 18
    assert (await orders.get(order.name)).refunded_amount == money("EUR", 1400)


async def test_an_order_is_placed_once(orders: Orders) -> None:
    id_, request = new_id(), new_id()
    placed = await asyncio.gather(*(orders.place(order_id=id_, request_id=request) for _ in range(16)))
    assert all(one == placed[0] for one in placed)
    assert (await refused(orders.place(order_id=id_))).reason == "ORDER_EXISTS"
    reused = await refused(orders.place(line("cup"), order_id=id_, request_id=request))
    assert reused.reason == "REQUEST_ID_REUSED"


async def test_cancelling_in_advance_keeps_the_order_out(orders: Orders) -> None:
    name = f"orders/{(id_ := new_id())}"
    assert (await refused(orders.act("CANCEL", name))).reason == "ORDER_NOT_FOUND"
    for _ in range(2):
        assert state(await orders.act("CANCEL", name, allow_missing=True)) == "CANCELLED"
    refusal = await refused(orders.place(order_id=id_))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "ORDER_ABANDONED")
    assert not (await orders.stub.ListOrders(ListOrdersRequest())).orders


async def test_placing_and_cancelling_racing_end_cancelled(database: Database, clock: Clock) -> None:
    async with running(database, clock) as one, running(database, clock) as two:
        ids = [new_id() for _ in range(20)]
        calls: list[Any] = []
        for id_ in ids:
            calls += [one.place(order_id=id_), two.act("CANCEL", f"orders/{id_}", allow_missing=True)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refusals = {refusal_of(each).reason for each in answers if isinstance(each, grpc.aio.AioRpcError)}
        assert refusals <= {"ORDER_ABANDONED"}
        for id_ in ids:
            assert state(await one.get(f"orders/{id_}")) == "CANCELLED"


async def test_customers_see_and_cancel_their_own_orders_alone(orders: Orders) -> None:
    of_ada, of_bob = await orders.place(customer=ADA), await orders.place(customer=BOB)
    bob = orders.by(BOB)
    assert [one.name for one in (await bob.stub.ListOrders(ListOrdersRequest())).orders] == [of_bob.name]
    assert not (await bob.stub.ListOrders(ListOrdersRequest(filter=f'customer = "{ADA}"'))).orders
    for call in (bob.get(of_ada.name), bob.history(of_ada.name), bob.act("CANCEL", of_ada.name)):
        assert (await refused(call)).reason == "ORDER_NOT_FOUND"
    assert state(await bob.act("CANCEL", of_bob.name, reason="changed my mind")) == "CANCELLED"
    for call in (
        bob.place(),
        bob.act("PAY", of_ada.name),
        bob.act("REFUND", of_bob.name),
        bob.act("CANCEL", f"orders/{new_id()}", allow_missing=True),
    ):
        assert (await refused(call)).reason == "PERMISSION_MISSING"


async def test_orders_are_listed_newest_first_in_pages_by_filter(orders: Orders, clock: Clock) -> None:
    made = []
    for _ in range(5):
        clock.advance(seconds=1)
        made.append((await orders.place()).name)
    await orders.act("PAY", made[1])
    await orders.act("CANCEL", made[3])
    request, found = ListOrdersRequest(page_size=2), []
    while True:
        page = await orders.stub.ListOrders(request)
        found += [one.name for one in page.orders]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == made[::-1]

    async def names(filter: str) -> list[str]:
        return [one.name for one in (await orders.stub.ListOrders(ListOrdersRequest(filter=filter))).orders]

    assert await names("state = ORDER_STATE_PAID") == [made[1]]
    assert await names("state != ORDER_STATE_PLACED") == [made[3], made[1]]
    assert await names(f'payment = "{PAYMENT}" AND origin = "carts/1" AND customer = "{ADA}"') == made[::-1]
    assert await names(f'payment != "{PAYMENT}"') == []


def test_the_table_leads_somewhere_from_everywhere_but_the_ends() -> None:
    ends = {progress for progress, moves in MOVES.items() if not moves}
    assert ends == {State.CANCELLED}
    reached = {State.PLACED} | {after for moves in MOVES.values() for after in moves.values()}
    assert reached == set(MOVES)
    assert {action for moves in MOVES.values() for action in moves} == set(Action) - {Action.PLACE}
