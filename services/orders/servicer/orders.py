"""The RPCs of orders."""

from collections.abc import Callable

import uuid_utils

from mesh.orders.v1 import order_pb2, order_service_pb2
from mesh.orders.v1.order_service_servicer import OrderServiceServicer
from services._platform import filters
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.errors import PermissionDenied
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.orders.convert import names, orders
from services.orders.domain.moves import Action
from services.orders.domain.orders import Act, Order
from services.orders.store import Orders as Store
from services.orders.store import Reads

_FIELDS = dict.fromkeys(("customer", "state", "progress", "payment", "origin"), EQUALITY)
_MANAGE = "orders.manage"


class Orders(OrderServiceServicer[Call]):
    """`mesh.orders.v1.OrderService`."""

    def __init__(self, store: Store, reads: Reads, pager: Pager, clock: Clock) -> None:
        self._store = store
        self._reads = reads
        self._pager = pager
        self._clock = clock

    async def CreateOrder(self, request: order_service_pb2.CreateOrderRequest, call: Call, /) -> order_pb2.Order:
        order = orders.to_order(request.order_id.lower() or str(uuid_utils.uuid7()), request.order, self._clock())
        return await self._store.place(order, call.principal.name, _once(call))

    async def GetOrder(self, request: order_service_pb2.GetOrderRequest, call: Call, /) -> order_pb2.Order:
        return orders.order(await self._reads.get(names.ORDER.id(request.name), _owner(call)))

    async def ListOrders(
        self, request: order_service_pb2.ListOrdersRequest, call: Call, /
    ) -> order_service_pb2.ListOrdersResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._reads.page(filters.parse(request.filter, _FIELDS), _owner(call), page.after, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda order: (order.create_time.isoformat(), order.id))
        return order_service_pb2.ListOrdersResponse(orders=map(orders.order, shown), next_page_token=token)

    async def ListOrderMoves(
        self, request: order_service_pb2.ListOrderMovesRequest, call: Call, /
    ) -> order_service_pb2.ListOrderMovesResponse:
        page = self._pager.page(request, default=50, most=250)
        order = await self._reads.get(names.ORDER.id(request.parent), _owner(call))
        found = await self._reads.moves(order.id, int(page.key or 0), page.limit)
        shown, token = self._pager.cut(request, page, found, lambda move: (str(move.number),))
        return order_service_pb2.ListOrderMovesResponse(moves=map(orders.move, shown), next_page_token=token)

    async def MarkOrderPaid(self, request: order_service_pb2.MarkOrderPaidRequest, call: Call, /) -> order_pb2.Order:
        payment = names.optional_id(names.PAYMENT, request.payment)
        return await self._move(request.name, call, lambda _: Act(Action.PAY, call.principal.name, payment=payment))

    async def FulfillOrder(self, request: order_service_pb2.FulfillOrderRequest, call: Call, /) -> order_pb2.Order:
        act = Act(Action.FULFILL, call.principal.name, request.reason)
        return await self._move(request.name, call, lambda _: act)

    async def ShipOrder(self, request: order_service_pb2.ShipOrderRequest, call: Call, /) -> order_pb2.Order:
        act = Act(Action.SHIP, call.principal.name, tracking_code=request.tracking_code)
        return await self._move(request.name, call, lambda _: act)

    async def DeliverOrder(self, request: order_service_pb2.DeliverOrderRequest, call: Call, /) -> order_pb2.Order:
        return await self._move(request.name, call, lambda _: Act(Action.DELIVER, call.principal.name))

    async def RefundOrder(self, request: order_service_pb2.RefundOrderRequest, call: Call, /) -> order_pb2.Order:
        def act(order: Order) -> Act:
            amount = orders.refund(request.amount, order) if request.HasField("amount") else None
            return Act(Action.REFUND, call.principal.name, request.reason, amount=amount)

        return await self._move(request.name, call, act)

    async def CancelOrder(self, request: order_service_pb2.CancelOrderRequest, call: Call, /) -> order_pb2.Order:
        act = Act(Action.CANCEL, call.principal.name, request.reason)
        if not request.allow_missing:
            return await self._move(request.name, call, lambda _: act)
        if not call.principal.may(_MANAGE):
            raise PermissionDenied("cancelling in advance needs a permission", metadata={"permission": _MANAGE})
        return await self._store.cancel(names.ORDER.id(request.name), act, _once(call))

    async def _move(self, name: str, call: Call, act: Callable[[Order], Act]) -> order_pb2.Order:
        return await self._store.move(names.ORDER.id(name), _owner(call), act, _once(call))


def _owner(call: Call) -> str:
    """Whose orders the caller may see: their own, or everybody's (empty)."""
    return "" if call.principal.may(_MANAGE) else call.principal.name


def _once(call: Call) -> Once[Order, order_pb2.Order]:
    return call.once(order_pb2.Order, orders.order)
