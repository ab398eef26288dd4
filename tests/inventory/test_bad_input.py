"""Every bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.inventory.v1 import product_pb2, reservation_pb2, stock_pb2, transfer_pb2
from mesh.inventory.v1.product_service_pb2 import (
    CreateProductRequest,
    GetProductRequest,
    ListProductsRequest,
    UpdateProductRequest,
)
from mesh.inventory.v1.reservation_service_pb2 import (
    CreateReservationRequest,
    GetReservationRequest,
    ListReservationsRequest,
)
from mesh.inventory.v1.stock_alert_service_pb2 import ListStockAlertsRequest
from mesh.inventory.v1.stock_service_pb2 import (
    AdjustStockRequest,
    BatchAdjustStockRequest,
    GetStockRequest,
    ImportAdjustmentsRequest,
    ListStockLevelsRequest,
)
from mesh.inventory.v1.transfer_service_pb2 import CreateTransferRequest, ReceiveTransferRequest, TransferReceipt
from tests.conftest import Database
from tests.inventory.conftest import Inventory, content, refused

Call = Callable[[Inventory], Awaitable[Any]]
UUID = "0198c0de-0000-7000-8000-000000000000"


def _adjust(**fields: Any) -> Call:
    values = {"product": "products/mug", "warehouse": "warehouses/main", "type": "ADD", "quantity": 1, **fields}
    return lambda one: one.stock.AdjustStock(AdjustStockRequest(**values))


def _reserve(*lines: reservation_pb2.ReservationLine, **fields: Any) -> Call:
    return lambda one: one.reservations.CreateReservation(CreateReservationRequest(lines=lines, **fields))


def _line(**fields: Any) -> reservation_pb2.ReservationLine:
    return reservation_pb2.ReservationLine(**{"product": "products/mug", "quantity": 1, **fields})


def _product(id_: str = "new", **fields: Any) -> Call:
    product = product_pb2.Product(**{"sku": "NEW", "display_name": "New", **fields})
    return lambda one: one.products.CreateProduct(CreateProductRequest(product_id=id_, product=product))


def _transfer(**fields: Any) -> Call:
    line = transfer_pb2.TransferLine(product="products/mug", quantity=1)
    values = {"source_warehouse": "warehouses/main", "destination_warehouse": "warehouses/b", "lines": [line], **fields}
    return lambda one: one.transfers.CreateTransfer(CreateTransferRequest(**values))


BAD: dict[str, tuple[Call, str, list[str]]] = {
    "negative quantity": (_adjust(quantity=-1), "FIELD_INVALID", ["quantity"]),
    "overflowing quantity": (_adjust(quantity=100_000_001), "FIELD_INVALID", ["quantity"]),
    "nothing to add": (_adjust(quantity=0), "FIELD_INVALID", ["quantity"]),
    "no type": (_adjust(type=0), "FIELD_INVALID", ["type"]),
    "unknown type": (_adjust(type=99), "FIELD_INVALID", ["type"]),
    "unknown reason": (_adjust(reason=99), "FIELD_INVALID", ["reason"]),
    "malformed product": (_adjust(product="mug"), "FIELD_INVALID", ["product"]),
    "upper-case product": (_adjust(product="products/Mug"), "FIELD_INVALID", ["product"]),
    "product with a trailing newline": (_adjust(product="products/mug\n"), "FIELD_INVALID", ["product"]),
    "malformed warehouse": (_adjust(warehouse="warehouses/a/b"), "FIELD_INVALID", ["warehouse"]),
    "expected below zero": (_adjust(expected_quantity=-1), "FIELD_INVALID", ["expected_quantity"]),
    "count in the future": (_adjust(type=3, as_of=Timestamp(seconds=4102444800)), "FIELD_INVALID", ["as_of"]),
    "count time without a count": (_adjust(as_of=Timestamp(seconds=1)), "FIELD_INVALID", ["as_of"]),
    "long note": (_adjust(note="x" * 501), "FIELD_INVALID", ["note"]),
    "request id that is no UUID": (_adjust(request_id="1"), "FIELD_INVALID", ["request_id"]),
    "several at once": (_adjust(product="", quantity=-1), "FIELD_INVALID", ["product", "quantity"]),
    "no lines": (_reserve(), "FIELD_INVALID", ["lines"]),
    "too many lines": (_reserve(*[_line()] * 101), "FIELD_INVALID", ["lines"]),
    "line of nothing": (_reserve(_line(), _line(quantity=0)), "FIELD_INVALID", ["lines[1].quantity"]),
    "line of less than nothing": (_reserve(_line(quantity=-5)), "FIELD_INVALID", ["lines[0].quantity"]),
    "line in a malformed warehouse": (_reserve(_line(warehouse="main")), "FIELD_INVALID", ["lines[0].warehouse"]),
    "hold for no time": (_reserve(_line(), ttl=Duration(nanos=1)), "FIELD_INVALID", ["ttl"]),
    "hold for ever": (_reserve(_line(), ttl=Duration(seconds=10**9)), "FIELD_INVALID", ["ttl"]),
    "long order": (_reserve(_line(), order="x" * 201), "FIELD_INVALID", ["order"]),
    "no product": (lambda one: one.products.CreateProduct(CreateProductRequest()), "FIELD_INVALID", ["product"]),
    "malformed product id": (_product("No Spaces"), "FIELD_INVALID", ["product_id"]),
    "no sku": (_product(sku=""), "FIELD_INVALID", ["product.sku"]),
    "no display name": (_product(display_name=""), "FIELD_INVALID", ["product.display_name"]),
    "maximum below minimum": (
        _product(min_stock_level=5, max_stock_level=4),
        "FIELD_INVALID",
        ["product.max_stock_level"],
    ),
    "malformed label": (_product(labels={"Colour": "x"}), "FIELD_INVALID", ['product.labels["Colour"]']),
    "update without a name": (
        lambda one: one.products.UpdateProduct(UpdateProductRequest()),
        "FIELD_INVALID",
        ["product.name"],
    ),
    "transfer to where it is": (
        _transfer(destination_warehouse="warehouses/main"),
        "FIELD_INVALID",
        ["destination_warehouse"],
    ),
    "receipt named twice": (
        lambda one: one.transfers.ReceiveTransfer(
            ReceiveTransferRequest(
                name=f"transfers/{UUID}", receipts=[TransferReceipt(product="products/mug", quantity=1)] * 2
            )
        ),
        "FIELD_INVALID",
        ["receipts"],
    ),
    "empty batch": (
        lambda one: one.stock.BatchAdjustStock(BatchAdjustStockRequest()),
        "FIELD_INVALID",
        ["adjustments"],
    ),
    "bad row of a batch": (
        lambda one: one.stock.BatchAdjustStock(
            BatchAdjustStockRequest(adjustments=[stock_pb2.Adjustment(type=stock_pb2.SET)])
        ),
        "FIELD_INVALID",
        ["adjustments[0].product", "adjustments[0].warehouse"],
    ),
    "bad row of a stream": (
        lambda one: one.stock.ImportAdjustments(iter([ImportAdjustmentsRequest()])),
        "FIELD_INVALID",
        ["[0].adjustment"],
    ),
    "name of another kind": (
        lambda one: one.products.GetProduct(GetProductRequest(name="warehouses/main")),
        "FIELD_INVALID",
        ["name"],
    ),
    "id that is no UUID": (
        lambda one: one.reservations.GetReservation(GetReservationRequest(name="reservations/" + "-" * 36)),
        "FIELD_INVALID",
        ["name"],
    ),
    "look at the future": (
        lambda one: one.stock.GetStock(
            GetStockRequest(name="products/mug/stock", read_time=Timestamp(seconds=4102444800))
        ),
        "FIELD_INVALID",
        ["read_time"],
    ),
    "negative page": (
        lambda one: one.products.ListProducts(ListProductsRequest(page_size=-1)),
        "FIELD_INVALID",
        ["page_size"],
    ),
    "unreadable filter": (
        lambda one: one.products.ListProducts(ListProductsRequest(filter='category = "')),
        "FILTER_INVALID",
        ["filter"],
    ),
    "filter on no field": (
        lambda one: one.stock.ListStockLevels(ListStockLevelsRequest(parent="products/-", filter="colour = 1")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "filter on no number": (
        lambda one: one.stock.ListStockLevels(ListStockLevelsRequest(parent="products/-", filter="available > x")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "filter on no state": (
        lambda one: one.reservations.ListReservations(ListReservationsRequest(filter="state = GONE")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "filter with OR": (
        lambda one: one.alerts.ListStockAlerts(
            ListStockAlertsRequest(filter='product = "products/a" OR product = "products/b"')
        ),
        "FILTER_INVALID",
        ["filter"],
    ),
}


async def test_bad_input_is_refused_and_writes_nothing(
    inventory: Inventory, database: Database, subtests: pytest.Subtests
) -> None:
    await inventory.stocked("mug", "main", 10)
    before = await content(database)
    for bad, (call, reason, fields) in BAD.items():
        with subtests.test(bad):
            refusal = await refused(call(inventory))
            assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", reason)
            assert sorted(set(refusal.fields)) == fields
            assert await content(database) == before


async def test_a_message_that_is_too_large(inventory: Inventory) -> None:
    request = CreateProductRequest(product=product_pb2.Product(description="x" * 5_000_000))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await inventory.products.CreateProduct(request)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_deadline_that_has_passed_writes_nothing(inventory: Inventory, database: Database) -> None:
    await inventory.stocked("mug", "main", 10)
    before = await content(database)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await inventory.reservations.CreateReservation(CreateReservationRequest(lines=[_line()]), timeout=0)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await content(database) == before
