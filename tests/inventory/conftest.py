"""Inventory over the wire, and a small vocabulary for its tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from mesh.inventory.v1 import (
    product_pb2,
    product_service_pb2_grpc,
    reservation_pb2,
    reservation_service_pb2_grpc,
    stock_alert_service_pb2_grpc,
    stock_pb2,
    stock_service_pb2_grpc,
    transfer_service_pb2_grpc,
    warehouse_pb2,
    warehouse_service_pb2_grpc,
)
from mesh.inventory.v1.product_service_pb2 import CreateProductRequest
from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from mesh.inventory.v1.stock_service_pb2 import AdjustStockRequest, GetStockRequest, VerifyStockRequest
from mesh.inventory.v1.warehouse_service_pb2 import CreateWarehouseRequest
from services.inventory.__main__ import compose
from tests.conftest import Clock, Database, serving, settings


@dataclass(frozen=True)
class Inventory:
    """Stubs of a running inventory."""

    channel: grpc.aio.Channel
    clock: Clock

    @property
    def products(self) -> "product_service_pb2_grpc.ProductServiceAsyncStub":
        return product_service_pb2_grpc.ProductServiceStub(self.channel)

    @property
    def warehouses(self) -> "warehouse_service_pb2_grpc.WarehouseServiceAsyncStub":
        return warehouse_service_pb2_grpc.WarehouseServiceStub(self.channel)

    @property
    def stock(self) -> "stock_service_pb2_grpc.StockServiceAsyncStub":
        return stock_service_pb2_grpc.StockServiceStub(self.channel)

    @property
    def reservations(self) -> "reservation_service_pb2_grpc.ReservationServiceAsyncStub":
        return reservation_service_pb2_grpc.ReservationServiceStub(self.channel)

    @property
    def transfers(self) -> "transfer_service_pb2_grpc.TransferServiceAsyncStub":
        return transfer_service_pb2_grpc.TransferServiceStub(self.channel)

    @property
    def alerts(self) -> "stock_alert_service_pb2_grpc.StockAlertServiceAsyncStub":
        return stock_alert_service_pb2_grpc.StockAlertServiceStub(self.channel)

    async def warehouse(self, id: str, rank: int = 0) -> str:
        """Creates a warehouse; returns its name."""
        warehouse = warehouse_pb2.Warehouse(display_name=id.title(), allocation_rank=rank)
        request = CreateWarehouseRequest(warehouse_id=id, warehouse=warehouse)
        return (await self.warehouses.CreateWarehouse(request)).name

    async def product(self, id: str, **fields: Any) -> str:
        """Creates a product; returns its name."""
        product = product_pb2.Product(**{"sku": id.upper(), "display_name": id.title(), **fields})
        return (await self.products.CreateProduct(CreateProductRequest(product_id=id, product=product))).name

    async def adjust(self, product: str, warehouse: str, type: str, quantity: int, **more: Any) -> stock_pb2.StockLevel:
        """Adjusts a level: `ADD`, `SUBTRACT` or `SET`."""
        return await self.stock.AdjustStock(
            AdjustStockRequest(
                product=product,
                warehouse=warehouse,
                type=stock_pb2.AdjustmentType.Value(type),
                quantity=quantity,
                **more,
            )
        )

    async def stocked(self, product: str, warehouse: str, quantity: int, **fields: Any) -> tuple[str, str]:
        """A new product with this much stock in a new warehouse; returns both names."""
        names = await self.product(product, **fields), await self.warehouse(warehouse)
        await self.adjust(*names, "ADD", quantity)
        return names

    async def reserve(self, *wants: tuple[str, int] | tuple[str, int, str], **more: Any) -> reservation_pb2.Reservation:
        """Reserves lines of product, quantity and perhaps warehouse."""
        lines = [_line(*want) for want in wants]
        return await self.reservations.CreateReservation(CreateReservationRequest(lines=lines, **more))

    async def totals(self, product: str) -> tuple[int, int, int]:
        """On hand, reserved and available, over all warehouses."""
        totals = (await self.stock.GetStock(GetStockRequest(name=f"{product}/stock"))).totals
        return totals.on_hand, totals.reserved, totals.available

    async def assert_balanced(self) -> None:
        """Every level is what the ledger comes to."""
        found = await self.stock.VerifyStock(VerifyStockRequest())
        assert not found.drifts, found
        assert found.checked_count


@pytest.fixture
async def inventory(database: Database, clock: Clock) -> AsyncIterator[Inventory]:
    """A running inventory on a database of its own."""
    async with running(database, clock) as inventory:
        yield inventory


@asynccontextmanager
async def running(database: Database, clock: Clock) -> AsyncIterator[Inventory]:
    """One replica of inventory."""
    async with serving(partial(compose, clock=clock), settings(database, "inventory")) as channel:
        yield Inventory(channel, clock)


@dataclass(frozen=True)
class Refused:
    """What a refused call said."""

    code: str
    reason: str
    metadata: dict[str, str]
    fields: list[str]
    message: str


def _line(product: str, quantity: int, warehouse: str = "") -> reservation_pb2.ReservationLine:
    return reservation_pb2.ReservationLine(product=product, quantity=quantity, warehouse=warehouse)


async def refused(call: Any) -> Refused:
    """How a call is refused; fails when it is not."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal_of(caught.value)


def refusal_of(error: grpc.aio.AioRpcError) -> Refused:
    """Reads the details of a refusal."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    assert status.code == error.code().value[0]
    assert info.domain == "mesh"
    return Refused(
        error.code().name,
        info.reason,
        dict(info.metadata),
        [violation.field for violation in bad.field_violations],
        status.message,
    )


async def content(database: Database) -> dict[str, str]:
    """Tells one content of the schema from another."""
    async with database.connect() as sql:
        rows = await sql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'inventory'")
        # Leases are renewed whatever happens.
        tables = sorted(row["tablename"] for row in rows if row["tablename"] != "lease")
        digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} AS t"
        return {table: await sql.fetchval(digest.format(table)) for table in tables}
