"""The RPCs of carts."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import uuid_utils

from mesh.cart.v1 import cart_pb2, cart_service_pb2
from mesh.cart.v1.cart_service_servicer import CartServiceServicer
from services._platform import filters, masks
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.cart.convert import carts, quotes
from services.cart.convert.names import CART, COUPON, PRODUCT, id_of
from services.cart.domain.carts import Cart
from services.cart.domain.merging import MergePolicy
from services.cart.security.visitors import CartTokens, Visitors
from services.cart.store.carts import Carts as Store
from services.cart.store.promotions import Promotions
from services.cart.store.quoting import Quoting
from services.cart.store.stock import Stock
from services.cart.store.stock_holds import PERMISSION as RESERVES

_FIELDS = {"state": EQUALITY}
Change = Callable[[Cart, datetime], Cart]
Response = TypeVar("Response")


class Carts(CartServiceServicer[Call]):
    """`mesh.cart.v1.CartService`."""

    def __init__(
        self,
        *,
        store: Store,
        quoting: Quoting,
        promotions: Promotions,
        stock: Stock,
        visitors: Visitors,
        tokens: CartTokens,
        pager: Pager,
        clock: Clock,
    ) -> None:
        self._store = store
        self._quoting = quoting
        self._promotions = promotions
        self._stock = stock
        self._visitors = visitors
        self._tokens = tokens
        self._pager = pager
        self._clock = clock

    async def CreateCart(
        self, request: cart_service_pb2.CreateCartRequest, call: Call, /
    ) -> cart_service_pb2.CreateCartResponse:
        visitor = await self._visitors.of(call)
        shipping = id_of(PRODUCT, request.cart.shipping_product)
        cart = carts.new_cart(str(uuid_utils.uuid7()), visitor.user, request.cart, shipping, self._clock())
        made = await self._store.create(cart, self._once(call))
        token = "" if made.owner else self._tokens.of(CART.id(made.name))
        return cart_service_pb2.CreateCartResponse(cart=made, cart_token=token)

    async def GetCart(self, request: cart_service_pb2.GetCartRequest, call: Call, /) -> cart_pb2.Cart:
        visitor = await self._visitors.of(call)
        return await self._store.message(CART.id(request.name), visitor.may)

    async def ListCarts(
        self, request: cart_service_pb2.ListCartsRequest, call: Call, /
    ) -> cart_service_pb2.ListCartsResponse:
        page = self._pager.page(request, default=50, most=250)
        filter_ = filters.parse(request.filter, _FIELDS)
        found = await self._store.page(call.principal.name, filter_, page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda cart: (cart.id,))
        return cart_service_pb2.ListCartsResponse(carts=map(self._message, shown), next_page_token=token)

    async def UpdateCart(self, request: cart_service_pb2.UpdateCartRequest, call: Call, /) -> cart_pb2.Cart:
        def change(before: Cart, now: datetime) -> Cart:
            after = masks.changed(carts.cart(before, now), request.cart, request.update_mask, "cart")
            return before.with_shipping(id_of(PRODUCT, after.shipping_product), now)

        return await self._change(request.cart.name, call, change)

    async def AddCartLine(self, request: cart_service_pb2.AddCartLineRequest, call: Call, /) -> cart_pb2.Cart:
        product, units = PRODUCT.id(request.product), request.quantity

        def change(before: Cart, now: datetime) -> Cart:
            return before.with_line(product, before.quantity(product) + units, now)

        return await self._change(request.name, call, change, request.etag, product)

    async def SetCartLine(self, request: cart_service_pb2.SetCartLineRequest, call: Call, /) -> cart_pb2.Cart:
        product, units = PRODUCT.id(request.product), request.quantity
        change: Change = lambda before, now: before.with_line(product, units, now)  # noqa: E731
        return await self._change(request.name, call, change, request.etag, product)

    async def RemoveCartLine(self, request: cart_service_pb2.RemoveCartLineRequest, call: Call, /) -> cart_pb2.Cart:
        product = PRODUCT.id(request.product)
        change: Change = lambda before, now: before.with_line(product, 0, now)  # noqa: E731
        return await self._change(request.name, call, change, request.etag)

    async def ApplyCoupon(self, request: cart_service_pb2.ApplyCouponRequest, call: Call, /) -> cart_pb2.Cart:
        code = (await self._promotions.coupon(COUPON.id(request.coupon))).code

        def change(before: Cart, now: datetime) -> Cart:
            return before.with_coupons(tuple(dict.fromkeys((*before.coupons, code))), now)

        return await self._change(request.name, call, change, request.etag)

    async def RemoveCoupon(self, request: cart_service_pb2.RemoveCouponRequest, call: Call, /) -> cart_pb2.Cart:
        code = COUPON.id(request.coupon)

        def change(before: Cart, now: datetime) -> Cart:
            return before.with_coupons(tuple(other for other in before.coupons if other != code), now)

        return await self._change(request.name, call, change, request.etag)

    async def MergeCart(
        self, request: cart_service_pb2.MergeCartRequest, call: Call, /
    ) -> cart_service_pb2.MergeCartResponse:
        visitor = await self._visitors.of(call)
        own, guest = CART.id(request.name), CART.id(request.source_cart)
        policy = MergePolicy(request.policy or MergePolicy.SUM)
        once = call.once(cart_service_pb2.MergeCartResponse, _itself)
        return await self._store.merge(own, guest, visitor.may, policy, once, reserves=call.principal.may(RESERVES))

    async def QuoteCart(
        self, request: cart_service_pb2.QuoteCartRequest, call: Call, /
    ) -> cart_service_pb2.QuoteCartResponse:
        visitor = await self._visitors.of(call)
        id_ = CART.id(request.name)
        cart = await self._store.get(id_, visitor.may)
        available = await self._stock.available(line.product for line in cart.lines)
        once = call.once(cart_service_pb2.QuoteCartResponse, _itself)
        return await self._quoting.quote(id_, visitor.may, available, once)

    async def ExplainPromotions(
        self, request: cart_service_pb2.ExplainPromotionsRequest, call: Call, /
    ) -> cart_service_pb2.ExplainPromotionsResponse:
        visitor = await self._visitors.of(call)
        cart, verdicts = await self._quoting.explain(CART.id(request.name), visitor.may)
        return cart_service_pb2.ExplainPromotionsResponse(verdicts=quotes.verdicts(verdicts, cart.currency))

    async def _change(self, name: str, call: Call, change: Change, etag: str = "", product: str = "") -> cart_pb2.Cart:
        visitor = await self._visitors.of(call)
        once, reserves = self._once(call), call.principal.may(RESERVES)
        return await self._store.change(
            CART.id(name), visitor.may, change, once, reserves=reserves, etag=etag, product=product
        )

    def _once(self, call: Call) -> Once[Cart, cart_pb2.Cart]:
        return call.once(cart_pb2.Cart, self._message)

    def _message(self, cart: Cart) -> cart_pb2.Cart:
        return carts.cart(cart, self._clock())


def _itself(response: Response) -> Response:
    return response
