"""The RPCs of prices."""

import uuid_utils

from mesh.cart.v1 import price_pb2, price_service_pb2
from mesh.cart.v1.price_service_servicer import PriceServiceServicer
from services._platform import filters, masks
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.cart.convert import prices
from services.cart.convert.names import PRICE
from services.cart.domain.prices import Price
from services.cart.store.prices import Prices as Store

_FIELDS = {"product": EQUALITY, "currency": EQUALITY}


class Prices(PriceServiceServicer[Call]):
    """`mesh.cart.v1.PriceService`."""

    def __init__(self, store: Store, pager: Pager) -> None:
        self._store = store
        self._pager = pager

    async def CreatePrice(self, request: price_service_pb2.CreatePriceRequest, call: Call, /) -> price_pb2.Price:
        price = prices.to_price(request.price_id or str(uuid_utils.uuid7()), request.price)
        return await self._store.create(price, call.once(price_pb2.Price, prices.price))

    async def GetPrice(self, request: price_service_pb2.GetPriceRequest, call: Call, /) -> price_pb2.Price:
        return prices.price(await self._store.get(PRICE.id(request.name)))

    async def ListPrices(
        self, request: price_service_pb2.ListPricesRequest, call: Call, /
    ) -> price_service_pb2.ListPricesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(filters.parse(request.filter, _FIELDS), page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda price: (price.id,))
        return price_service_pb2.ListPricesResponse(prices=map(prices.price, shown), next_page_token=token)

    async def UpdatePrice(self, request: price_service_pb2.UpdatePriceRequest, call: Call, /) -> price_pb2.Price:
        def change(before: Price) -> Price:
            after = masks.changed(prices.price(before), request.price, request.update_mask, "price")
            return prices.to_price(before.id, after)

        return await self._store.change(PRICE.id(request.price.name), change, call.once(price_pb2.Price, prices.price))
