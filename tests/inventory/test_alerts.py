"""Stories of low-stock alerts, over the wire."""

import uuid

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.inventory.v1 import product_pb2, stock_alert_pb2, stock_pb2
from mesh.inventory.v1.product_service_pb2 import UpdateProductRequest
from mesh.inventory.v1.stock_alert_service_pb2 import (
    AcknowledgeStockAlertRequest,
    GetStockAlertRequest,
    ListStockAlertsRequest,
    ResolveStockAlertRequest,
    SnoozeStockAlertRequest,
)
from mesh.inventory.v1.stock_service_pb2 import UpdateStockLevelRequest
from tests.callers import ADMIN
from tests.conftest import Clock
from tests.inventory.conftest import Inventory, refused

WARNING = stock_alert_pb2.STOCK_ALERT_SEVERITY_WARNING
CRITICAL = stock_alert_pb2.STOCK_ALERT_SEVERITY_CRITICAL
ACTIVE = stock_alert_pb2.STOCK_ALERT_STATE_ACTIVE
ACKNOWLEDGED = stock_alert_pb2.STOCK_ALERT_STATE_ACKNOWLEDGED
SNOOZED = stock_alert_pb2.STOCK_ALERT_STATE_SNOOZED
RESOLVED = stock_alert_pb2.STOCK_ALERT_STATE_RESOLVED


async def test_one_alert_from_low_to_critical_to_recovered(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 100, min_stock_level=20)
    assert await _alerts(inventory) == []
    await inventory.adjust(mug, main, "SET", 20)
    [alert] = await _alerts(inventory)
    assert (alert.product, alert.warehouse, alert.severity, alert.state) == (mug, main, WARNING, ACTIVE)
    assert (alert.available, alert.min_stock_level) == (20, 20)
    await inventory.reserve((mug, 10))
    [worse] = await _alerts(inventory)
    assert (worse.name, worse.severity, worse.available) == (alert.name, CRITICAL, 10)
    await inventory.adjust(mug, main, "ADD", 12)  # 22 available: a tenth above 20 is the edge
    [still] = await _alerts(inventory)
    assert (still.severity, still.state) == (WARNING, ACTIVE)
    await inventory.adjust(mug, main, "ADD", 1)
    [over] = await _alerts(inventory)
    assert (over.name, over.state, over.actor) == (alert.name, RESOLVED, "")
    await inventory.adjust(mug, main, "SUBTRACT", 2)
    assert len(await _alerts(inventory)) == 1  # 21 is above the threshold: nothing is raised anew
    await inventory.adjust(mug, main, "SUBTRACT", 1)
    assert [one.state for one in await _alerts(inventory)] == [ACTIVE, RESOLVED]


async def test_what_people_do(inventory: Inventory, clock: Clock) -> None:
    mug, main = await inventory.stocked("mug", "main", 100, min_stock_level=20)
    await inventory.adjust(mug, main, "SET", 15)
    [alert] = await _alerts(inventory)
    acknowledged = await inventory.alerts.AcknowledgeStockAlert(AcknowledgeStockAlertRequest(name=alert.name))
    assert (acknowledged.state, acknowledged.actor) == (ACKNOWLEDGED, ADMIN)
    snooze = SnoozeStockAlertRequest(name=alert.name, duration=Duration(seconds=1800))
    snoozed = await inventory.alerts.SnoozeStockAlert(snooze)
    assert snoozed.state == SNOOZED
    assert await _alerts(inventory, "state = STOCK_ALERT_STATE_SNOOZED") == [snoozed]
    clock.advance(minutes=30)
    [active] = await _alerts(inventory, "state = STOCK_ALERT_STATE_ACTIVE")
    assert active.name == alert.name
    await inventory.alerts.AcknowledgeStockAlert(AcknowledgeStockAlertRequest(name=alert.name))
    await inventory.adjust(mug, main, "SET", 3)  # worse: somebody has to look again
    [worse] = await _alerts(inventory)
    assert (worse.state, worse.severity) == (ACTIVE, CRITICAL)
    resolve = ResolveStockAlertRequest(name=alert.name)
    assert (await inventory.alerts.ResolveStockAlert(resolve)).state == RESOLVED
    refusal = await refused(inventory.alerts.ResolveStockAlert(resolve))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "STOCK_ALERT_RESOLVED")
    await inventory.adjust(mug, main, "SET", 2)  # resolved by hand, and no worse: it stays quiet
    assert len(await _alerts(inventory)) == 1


async def test_thresholds_apply_at_once(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    await inventory.adjust(mug, other, "ADD", 10)
    level = stock_pb2.StockLevel(name=f"{mug}/levels/other", min_stock_level=0)
    await inventory.stock.UpdateStockLevel(UpdateStockLevelRequest(stock_level=level))
    product = product_pb2.Product(name=mug, min_stock_level=30)
    await inventory.products.UpdateProduct(UpdateProductRequest(product=product))
    [alert] = await _alerts(inventory)
    assert (alert.warehouse, alert.severity) == (main, CRITICAL)
    mask = FieldMask(paths=["min_stock_level"])
    level = stock_pb2.StockLevel(name=f"{mug}/levels/other")
    await inventory.stock.UpdateStockLevel(UpdateStockLevelRequest(stock_level=level, update_mask=mask))
    assert [one.warehouse for one in await _alerts(inventory)] == [other, main]
    found = await _alerts(inventory, f'warehouse = "{main}" AND severity = STOCK_ALERT_SEVERITY_CRITICAL')
    assert found == [alert]


async def test_an_unknown_alert(inventory: Inventory) -> None:
    name = f"stockAlerts/{uuid.uuid4()}"
    for call in (
        inventory.alerts.GetStockAlert(GetStockAlertRequest(name=name)),
        inventory.alerts.AcknowledgeStockAlert(AcknowledgeStockAlertRequest(name=name)),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", "STOCK_ALERT_NOT_FOUND")


async def _alerts(inventory: Inventory, filter: str = "") -> list[stock_alert_pb2.StockAlert]:
    page = await inventory.alerts.ListStockAlerts(ListStockAlertsRequest(filter=filter))
    return list(page.stock_alerts)
