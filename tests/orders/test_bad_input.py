"""Every bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mesh.orders.v1 import order_pb2
from mesh.orders.v1.order_service_pb2 import (
    CancelOrderRequest,
    CreateOrderRequest,
    GetOrderRequest,
    ListOrdersRequest,
    RefundOrderRequest,
)
from services._platform.money import money
from tests.conftest import Database
from tests.inventory.conftest import refused
from tests.orders.conftest import ADA, Orders, line

Call = Callable[[Orders], Awaitable[Any]]
NAME = "orders/0198c0de-0000-7000-8000-000000000001"


def _order(*, request: dict[str, Any] | None = None, **fields: Any) -> Call:
    values = {"customer": ADA, "lines": [line()], "total_amount": money("EUR", 1000), **fields}
    message = CreateOrderRequest(order=order_pb2.Order(**values), **(request or {}))
    return lambda one: one.stub.CreateOrder(message)


def _line(**fields: Any) -> Call:
    one = line()
    one.MergeFrom(order_pb2.OrderLine(**fields))
    return _order(lines=[one])


BAD: dict[str, tuple[Call, str, list[str]]] = {
    "no order": (lambda one: one.stub.CreateOrder(CreateOrderRequest()), "FIELD_INVALID", ["order"]),
    "no customer": (_order(customer=""), "FIELD_INVALID", ["order"]),
    "no lines": (_order(lines=[]), "FIELD_INVALID", ["order"]),
    "too many lines": (_order(lines=[line()] * 101), "FIELD_INVALID", ["order.lines"]),
    "malformed product": (_line(product="mug"), "FIELD_INVALID", ["order.lines[0].product"]),
    "less than one": (_line(quantity=-1), "FIELD_INVALID", ["order.lines[0].quantity"]),
    "long name": (_line(display_name="x" * 201), "FIELD_INVALID", ["order.lines[0].display_name"]),
    "no total": (_order(total_amount=None), "FIELD_INVALID", ["order"]),
    "negative total": (_order(total_amount=money("EUR", -1000)), "AMOUNT_INVALID", ["order.total_amount"]),
    "wrong total": (_order(total_amount=money("EUR", 999)), "TOTAL_MISMATCH", ["order.total_amount"]),
    "wrong total of a line": (
        _line(total_amount=money("EUR", 100)),
        "TOTAL_MISMATCH",
        ["order.lines[0].total_amount"],
    ),
    "discount beyond the price": (
        _line(discount_amount=money("EUR", 1001)),
        "TOTAL_MISMATCH",
        ["order.lines[0].discount_amount"],
    ),
    "another currency": (
        _order(shipping_amount=money("USD", 0)),
        "CURRENCY_MISMATCH",
        ["order.shipping_amount.currency_code"],
    ),
    "malformed payment": (_order(payment="payments/1"), "FIELD_INVALID", ["order.payment"]),
    "malformed reservation": (_order(reservation="x"), "FIELD_INVALID", ["order.reservation"]),
    "long origin": (_order(origin="x" * 201), "FIELD_INVALID", ["order.origin"]),
    "order id that is no UUID": (_order(request={"order_id": "1"}), "FIELD_INVALID", ["order_id"]),
    "request id that is no UUID": (_order(request={"request_id": "1"}), "FIELD_INVALID", ["request_id"]),
    "malformed name": (lambda one: one.stub.GetOrder(GetOrderRequest(name="orders/1")), "FIELD_INVALID", ["name"]),
    "no such order": (lambda one: one.stub.GetOrder(GetOrderRequest(name=NAME)), "ORDER_NOT_FOUND", []),
    "long reason": (
        lambda one: one.stub.CancelOrder(CancelOrderRequest(name=NAME, reason="x" * 501)),
        "FIELD_INVALID",
        ["reason"],
    ),
    "refund of no order": (
        lambda one: one.stub.RefundOrder(RefundOrderRequest(name=NAME)),
        "ORDER_NOT_FOUND",
        [],
    ),
    "filter by what there is not": (
        lambda one: one.stub.ListOrders(ListOrdersRequest(filter="weight = 1")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "filter by no state": (
        lambda one: one.stub.ListOrders(ListOrdersRequest(filter="state = LOST")),
        "FILTER_INVALID",
        ["filter"],
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_refused_and_writes_nothing(orders: Orders, database: Database, case: str) -> None:
    call, reason, fields = BAD[case]
    refusal = await refused(call(orders))
    assert (refusal.reason, refusal.fields) == (reason, fields)
    async with database.connect("orders") as sql:
        for table in ("customer_order", "order_line", "order_move", "outbox", "remembered_reply"):
            assert not await sql.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


async def test_a_refund_in_another_currency_is_refused(orders: Orders) -> None:
    order = await orders.place()
    await orders.act("PAY", order.name)
    refusal = await refused(orders.act("REFUND", order.name, amount=money("USD", 100)))
    assert (refusal.reason, refusal.fields) == ("CURRENCY_MISMATCH", ["amount.currency_code"])
