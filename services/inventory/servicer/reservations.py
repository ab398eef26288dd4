"""The RPCs that hold stock for orders."""

import uuid_utils

from mesh.inventory.v1 import reservation_pb2, reservation_service_pb2
from mesh.inventory.v1.reservation_service_servicer import ReservationServiceServicer
from services._platform import filters
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.inventory.convert import names, reservations
from services.inventory.domain.commands import Command, Confirm, Extend, GiveBack, Reserve
from services.inventory.domain.reservations import Reservation
from services.inventory.store.reservations import Reservations as Store
from services.inventory.store.stock import Stock

_FIELDS = {"order": EQUALITY, "state": EQUALITY}


class Reservations(ReservationServiceServicer[Call]):
    """`mesh.inventory.v1.ReservationService`."""

    def __init__(self, stock: Stock, store: Store, pager: Pager, clock: Clock) -> None:
        self._stock = stock
        self._store = store
        self._pager = pager
        self._clock = clock

    async def CreateReservation(
        self, request: reservation_service_pb2.CreateReservationRequest, call: Call, /
    ) -> reservation_pb2.Reservation:
        wants, ttl = reservations.wants(request.lines), reservations.ttl(request.ttl)
        replaces = names.RESERVATION.id(request.replaces) if request.replaces else ""
        hold = Reserve(str(uuid_utils.uuid7()), wants, request.order, ttl, call.principal.name, replaces)
        return await self._change(hold, call)

    async def GetReservation(
        self, request: reservation_service_pb2.GetReservationRequest, call: Call, /
    ) -> reservation_pb2.Reservation:
        return self._message(await self._store.get(names.RESERVATION.id(request.name)))

    async def ListReservations(
        self, request: reservation_service_pb2.ListReservationsRequest, call: Call, /
    ) -> reservation_service_pb2.ListReservationsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(filters.parse(request.filter, _FIELDS), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda reservation: (reservation.id,))
        return reservation_service_pb2.ListReservationsResponse(
            reservations=map(self._message, shown), next_page_token=token
        )

    async def ConfirmReservation(
        self, request: reservation_service_pb2.ConfirmReservationRequest, call: Call, /
    ) -> reservation_pb2.Reservation:
        wants = reservations.wants(request.lines)
        return await self._change(Confirm(names.RESERVATION.id(request.name), wants, call.principal.name), call)

    async def CancelReservation(
        self, request: reservation_service_pb2.CancelReservationRequest, call: Call, /
    ) -> reservation_pb2.Reservation:
        return await self._change(GiveBack(names.RESERVATION.id(request.name), "cancel", call.principal.name), call)

    async def ExtendReservation(
        self, request: reservation_service_pb2.ExtendReservationRequest, call: Call, /
    ) -> reservation_pb2.Reservation:
        return await self._change(Extend(names.RESERVATION.id(request.name), reservations.ttl(request.ttl)), call)

    async def _change(self, command: Command[Reservation], call: Call) -> reservation_pb2.Reservation:
        once: Once[Reservation, reservation_pb2.Reservation] = call.once(reservation_pb2.Reservation, self._message)
        return await self._stock.change(command, once)

    def _message(self, reservation: Reservation) -> reservation_pb2.Reservation:
        return reservations.reservation(reservation, self._clock())
