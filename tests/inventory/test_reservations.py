"""Stories of reservations, over the wire."""

import asyncio

from mesh.inventory.v1 import reservation_pb2
from mesh.inventory.v1.reservation_service_pb2 import (
    GetReservationRequest,
)
from tests.inventory.conftest import Inventory, refused

State = reservation_pb2.ReservationState


async def test_a_hold_takes_from_what_is_available(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    reservation = await inventory.reserve((mug, 3), order="orders/1")
    assert [(line.product, line.quantity, line.warehouse) for line in reservation.lines] == [(mug, 3, main)]
    assert reservation.state == State.RESERVATION_STATE_HELD
    assert reservation.order == "orders/1"
    assert await inventory.totals(mug) == (10, 3, 7)
    assert await inventory.reservations.GetReservation(GetReservationRequest(name=reservation.name)) == reservation
    await inventory.assert_balanced()


async def test_all_lines_or_none(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    cup = await inventory.product("cup")
    refusal = await refused(inventory.reserve((mug, 3), (cup, 1)))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "OUT_OF_STOCK")
    assert refusal.metadata == {"product": cup, "requested": "1", "available": "0"}
    assert await inventory.totals(mug) == (10, 0, 10)
    await inventory.assert_balanced()


async def test_512_racing_for_100(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 100)
    outcomes = await asyncio.gather(*(inventory.reserve((mug, 1)) for _ in range(512)), return_exceptions=True)
    granted = [outcome for outcome in outcomes if isinstance(outcome, reservation_pb2.Reservation)]
    assert len(granted) == 100
    assert await inventory.totals(mug) == (100, 100, 0)
    await inventory.assert_balanced()
