"""The RPCs of checkouts: what shoppers ask for, and what its saga does to carts."""

import uuid
from typing import TypeVar

import uuid_utils
from google.protobuf.message import Message

from mesh.cart.v1 import checkout_pb2, checkout_service_pb2
from mesh.cart.v1.checkout_service_servicer import CheckoutServiceServicer
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.errors import RequestIdReused
from services.cart.convert import checkouts
from services.cart.convert.checkouts import CHECKOUT
from services.cart.convert.names import CART
from services.cart.domain.carts import CartState
from services.cart.domain.checkouts import accepted
from services.cart.store.carts import Carts
from services.cart.store.checkouts import Checkouts as Store
from services.cart.store.sagas import Sagas

Response = TypeVar("Response", bound=Message)


class Checkouts(CheckoutServiceServicer[Call]):
    """`mesh.cart.v1.CheckoutService`."""

    def __init__(self, carts: Carts, store: Store, sagas: Sagas, clock: Clock) -> None:
        self._carts = carts
        self._store = store
        self._sagas = sagas
        self._clock = clock

    async def CheckoutCart(
        self, request: checkout_service_pb2.CheckoutCartRequest, call: Call, /
    ) -> checkout_pb2.Checkout:
        user, key = call.principal.name, call.idempotency_key
        # The same request is the same checkout; another one of the same cart is another.
        id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{user} {request.name} {key}") if key else uuid_utils.uuid7())
        cart = await self._carts.get(CART.id(request.name), lambda _, owner: owner == user)
        if cart.checkout != id_ and cart.state_at(self._clock()) is CartState.OPEN:
            accepted(cart, request.quote_id, self._clock())
        input_ = checkouts.saga_input(id_, request, user)
        try:
            saga = await self._sagas.start(checkouts.SAGA, CHECKOUT.name(id_), user, input_, request.wait, id_)
        except RequestIdReused as reused:  # of the checkout's id: the caller knows it by their own
            raise RequestIdReused(key) from reused
        return checkouts.checkout(id_, request.name, saga)

    async def BeginCheckout(
        self, request: checkout_service_pb2.BeginCheckoutRequest, call: Call, /
    ) -> checkout_service_pb2.BeginCheckoutResponse:
        cart, checkout = CART.id(request.cart), CHECKOUT.id(request.name)
        once = _once(call, checkout_service_pb2.BeginCheckoutResponse)
        return await self._store.begin(cart, checkout, request.quote_id, request.customer, once)

    async def AbandonCheckout(
        self, request: checkout_service_pb2.AbandonCheckoutRequest, call: Call, /
    ) -> checkout_service_pb2.AbandonCheckoutResponse:
        once = _once(call, checkout_service_pb2.AbandonCheckoutResponse)
        return await self._store.abandon(CART.id(request.cart), CHECKOUT.id(request.name), once)

    async def CompleteCheckout(
        self, request: checkout_service_pb2.CompleteCheckoutRequest, call: Call, /
    ) -> checkout_service_pb2.CompleteCheckoutResponse:
        once = _once(call, checkout_service_pb2.CompleteCheckoutResponse)
        return await self._store.complete(CART.id(request.cart), CHECKOUT.id(request.name), request.order, once)


def _once(call: Call, kind: type[Response]) -> Once[Response, Response]:
    return call.once(kind, lambda response: response)
