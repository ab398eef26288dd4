"""Orders over the wire, and a small vocabulary for its tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import grpc
import pytest

from mesh.orders.v1 import order_pb2, order_service_pb2_grpc
from mesh.orders.v1.order_service_pb2 import (
    CancelOrderRequest,
    CreateOrderRequest,
    DeliverOrderRequest,
    FulfillOrderRequest,
    GetOrderRequest,
    ListOrderMovesRequest,
    MarkOrderPaidRequest,
    RefundOrderRequest,
    ShipOrderRequest,
)
from services._platform.money import money
from services.orders.__main__ import compose
from tests.callers import AuthorizedChannel, token
from tests.conftest import Clock, Database, serving, settings

ADA = "users/0198c0de-0000-7000-8000-0000000000ad"
BOB = "users/0198c0de-0000-7000-8000-0000000000b0"
PAYMENT = "payments/0198c0de-0000-7000-8000-0000000000fa"


def state(order: order_pb2.Order) -> str:
    """Where an order stands, without the enum's prefix."""
    return order_pb2.OrderState.Name(order.state).removeprefix("ORDER_STATE_")


def line(product: str = "mug", quantity: int = 2, price: int = 500, discount: int = 0) -> order_pb2.OrderLine:
    """A line of an order, in euro cents."""
    return order_pb2.OrderLine(
        product=f"products/{product}",
        display_name=product.title(),
        quantity=quantity,
        unit_price=money("EUR", price),
        discount_amount=money("EUR", discount),
        total_amount=money("EUR", quantity * price - discount),
    )


@dataclass(frozen=True)
class Orders:
    """Stubs of a running orders."""

    plain: grpc.aio.Channel
    access_token: str = field(default_factory=token)

    def by(self, user: str) -> "Orders":
        """The same, called by a customer."""
        return replace(self, access_token=token(user, ["customer"]))

    @property
    def stub(self) -> "order_service_pb2_grpc.OrderServiceAsyncStub":
        channel = AuthorizedChannel(self.plain, self.access_token)
        return order_service_pb2_grpc.OrderServiceStub(cast("grpc.aio.Channel", channel))

    async def place(self, *lines: order_pb2.OrderLine, customer: str = ADA, **more: Any) -> order_pb2.Order:
        """Places an order of these lines, with shipping for 4.90."""
        chosen = lines or (line(),)
        total = 490 + sum(one.total_amount.units * 100 + one.total_amount.nanos // 10**7 for one in chosen)
        order = order_pb2.Order(
            customer=customer,
            lines=chosen,
            shipping_amount=money("EUR", 490),
            total_amount=money("EUR", total),
            payment=PAYMENT,
            origin="carts/1",
        )
        return await self.stub.CreateOrder(CreateOrderRequest(order=order, **more))

    async def get(self, name: str) -> order_pb2.Order:
        return await self.stub.GetOrder(GetOrderRequest(name=name))

    async def act(self, action: str, name: str, **more: Any) -> order_pb2.Order:
        """PAY, FULFILL, SHIP, DELIVER, CANCEL or REFUND."""
        call, request = {
            "PAY": (self.stub.MarkOrderPaid, MarkOrderPaidRequest),
            "FULFILL": (self.stub.FulfillOrder, FulfillOrderRequest),
            "SHIP": (self.stub.ShipOrder, ShipOrderRequest),
            "DELIVER": (self.stub.DeliverOrder, DeliverOrderRequest),
            "CANCEL": (self.stub.CancelOrder, CancelOrderRequest),
            "REFUND": (self.stub.RefundOrder, RefundOrderRequest),
        }[action]
        return cast("order_pb2.Order", await cast("Any", call)(request(name=name, **more)))

    async def history(self, name: str) -> list[tuple[str, str]]:
        """What was done, and where the order stood afterwards."""
        moves = (await self.stub.ListOrderMoves(ListOrderMovesRequest(parent=name))).moves
        return [
            (
                order_pb2.OrderAction.Name(move.action).removeprefix("ORDER_ACTION_"),
                order_pb2.OrderState.Name(move.state).removeprefix("ORDER_STATE_"),
            )
            for move in moves
        ]


@pytest.fixture
async def orders(database: Database, clock: Clock) -> AsyncIterator[Orders]:
    """A running orders on a database of its own."""
    async with running(database, clock) as orders:
        yield orders


@asynccontextmanager
async def running(database: Database, clock: Clock) -> AsyncIterator[Orders]:
    """One replica of orders."""
    async with serving(partial(compose, clock=clock), settings(database, "orders"), access_token="") as channel:
        yield Orders(channel)
