"""What inventory says of stock."""

import asyncio
from collections.abc import Iterable, Mapping

from clients.errors import MeshError, typed_errors
from mesh.inventory.v1 import stock_service_pb2, stock_service_pb2_grpc
from services._platform.neighbours import Neighbours
from services.cart.convert.names import PRODUCT

_SERVICE = "mesh.inventory.v1.StockService"


class Stock:
    """Asks inventory."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def available(self, products: Iterable[str]) -> Mapping[str, int]:
        """Units that can be sold now, by product. Without those that inventory does not know, or does not answer for:
        a quote is made all the same.
        """
        if _SERVICE not in self._neighbours:
            return {}
        asked = list(products)
        found = await asyncio.gather(*map(self._available, asked))
        return {product: units for product, units in zip(asked, found, strict=True) if units is not None}

    async def _available(self, product: str) -> int | None:
        stub: stock_service_pb2_grpc.StockServiceAsyncStub = stock_service_pb2_grpc.StockServiceStub(
            self._neighbours.channel(_SERVICE)
        )
        request = stock_service_pb2.GetStockRequest(name=f"{PRODUCT.name(product)}/stock")
        try:
            with typed_errors():
                return (await stub.GetStock(request)).totals.available
        except MeshError:
            return None
