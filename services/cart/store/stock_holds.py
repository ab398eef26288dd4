"""Holds stock as soon as it lies in a cart, for the carts that want it.

Inventory is asked inside the cart's transaction, under its lock, so that what is refused there changes nothing here. A
hold whose cart was not committed after all belongs to nobody, and runs out; each change, and the checkout, replaces the
last hold by one of all lines that is right again, so what a crash leaves behind is never sold twice or for nothing.
"""

from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from google.protobuf.duration_pb2 import Duration

from clients.errors import MeshError, typed_errors
from mesh.inventory.v1 import reservation_pb2, reservation_service_pb2, reservation_service_pb2_grpc
from services._platform.errors import PermissionDenied, Refusal, Unavailable
from services._platform.neighbours import Neighbours
from services.cart.convert.names import CART, PRODUCT, RESERVATION, named
from services.cart.domain.carts import Cart, StockHold
from services.cart.domain.refusals import OutOfStock

PERMISSION = "inventory.reserve"
HOLDS = Duration(seconds=15 * 60)
_SERVICE = "mesh.inventory.v1.ReservationService"
_SECONDS = 2.0


class StockHolds:
    """Asks inventory."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def of(self, before: Cart, after: Cart, *, allowed: bool) -> Cart:
        """A changed cart, with its lines held if it wants that.

        Refuses more of a product than is there, and a caller who may not reserve. To want less is never refused: what
        then cannot be held, because the last hold ran out, is held at checkout.
        """
        if after.stock_hold is not StockHold.ON_ADD or after.lines == before.lines:
            return after
        if not allowed:
            raise PermissionDenied("holding stock needs a permission", metadata={"permission": PERMISSION})
        try:
            return replace(after, reservation=await self._held(after) if after.lines else await self._released(after))
        except Refusal:
            if any(line.quantity > before.quantity(line.product) for line in after.lines):
                raise
            return after

    async def _held(self, cart: Cart) -> str:
        lines = [
            reservation_pb2.ReservationLine(product=PRODUCT.name(line.product), quantity=line.quantity)
            for line in cart.lines
        ]
        request = reservation_service_pb2.CreateReservationRequest(
            lines=lines, order=CART.name(cart.id), ttl=HOLDS, replaces=named(RESERVATION, cart.reservation)
        )
        # The same for the same change, so that it is held once, however often it is tried.
        told = request.SerializeToString(deterministic=True)
        request.request_id = str(uuid5(NAMESPACE_URL, f"{cart.version} {told!r}"))
        try:
            with typed_errors():
                held = await self._stub().CreateReservation(request, timeout=_SECONDS)
        except MeshError as error:
            raise _refusal(error) from error
        return RESERVATION.id(held.name)

    async def _released(self, cart: Cart) -> str:
        """Nothing is held any more, or not for long."""
        if cart.reservation:
            request = reservation_service_pb2.CancelReservationRequest(name=RESERVATION.name(cart.reservation))
            try:
                with typed_errors():
                    await self._stub().CancelReservation(request, timeout=_SECONDS)
            except MeshError as error:
                raise _refusal(error) from error
        return ""

    def _stub(self) -> "reservation_service_pb2_grpc.ReservationServiceAsyncStub":
        if _SERVICE not in self._neighbours:
            raise _away()
        return reservation_service_pb2_grpc.ReservationServiceStub(self._neighbours.channel(_SERVICE))


def _refusal(error: MeshError) -> Refusal:
    told = error.metadata
    if error.reason == OutOfStock.reason:
        return OutOfStock(told["product"], int(told["requested"]), int(told["available"]))
    if error.reason == "PRODUCT_NOT_FOUND":
        return OutOfStock(told["product"], 1, 0)
    return _away()


def _away() -> Unavailable:
    return Unavailable("stock cannot be held now", metadata={"dependency": "inventory"}, retry_after=1)
