"""Every change is announced in the commit that makes it, and nothing else is."""

from google.protobuf import symbol_database

from mesh.inventory.v1 import event_pb2, product_pb2
from mesh.inventory.v1.product_service_pb2 import UpdateProductRequest
from mesh.inventory.v1.reservation_service_pb2 import (
    CancelReservationRequest,
    ConfirmReservationRequest,
    ExtendReservationRequest,
)
from mesh.inventory.v1.stock_alert_service_pb2 import AcknowledgeStockAlertRequest, ListStockAlertsRequest
from mesh.inventory.v1.stock_service_pb2 import RepairStockRequest
from mesh.inventory.v1.transfer_pb2 import TransferLine
from mesh.inventory.v1.transfer_service_pb2 import CreateTransferRequest, ReceiveTransferRequest
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import Inventory, refused


async def test_each_operation_announces_what_it_did(inventory: Inventory, database: Database, clock: Clock) -> None:
    heard: set[str] = set()

    async def news() -> list[str]:
        """What was announced since the last look, by message name."""
        async with database.connect() as sql:
            rows = await sql.fetch("DELETE FROM outbox RETURNING topic, id, key, payload")
        for row in rows:
            message = symbol_database.Default().GetSymbol(row["topic"]).FromString(row["payload"])
            [(_, subject), *_] = message.ListFields()
            assert row["key"] == getattr(subject, "name", None) or row["key"].startswith("products/")
        names = [row["topic"].rpartition(".")[2] for row in sorted(rows, key=lambda row: row["id"])]
        heard.update(names)
        return names

    mug = await inventory.product("mug", min_stock_level=2)
    main = await inventory.warehouse("main")
    other = await inventory.warehouse("other")
    assert await news() == ["ProductChanged", "WarehouseChanged", "WarehouseChanged"]
    await inventory.products.UpdateProduct(UpdateProductRequest(product=product_pb2.Product(name=mug, category="x")))
    assert await news() == ["ProductChanged"]
    await inventory.adjust(mug, main, "ADD", 10)
    assert await news() == ["StockAdjusted", "StockChanged"]
    held = await inventory.reserve((mug, 4))
    assert await news() == ["ReservationCreated", "StockChanged"]
    await inventory.reservations.ExtendReservation(ExtendReservationRequest(name=held.name))
    assert await news() == ["ReservationExtended"]
    await inventory.reservations.ConfirmReservation(ConfirmReservationRequest(name=held.name))
    assert await news() == ["ReservationConfirmed", "StockChanged"]
    held = await inventory.reserve((mug, 1))
    await news()
    await inventory.reservations.CancelReservation(CancelReservationRequest(name=held.name))
    assert await news() == ["ReservationCancelled", "StockChanged"]
    await inventory.reservations.CancelReservation(CancelReservationRequest(name=held.name))
    assert await news() == []
    held = await inventory.reserve((mug, 5))
    assert await news() == ["ReservationCreated", "StockChanged", "StockAlertChanged"]
    clock.advance(hours=2)
    async with database.connect() as sql:
        await eventually(lambda: sql.fetchval("SELECT count(*) = 0 FROM reservation WHERE state = 1"))
    assert await news() == ["ReservationExpired", "StockChanged", "StockAlertChanged"]
    line = TransferLine(product=mug, quantity=5)
    request = CreateTransferRequest(source_warehouse=main, destination_warehouse=other, lines=[line])
    sent = await inventory.transfers.CreateTransfer(request)
    assert await news() == ["TransferChanged", *["StockChanged"] * 2, *["StockAlertChanged"] * 2]
    await inventory.transfers.ReceiveTransfer(ReceiveTransferRequest(name=sent.name))
    assert await news() == ["TransferChanged", "StockChanged", "StockAlertChanged"]
    active = ListStockAlertsRequest(filter="state = STOCK_ALERT_STATE_ACTIVE")
    [alert] = (await inventory.alerts.ListStockAlerts(active)).stock_alerts
    await inventory.alerts.AcknowledgeStockAlert(AcknowledgeStockAlertRequest(name=alert.name))
    assert await news() == ["StockAlertChanged"]
    async with database.connect() as sql:
        await sql.execute("UPDATE stock_level SET available = available + 1 WHERE warehouse_id = 'main'")
    await inventory.stock.RepairStock(RepairStockRequest())
    assert await news() == ["StockRepaired", "StockChanged"]
    await refused(inventory.reserve((mug, 999)))
    assert await news() == []
    assert heard == set(event_pb2.DESCRIPTOR.message_types_by_name)
