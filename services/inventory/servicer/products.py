"""The catalogue's RPCs."""

import uuid_utils

from mesh.inventory.v1 import product_pb2, product_service_pb2
from mesh.inventory.v1.product_service_servicer import ProductServiceServicer
from services._platform import filters, masks
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.inventory.convert import catalogue, names
from services.inventory.domain.catalogue import Product
from services.inventory.store.catalogue import Catalogue

_FIELDS = {"category": EQUALITY, "sku": EQUALITY, "display_name": EQUALITY, "labels.": EQUALITY}


class Products(ProductServiceServicer[Call]):
    """`mesh.inventory.v1.ProductService`."""

    def __init__(self, store: Catalogue, pager: Pager) -> None:
        self._store = store
        self._pager = pager

    async def CreateProduct(
        self, request: product_service_pb2.CreateProductRequest, call: Call, /
    ) -> product_pb2.Product:
        id_ = request.product_id or str(uuid_utils.uuid7())
        product = catalogue.to_product(id_, request.product)
        return await self._store.create_product(product, call.once(product_pb2.Product, catalogue.product))

    async def GetProduct(self, request: product_service_pb2.GetProductRequest, call: Call, /) -> product_pb2.Product:
        return catalogue.product(await self._store.product(names.PRODUCT.id(request.name)))

    async def ListProducts(
        self, request: product_service_pb2.ListProductsRequest, call: Call, /
    ) -> product_service_pb2.ListProductsResponse:
        page = self._pager.page(request, default=50, most=250)
        filter_ = filters.parse(request.filter, _FIELDS, search=True)
        found = await self._store.products(filter_, page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda product: (product.id,))
        return product_service_pb2.ListProductsResponse(products=map(catalogue.product, shown), next_page_token=token)

    async def UpdateProduct(
        self, request: product_service_pb2.UpdateProductRequest, call: Call, /
    ) -> product_pb2.Product:
        def change(before: Product) -> Product:
            after = masks.changed(catalogue.product(before), request.product, request.update_mask, "product")
            return catalogue.to_product(before.id, after)

        once = call.once(product_pb2.Product, catalogue.product)
        return await self._store.change_product(names.PRODUCT.id(request.product.name), change, once)
