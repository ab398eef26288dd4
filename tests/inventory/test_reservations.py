"""Stories of reservations, over the wire."""

import asyncio
import uuid

import pytest
from google.protobuf.duration_pb2 import Duration

from mesh.inventory.v1 import reservation_pb2
from mesh.inventory.v1.reservation_service_pb2 import (
    CancelReservationRequest,
    ConfirmReservationRequest,
    ExtendReservationRequest,
    GetReservationRequest,
    ListReservationsRequest,
)
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import Inventory, refused, running

HELD = reservation_pb2.RESERVATION_STATE_HELD
CONFIRMED = reservation_pb2.RESERVATION_STATE_CONFIRMED
CANCELLED = reservation_pb2.RESERVATION_STATE_CANCELLED
EXPIRED = reservation_pb2.RESERVATION_STATE_EXPIRED


async def test_a_hold_takes_from_what_is_available(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    reservation = await inventory.reserve((mug, 3), order="orders/1")
    assert [(line.product, line.quantity, line.warehouse) for line in reservation.lines] == [(mug, 3, main)]
    assert reservation.state == HELD
    assert reservation.order == "orders/1"
    assert (
        reservation.expire_time.ToDatetime() - reservation.create_time.ToDatetime()
        == Duration(seconds=3600).ToTimedelta()
    )
    assert await inventory.totals(mug) == (10, 3, 7)
    assert await _get(inventory, reservation) == reservation
    await inventory.assert_balanced()


async def test_all_lines_or_none(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    cup = await inventory.product("cup")
    refusal = await refused(inventory.reserve((mug, 3), (cup, 1)))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "OUT_OF_STOCK")
    assert refusal.metadata == {"product": cup, "requested": "1", "available": "0"}
    assert await inventory.totals(mug) == (10, 0, 10)


async def test_lines_of_one_product_are_summed(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    assert (await refused(inventory.reserve((mug, 6), (mug, 5)))).metadata["requested"] == "11"
    reservation = await inventory.reserve((mug, 6), (mug, 4))
    assert [(line.quantity, line.warehouse) for line in reservation.lines] == [(10, main)]


async def test_one_warehouse_is_preferred_then_the_fewest(inventory: Inventory) -> None:
    mug, far = await inventory.stocked("mug", "far", 5)
    near = await inventory.warehouse("near", rank=0)
    big = await inventory.warehouse("big", rank=9)
    await inventory.adjust(mug, near, "ADD", 3)
    await inventory.adjust(mug, big, "ADD", 9)

    async def places(quantity: int) -> dict[str, int]:
        reservation = await inventory.reserve((mug, quantity))
        await inventory.reservations.CancelReservation(CancelReservationRequest(name=reservation.name))
        return {line.warehouse: line.quantity for line in reservation.lines}

    assert await places(3) == {far: 3}  # ranks are equal, names decide
    assert await places(9) == {big: 9}
    assert await places(13) == {big: 9, far: 4}
    assert await places(17) == {big: 9, far: 5, near: 3}
    assert (await refused(inventory.reserve((mug, 18)))).metadata["available"] == "17"
    assert (await refused(inventory.reserve((mug, 4, near)))).metadata["available"] == "3"


async def test_a_hold_ends_at_its_instant_swept_or_not(inventory: Inventory, clock: Clock) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    reservation = await inventory.reserve((mug, 10), ttl=Duration(seconds=60))
    clock.advance(seconds=59.999)
    assert (await refused(inventory.reserve((mug, 1)))).reason == "OUT_OF_STOCK"
    clock.advance(seconds=0.001)
    assert (await _get(inventory, reservation)).state == EXPIRED
    assert await inventory.totals(mug) == (10, 0, 10)
    second = await inventory.reserve((mug, 10))
    refusal = await refused(_confirm(inventory, reservation))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "RESERVATION_EXPIRED")
    assert (await _confirm(inventory, second)).state == CONFIRMED
    assert await inventory.totals(mug) == (0, 0, 0)
    await inventory.assert_balanced()


async def test_what_is_replaced_is_free_for_what_replaces_it_and_for_nobody_else(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    cup, _ = await inventory.stocked("cup", "other", 1)
    first = await inventory.reserve((mug, 8))
    second = await inventory.reserve((mug, 9), (cup, 1), replaces=first.name)
    assert (await _get(inventory, first)).state == CANCELLED
    assert await inventory.totals(mug) == (10, 9, 1)
    third = await inventory.reserve((mug, 2), replaces=second.name)
    assert (await inventory.totals(mug), await inventory.totals(cup)) == ((10, 2, 8), (1, 0, 1))
    contested = await asyncio.gather(
        *(inventory.reserve((mug, 10), replaces=third.name) for _ in range(5)), return_exceptions=True
    )
    assert len([one for one in contested if isinstance(one, reservation_pb2.Reservation)]) == 1
    await inventory.assert_balanced()


async def test_what_cannot_be_replaced_holds_on(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    held = await inventory.reserve((mug, 8))
    refusal = await refused(inventory.reserve((mug, 11), replaces=held.name))
    assert (refusal.reason, refusal.metadata["available"]) == ("OUT_OF_STOCK", "10")
    assert (await _get(inventory, held)) == held
    assert await inventory.totals(mug) == (10, 8, 2)
    await _confirm(inventory, held)
    assert (await refused(inventory.reserve((mug, 1), replaces=held.name))).reason == "RESERVATION_CLOSED"
    unknown = f"reservations/{uuid.uuid4()}"
    assert (await refused(inventory.reserve((mug, 1), replaces=unknown))).reason == "RESERVATION_NOT_FOUND"
    await inventory.assert_balanced()


async def test_what_has_ended_has_nothing_to_give_to_what_replaces_it(inventory: Inventory, clock: Clock) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    cancelled, lapsed = await inventory.reserve((mug, 1)), await inventory.reserve((mug, 1), ttl=Duration(seconds=5))
    await inventory.reservations.CancelReservation(CancelReservationRequest(name=cancelled.name))
    clock.advance(seconds=6)
    for ended in (cancelled, lapsed):
        await inventory.reserve((mug, 5), replaces=ended.name)
    assert await inventory.totals(mug) == (10, 10, 0)
    assert (await _get(inventory, lapsed)).state == EXPIRED
    await inventory.assert_balanced()


async def test_the_sweep_tidies_what_ran_out(database: Database, clock: Clock) -> None:
    async with running(database, clock) as inventory:
        mug, _ = await inventory.stocked("mug", "main", 10)
        await asyncio.gather(*(inventory.reserve((mug, 1), ttl=Duration(seconds=1)) for _ in range(10)))
        clock.advance(seconds=2)
    async with running(database, clock) as inventory, database.connect() as sql:
        await eventually(lambda: sql.fetchval("SELECT count(*) = 0 FROM reservation WHERE state = 1"))
        assert await sql.fetchval("SELECT reserved FROM stock_level") == 0
        assert not await sql.fetchval("SELECT count(*) FROM reservation_line WHERE open")
        topic = "mesh.inventory.v1.ReservationExpired"
        assert await sql.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", topic) == 10
        await inventory.assert_balanced()


async def test_extending_moves_the_end(inventory: Inventory, clock: Clock) -> None:
    mug, _ = await inventory.stocked("mug", "main", 1)
    reservation = await inventory.reserve((mug, 1), ttl=Duration(seconds=60))
    clock.advance(seconds=50)
    request = ExtendReservationRequest(name=reservation.name, ttl=Duration(seconds=60))
    extended = await inventory.reservations.ExtendReservation(request)
    assert extended.expire_time.seconds == reservation.expire_time.seconds + 50
    clock.advance(seconds=59)
    assert (await refused(inventory.reserve((mug, 1)))).reason == "OUT_OF_STOCK"
    clock.advance(seconds=1)
    assert (await refused(inventory.reservations.ExtendReservation(request))).reason == "RESERVATION_EXPIRED"
    assert (await inventory.reserve((mug, 1))).state == HELD


async def test_a_part_can_be_confirmed(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    reservation = await inventory.reserve((mug, 6))
    part = reservation_pb2.ReservationLine(product=mug, quantity=4)
    too_much = reservation_pb2.ReservationLine(product=mug, quantity=7)
    refusal = await refused(_confirm(inventory, reservation, too_much))
    assert (refusal.reason, refusal.metadata["held"]) == ("RESERVATION_EXCEEDED", "6")
    confirmed = await _confirm(inventory, reservation, part)
    assert [(line.quantity, line.confirmed_quantity) for line in confirmed.lines] == [(6, 4)]
    assert await inventory.totals(mug) == (6, 0, 6)
    await inventory.assert_balanced()


async def test_cancelling_gives_back_and_may_be_repeated(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    reservation = await inventory.reserve((mug, 6))
    cancel = CancelReservationRequest(name=reservation.name)
    cancelled = await inventory.reservations.CancelReservation(cancel)
    assert cancelled.state == CANCELLED
    assert await inventory.reservations.CancelReservation(cancel) == cancelled
    assert await inventory.totals(mug) == (10, 0, 10)
    refusal = await refused(_confirm(inventory, reservation))
    assert (refusal.reason, refusal.metadata["state"], refusal.metadata["allowed"]) == (
        "RESERVATION_CLOSED",
        "CANCELLED",
        "HELD",
    )
    await inventory.assert_balanced()


async def test_512_racing_for_100(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 100)
    outcomes = await asyncio.gather(*(inventory.reserve((mug, 1)) for _ in range(512)), return_exceptions=True)
    granted = [outcome for outcome in outcomes if isinstance(outcome, reservation_pb2.Reservation)]
    assert len(granted) == 100
    assert len({reservation.name for reservation in granted}) == 100
    refusals = [await refused(_raised(outcome)) for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {refusal.reason for refusal in refusals} == {"OUT_OF_STOCK"}
    assert len(refusals) == 412
    assert await inventory.totals(mug) == (100, 100, 0)
    await inventory.assert_balanced()


async def test_two_replicas_racing_never_oversell(database: Database, clock: Clock) -> None:
    async with running(database, clock) as one, running(database, clock) as other:
        mug, main = await one.stocked("mug", "main", 50)
        cup = await one.product("cup")
        await one.adjust(cup, main, "ADD", 50)
        # Opposite orders of lines would deadlock if locks were taken in the order of the request.
        calls = [one.reserve((mug, 1), (cup, 1)) for _ in range(100)]
        calls += [other.reserve((cup, 1), (mug, 1)) for _ in range(100)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(outcome, reservation_pb2.Reservation) for outcome in outcomes) == 50
        assert await one.totals(mug) == await other.totals(cup) == (50, 50, 0)
        await one.assert_balanced()


async def test_a_replay_gets_the_first_answer(inventory: Inventory, clock: Clock) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)
    id_ = str(uuid.uuid4())
    first = await inventory.reserve((mug, 3), request_id=id_)
    clock.advance(hours=5)
    assert await inventory.reserve((mug, 3), request_id=id_) == first
    refusal = await refused(inventory.reserve((mug, 4), request_id=id_))
    assert (refusal.code, refusal.reason) == ("ABORTED", "REQUEST_ID_REUSED")
    assert refusal.metadata == {"requestId": id_}


async def test_replays_racing_have_one_effect(database: Database, clock: Clock) -> None:
    async with running(database, clock) as one, running(database, clock) as other:
        mug, _ = await one.stocked("mug", "main", 10)
        id_ = str(uuid.uuid4())
        answers = await asyncio.gather(*(each.reserve((mug, 3), request_id=id_) for each in (one, other) * 8))
        assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
        assert await one.totals(mug) == (10, 3, 7)


async def test_lists_are_newest_first_by_order_and_state(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 100)
    made = [await inventory.reserve((mug, 1), order=f"orders/{number % 2}") for number in range(7)]
    await inventory.reservations.CancelReservation(CancelReservationRequest(name=made[0].name))

    async def names(filter: str) -> list[str]:
        found: list[str] = []
        token = ""
        while True:
            request = ListReservationsRequest(filter=filter, page_size=2, page_token=token)
            page = await inventory.reservations.ListReservations(request)
            found += [reservation.name for reservation in page.reservations]
            token = page.next_page_token
            if not token:
                return found

    assert await names("") == [reservation.name for reservation in reversed(made)]
    assert await names('order = "orders/0"') == [made[place].name for place in (6, 4, 2, 0)]
    held = await names('order = "orders/0" AND state = RESERVATION_STATE_HELD')
    assert held == [made[place].name for place in (6, 4, 2)]
    assert await names("state != RESERVATION_STATE_HELD") == [made[0].name]


@pytest.mark.parametrize("rpc", ["Get", "Confirm", "Cancel", "Extend"])
async def test_an_unknown_reservation(inventory: Inventory, rpc: str) -> None:
    name = f"reservations/{uuid.uuid4()}"
    requests = {
        "Get": GetReservationRequest(name=name),
        "Confirm": ConfirmReservationRequest(name=name),
        "Cancel": CancelReservationRequest(name=name),
        "Extend": ExtendReservationRequest(name=name),
    }
    refusal = await refused(getattr(inventory.reservations, f"{rpc}Reservation")(requests[rpc]))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "RESERVATION_NOT_FOUND")
    assert refusal.metadata == {"reservation": name}


async def _get(inventory: Inventory, reservation: reservation_pb2.Reservation) -> reservation_pb2.Reservation:
    return await inventory.reservations.GetReservation(GetReservationRequest(name=reservation.name))


async def _confirm(
    inventory: Inventory, reservation: reservation_pb2.Reservation, *lines: reservation_pb2.ReservationLine
) -> reservation_pb2.Reservation:
    request = ConfirmReservationRequest(name=reservation.name, lines=lines)
    return await inventory.reservations.ConfirmReservation(request)


async def _raised(error: BaseException) -> None:
    raise error
