"""The tasks that jobs brings along: what the services of the mesh are asked for that takes many calls."""

import csv
import io
from collections.abc import AsyncIterator, Mapping

from clients.errors import typed_errors
from clients.worker import Function, JobError, Run
from mesh.inventory.v1 import (
    product_pb2,
    product_service_pb2,
    product_service_pb2_grpc,
    stock_service_pb2,
    stock_service_pb2_grpc,
)
from services._platform.neighbours import Neighbours

LARGEST = 256 * 1024
"""Bytes that a result may have."""
_PRODUCTS = "mesh.inventory.v1.ProductService"
_PAGE = 250


def tasks(neighbours: Neighbours) -> Mapping[str, Function]:
    """The tasks, by name; of the services that are not in the mesh none."""
    return {"stock.report": _StockReport(neighbours).write} if _PRODUCTS in neighbours else {}


class _StockReport:
    """`stock.report`: what is on hand, reserved and available of every product, as CSV."""

    def __init__(self, neighbours: Neighbours) -> None:
        channel = neighbours.channel(_PRODUCTS)
        self._products: product_service_pb2_grpc.ProductServiceAsyncStub
        self._products = product_service_pb2_grpc.ProductServiceStub(channel)
        self._stock: stock_service_pb2_grpc.StockServiceAsyncStub = stock_service_pb2_grpc.StockServiceStub(channel)

    async def write(self, run: Run) -> bytes:
        """The report. Tells how many products it has done after each page of them."""
        page = io.StringIO(newline="")
        lines = csv.writer(page)
        lines.writerow(("product", "sku", "on_hand", "reserved", "available"))
        done = 0
        with typed_errors():
            async for product in self._every():
                asked = stock_service_pb2.GetStockRequest(name=f"{product.name}/stock")
                totals = (await self._stock.GetStock(asked)).totals
                lines.writerow((product.name, product.sku, totals.on_hand, totals.reserved, totals.available))
                done += 1
                if done % _PAGE == 0:
                    run.progress(message=f"{done} products")
        report = page.getvalue().encode()
        if len(report) > LARGEST:
            raise JobError(f"the report has {len(report)} bytes", code="REPORT_TOO_LARGE", permanent=True)
        return report

    async def _every(self) -> AsyncIterator[product_pb2.Product]:
        request = product_service_pb2.ListProductsRequest(page_size=_PAGE)
        while True:
            answer = await self._products.ListProducts(request)
            for product in answer.products:
                yield product
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token
