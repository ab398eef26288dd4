"""Inventory against a pure model: any sequence of operations, expiries and crashes gives the same answers and stock."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from copy import deepcopy
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from mesh.inventory.v1 import reservation_pb2, transfer_pb2
from mesh.inventory.v1.reservation_service_pb2 import (
    CancelReservationRequest,
    ConfirmReservationRequest,
    ExtendReservationRequest,
)
from mesh.inventory.v1.stock_service_pb2 import GetStockRequest
from mesh.inventory.v1.transfer_service_pb2 import (
    CancelTransferRequest,
    CreateTransferRequest,
    ReceiveTransferRequest,
    TransferReceipt,
)
from tests.conftest import Backends, Clock, copied_database
from tests.inventory.conftest import Inventory, refusal_of, running
from tests.inventory.model import Model

Answer = TypeVar("Answer")

PRODUCTS = ("products/mug", "products/cup")
WAREHOUSES = ("warehouses/main", "warehouses/other")
NEVER = frozenset({"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED"})

products = st.sampled_from(PRODUCTS)
warehouses = st.sampled_from(WAREHOUSES)
quantities = st.integers(1, 9)
seconds = st.integers(1, 90)
wants = st.lists(st.tuples(products, quantities), min_size=1, max_size=3)


class Machine(RuleBasedStateMachine):
    """One inventory on a database of its own, restarted by crashes, beside the model of what it must be."""

    backends: Backends

    reservations = Bundle("reservations")
    transfers = Bundle("transfers")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.clock = Clock()
        self.stack = AsyncExitStack()
        self.service = AsyncExitStack()
        self.runner.run(self._start())

    async def _start(self) -> None:
        self.database = await self.stack.enter_async_context(copied_database(self.backends))
        self.inventory = await self.service.enter_async_context(running(self.database, self.clock))
        for name in PRODUCTS:
            await self.inventory.product(name.removeprefix("products/"))
        for name in WAREHOUSES:
            await self.inventory.warehouse(name.removeprefix("warehouses/"))

    def teardown(self) -> None:
        async def stop() -> None:
            await self.service.aclose()
            await self.stack.aclose()

        with self.runner:
            self.runner.run(stop())

    def call(self, start: Callable[[Inventory], Awaitable[Answer]]) -> Answer | str:
        """The answer of a call, or the reason of its refusal."""

        async def run() -> Answer | str:
            try:
                return await start(self.inventory)
            except grpc.aio.AioRpcError as error:
                refusal = refusal_of(error)
                assert refusal.code not in NEVER, refusal
                return refusal.reason

        return self.runner.run(run())

    @rule(
        product=products, warehouse=warehouses, change=st.sampled_from(["ADD", "SUBTRACT", "SET"]), quantity=quantities
    )
    def adjust(self, product: str, warehouse: str, change: str, quantity: int) -> None:
        key = (product, warehouse)
        answer = self.call(lambda one: one.adjust(product, warehouse, change, quantity))
        if self.model.can_adjust(key, change, quantity):
            self.model.adjust(key, change, quantity)
            assert not isinstance(answer, str), answer
            assert answer.on_hand == self.model.on_hand(key)
        else:
            assert answer in ("INSUFFICIENT_STOCK", "BELOW_RESERVED")

    @rule(target=reservations, wants=wants, ttl=seconds)
    def reserve(self, wants: list[tuple[str, int]], ttl: int) -> Any:
        answer = self.call(lambda one: one.reserve(*wants, ttl=Duration(seconds=ttl)))
        return self._reserved(wants, answer)

    @rule(target=reservations, name=reservations, wants=wants, ttl=seconds)
    def replace(self, name: str, wants: list[tuple[str, int]], ttl: int) -> Any:
        if not name:
            return ""
        answer = self.call(lambda one: one.reserve(*wants, ttl=Duration(seconds=ttl), replaces=name))
        if self.model.reservations[name].state == "CONFIRMED":
            assert answer == "RESERVATION_CLOSED"
            return ""
        before = deepcopy(self.model)
        if self.model.reservations[name].state == "HELD":
            self.model.cancel(name)
        made = self._reserved(wants, answer)
        if not made:
            self.model = before
        return made

    def _reserved(self, wants: list[tuple[str, int]], answer: reservation_pb2.Reservation | str) -> str:
        if not self.model.can_reserve(wants):
            assert answer == "OUT_OF_STOCK"
            return ""
        assert not isinstance(answer, str), answer
        lines = {(line.product, line.warehouse): line.quantity for line in answer.lines}
        asked: dict[str, int] = {}
        for product, quantity in wants:
            asked[product] = asked.get(product, 0) + quantity
        for product, quantity in asked.items():
            assert sum(held for key, held in lines.items() if key[0] == product) == quantity
        self.model.reserve(answer.name, lines, answer.expire_time.ToDatetime(tzinfo=self.clock.now.tzinfo))
        return answer.name

    @rule(name=reservations, part=st.none() | st.dictionaries(products, quantities, min_size=1))
    def confirm(self, name: str, part: dict[str, int] | None) -> None:
        if not name:
            return
        held = self.model.reservations[name]
        lines = [reservation_pb2.ReservationLine(product=p, quantity=q) for p, q in (part or {}).items()]
        request = ConfirmReservationRequest(name=name, lines=lines)
        answer = self.call(lambda one: one.reservations.ConfirmReservation(request))
        totals: dict[str, int] = {}
        for (product, _), quantity in held.lines.items():
            totals[product] = totals.get(product, 0) + quantity
        if held.state == "EXPIRED":
            assert answer == "RESERVATION_EXPIRED"
        elif held.state != "HELD":
            assert answer == "RESERVATION_CLOSED"
        elif any(totals.get(product, 0) < quantity for product, quantity in (part or {}).items()):
            assert answer == "RESERVATION_EXCEEDED"
        else:
            assert not isinstance(answer, str), answer
            self.model.confirm(name, part)

    @rule(name=reservations)
    def cancel(self, name: str) -> None:
        if not name:
            return
        held = self.model.reservations[name]
        answer = self.call(lambda one: one.reservations.CancelReservation(CancelReservationRequest(name=name)))
        if held.state == "CONFIRMED":
            assert answer == "RESERVATION_CLOSED"
            return
        assert not isinstance(answer, str), answer
        if held.state == "HELD":
            self.model.cancel(name)
        assert reservation_pb2.ReservationState.Name(answer.state) == f"RESERVATION_STATE_{held.state}"

    @rule(name=reservations, ttl=seconds)
    def extend(self, name: str, ttl: int) -> None:
        if not name:
            return
        held = self.model.reservations[name]
        request = ExtendReservationRequest(name=name, ttl=Duration(seconds=ttl))
        answer = self.call(lambda one: one.reservations.ExtendReservation(request))
        if held.state == "HELD":
            assert not isinstance(answer, str), answer
            held.expire_time = answer.expire_time.ToDatetime(tzinfo=self.clock.now.tzinfo)
        else:
            assert answer == ("RESERVATION_EXPIRED" if held.state == "EXPIRED" else "RESERVATION_CLOSED")

    @rule(target=transfers, product=products, there=st.booleans(), quantity=quantities)
    def send(self, product: str, there: bool, quantity: int) -> str:
        source, destination = WAREHOUSES if there else WAREHOUSES[::-1]
        line = transfer_pb2.TransferLine(product=product, quantity=quantity)
        request = CreateTransferRequest(source_warehouse=source, destination_warehouse=destination, lines=[line])
        answer = self.call(lambda one: one.transfers.CreateTransfer(request))
        if self.model.available.get((product, source), 0) < quantity:
            assert answer == "INSUFFICIENT_STOCK"
            return ""
        assert not isinstance(answer, str), answer
        self.model.send(answer.name, source, destination, {product: quantity})
        return answer.name

    @rule(name=transfers, fit=st.integers(0, 5), damaged=st.integers(0, 3), final=st.booleans())
    def receive(self, name: str, fit: int, damaged: int, final: bool) -> None:
        if not name:
            return
        sent = self.model.transfers[name]
        [product] = sent.under_way
        receipt = TransferReceipt(product=product, quantity=fit, damaged_quantity=damaged)
        request = ReceiveTransferRequest(name=name, receipts=[receipt], final=final)
        answer = self.call(lambda one: one.transfers.ReceiveTransfer(request))
        if sent.state in ("RECEIVED", "CANCELLED"):
            assert answer == "TRANSFER_CLOSED"
        elif fit + damaged > sent.under_way[product]:
            assert answer == "TRANSFER_EXCEEDED"
        else:
            assert not isinstance(answer, str), answer
            self.model.receive(name, {product: (fit, damaged)}, final)
            assert transfer_pb2.TransferState.Name(answer.state) == f"TRANSFER_STATE_{sent.state}"

    @rule(name=consumes(transfers))
    def recall(self, name: str) -> None:
        if not name:
            return
        sent = self.model.transfers[name]
        answer = self.call(lambda one: one.transfers.CancelTransfer(CancelTransferRequest(name=name)))
        if sent.state == "IN_TRANSIT":
            assert not isinstance(answer, str), answer
            self.model.recall(name)
        else:
            assert answer == "TRANSFER_CLOSED"

    @rule(by=seconds)
    def wait(self, by: int) -> None:
        self.clock.advance(seconds=by)
        self.model.expire(self.clock.now)

    @rule(product=products, count=st.integers(1, 12))
    def crash_while_reserving(self, product: str, count: int) -> None:
        """The service dies amid calls. Their replays, by request id, find out what happened, once and for all."""
        ids = [str(uuid.uuid4()) for _ in range(count)]

        async def crash() -> None:
            calls = [asyncio.ensure_future(self.inventory.reserve((product, 1), request_id=id_)) for id_ in ids]
            async with self.database.connect() as sql:
                # Every session of the service ends wherever it is, as by a kill.
                await sql.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = 'inventory' AND datname = current_database()"
                )
            await self.service.aclose()
            await asyncio.gather(*calls, return_exceptions=True)
            self.inventory = await self.service.enter_async_context(running(self.database, self.clock))

        self.runner.run(crash())
        answers = [self._replay(product, id_) for id_ in ids]
        granted = [answer for answer in answers if not isinstance(answer, str)]
        # Which of them got the last units depends on the instant of the crash; how many does not.
        assert len(granted) == min(count, self.model.free(product))
        assert {answer for answer in answers if isinstance(answer, str)} <= {"OUT_OF_STOCK"}
        for answer in granted:
            self._reserved([(product, 1)], answer)

    def _replay(self, product: str, id_: str) -> reservation_pb2.Reservation | str:
        return self.call(lambda one: one.reserve((product, 1), request_id=id_))

    @invariant()
    def stock_is_what_the_model_says(self) -> None:
        async def check() -> None:
            for product in PRODUCTS:
                stock = await self.inventory.stock.GetStock(GetStockRequest(name=f"{product}/stock"))
                for level in stock.levels:
                    key = (product, level.warehouse)
                    assert level.available == self.model.available.get(key, 0), key
                    assert level.reserved == self.model.reserved(key), key
                    assert level.in_transit == self.model.in_transit.get(key, 0), key
                    assert level.damaged == self.model.damaged.get(key, 0), key
            if any(self.model.available.values()):
                await self.inventory.assert_balanced()

        self.runner.run(check())


def test_inventory_is_what_the_model_says(backends: Backends, request: pytest.FixtureRequest) -> None:
    deep = request.config.getoption("--deep")
    Machine.backends = backends
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=200 if deep else 12,
            stateful_step_count=60 if deep else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
