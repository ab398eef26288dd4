"""Stories of adjustments, levels and the ledger, over the wire."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.inventory.v1 import stock_pb2
from mesh.inventory.v1.stock_service_pb2 import (
    BatchAdjustStockRequest,
    GetStockRequest,
    ImportAdjustmentsRequest,
    ListStockLevelsRequest,
    ListStockMovementsRequest,
    RepairStockRequest,
    UpdateStockLevelRequest,
    VerifyStockRequest,
)
from services._platform.times import timestamp
from tests.callers import ADMIN
from tests.conftest import Clock, Database
from tests.inventory.conftest import Inventory, refused

Reason = stock_pb2.AdjustmentReason
Type = stock_pb2.AdjustmentType


async def test_add_subtract_and_set(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    assert (await inventory.adjust(mug, main, "SUBTRACT", 4)).on_hand == 6
    assert (await inventory.adjust(mug, main, "SET", 9)).on_hand == 9
    assert (await inventory.adjust(mug, main, "SET", 2)).on_hand == 2
    assert (await inventory.adjust(mug, main, "SET", 0)).available == 0
    await inventory.assert_balanced()


async def test_nothing_falls_below_zero_or_below_what_is_reserved(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    await inventory.reserve((mug, 6))
    refusal = await refused(inventory.adjust(mug, main, "SUBTRACT", 5))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "INSUFFICIENT_STOCK")
    assert refusal.metadata == {"product": mug, "warehouse": main, "requested": "5", "available": "4"}
    refusal = await refused(inventory.adjust(mug, main, "SET", 5))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "BELOW_RESERVED")
    assert refusal.metadata == {"product": mug, "warehouse": main, "requested": "5", "reserved": "6"}
    assert (await inventory.adjust(mug, main, "SET", 6)).available == 0
    assert await inventory.totals(mug) == (6, 6, 0)


async def test_compare_and_set(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    refusal = await refused(inventory.adjust(mug, main, "SET", 4, expected_quantity=9))
    assert (refusal.code, refusal.reason) == ("ABORTED", "QUANTITY_MISMATCH")
    assert (refusal.metadata["expected"], refusal.metadata["onHand"]) == ("9", "10")
    assert (await inventory.adjust(mug, main, "SET", 4, expected_quantity=10)).on_hand == 4
    refusal = await refused(inventory.adjust(mug, main, "ADD", 1, expected_quantity=0))
    assert refusal.reason == "QUANTITY_MISMATCH"


async def test_counts_may_arrive_in_any_order(inventory: Inventory, clock: Clock) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    clock.advance(minutes=10)
    early = clock.now
    clock.advance(minutes=10)
    await inventory.adjust(mug, main, "SUBTRACT", 3)  # after the early count
    reservation = await inventory.reserve((mug, 2))  # stays on hand
    late = clock.now
    clock.advance(minutes=10)
    level = await inventory.adjust(mug, main, "SET", 12, as_of=early)
    assert (level.on_hand, level.reserved) == (9, 2)  # 12 then, 3 left since
    assert (await inventory.adjust(mug, main, "SET", 8, as_of=late)).on_hand == 8
    refusal = await refused(inventory.adjust(mug, main, "SET", 99, as_of=early))
    assert (refusal.code, refusal.reason) == ("ABORTED", "ADJUSTMENT_STALE")
    assert reservation.lines[0].quantity == 2
    await inventory.assert_balanced()


@pytest.mark.parametrize(
    ("type_", "reason", "source", "destination"),
    [
        ("ADD", "UNSPECIFIED", "SUPPLIER", "AVAILABLE"),
        ("ADD", "SALE", "CUSTOMER", "AVAILABLE"),
        ("ADD", "COUNT", "VARIANCE", "AVAILABLE"),
        ("ADD", "DAMAGE", "DAMAGED", "AVAILABLE"),
        ("SUBTRACT", "UNSPECIFIED", "AVAILABLE", "VARIANCE"),
        ("SUBTRACT", "RECEIPT", "AVAILABLE", "SUPPLIER"),
        ("SUBTRACT", "LOSS", "AVAILABLE", "VARIANCE"),
        ("SUBTRACT", "DAMAGE", "AVAILABLE", "DAMAGED"),
    ],
)
async def test_the_reason_decides_the_other_account(
    inventory: Inventory, type_: str, reason: str, source: str, destination: str
) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    await inventory.adjust(mug, main, "SUBTRACT", 5, reason=Reason.ADJUSTMENT_REASON_DAMAGE)
    await inventory.adjust(
        mug, main, type_, 2, reason=f"ADJUSTMENT_REASON_{reason}", source_document="urn:note:7", note="by hand"
    )
    page = await inventory.stock.ListStockMovements(ListStockMovementsRequest(parent=mug, page_size=1))
    [movement] = page.stock_movements
    assert page.next_page_token
    assert movement.source.account == stock_pb2.Account.Value(f"ACCOUNT_{source}")
    assert movement.destination.account == stock_pb2.Account.Value(f"ACCOUNT_{destination}")
    assert (movement.quantity, movement.operation, movement.actor) == (2, "adjust", ADMIN)
    assert (movement.document, movement.note) == ("urn:note:7", "by hand")
    await inventory.assert_balanced()


async def test_more_damaged_cannot_be_mended_than_there_is(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    refusal = await refused(inventory.adjust(mug, main, "ADD", 1, reason=Reason.ADJUSTMENT_REASON_DAMAGE))
    assert refusal.reason == "INSUFFICIENT_STOCK"


async def test_a_product_has_a_limit(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 100_000_000)
    other = await inventory.warehouse("other")
    for _ in range(9):
        await inventory.adjust(mug, other, "ADD", 100_000_000)
    refusal = await refused(inventory.adjust(mug, main, "ADD", 1))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "STOCK_LIMIT_EXCEEDED")


async def test_a_batch_makes_each_or_all(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    adjustments = [
        _adjustment(mug, main, Type.ADD, 5),
        _adjustment(mug, main, Type.SUBTRACT, 100),
        _adjustment("products/none", main, Type.ADD, 1),
        _adjustment(mug, main, Type.SUBTRACT, 15),
    ]
    atomic = BatchAdjustStockRequest(adjustments=adjustments, atomic=True)
    assert (await refused(inventory.stock.BatchAdjustStock(atomic))).reason == "INSUFFICIENT_STOCK"
    assert await inventory.totals(mug) == (10, 0, 10)
    request = BatchAdjustStockRequest(adjustments=adjustments, request_id=str(uuid.uuid4()))
    response = await inventory.stock.BatchAdjustStock(request)
    assert (response.adjusted_count, response.refused_count) == (2, 2)
    assert [result.refusal.reason for result in response.results] == ["", "INSUFFICIENT_STOCK", "PRODUCT_NOT_FOUND", ""]
    assert [result.level.on_hand for result in response.results] == [15, 0, 0, 0]
    assert await inventory.stock.BatchAdjustStock(request) == response
    assert await inventory.totals(mug) == (0, 0, 0)
    await inventory.assert_balanced()


async def test_an_import_of_any_length_can_be_sent_again(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    rows = [
        ImportAdjustmentsRequest(adjustment=_adjustment(mug, main, Type.ADD, 1), request_id=str(uuid.uuid4()))
        for _ in range(700)
    ]
    rows[300] = ImportAdjustmentsRequest(adjustment=_adjustment("products/none", main, Type.ADD, 1))
    for _ in range(2):
        response = await inventory.stock.ImportAdjustments(iter(rows))
        assert (response.adjusted_count, response.refused_count) == (699, 1)
        assert [(one.index, one.refusal.reason) for one in response.refusals] == [(300, "PRODUCT_NOT_FOUND")]
        assert await inventory.totals(mug) == (709, 0, 709)
    await inventory.assert_balanced()


async def test_a_look_at_the_past(inventory: Inventory, clock: Clock) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    history = []
    for step in (
        inventory.reserve((mug, 4), ttl=timedelta(minutes=1)),
        inventory.adjust(mug, main, "SUBTRACT", 2, reason=Reason.ADJUSTMENT_REASON_DAMAGE),
        inventory.adjust(mug, main, "ADD", 7),
    ):
        history.append((clock.now, await inventory.totals(mug)))
        clock.advance(seconds=10)
        await step
    assert [totals for _, totals in history] == [(10, 0, 10), (10, 4, 6), (8, 4, 4)]
    assert await inventory.totals(mug) == (15, 4, 11)
    clock.advance(seconds=60)
    assert await inventory.totals(mug) == (15, 0, 15)
    expiry = history[0][0] + timedelta(seconds=70)
    history += [(expiry - timedelta(milliseconds=1), (15, 4, 11)), (expiry, (15, 0, 15))]
    for _ in range(2):
        for instant, totals in history:
            then = await inventory.stock.GetStock(GetStockRequest(name=f"{mug}/stock", read_time=timestamp(instant)))
            assert (then.totals.on_hand, then.totals.reserved, then.totals.available) == totals
        await inventory.adjust(mug, main, "ADD", 1)  # gives back what lapsed; the past stays what it was
    before = GetStockRequest(name=f"{mug}/stock", read_time=timestamp(history[0][0] - timedelta(days=1)))
    assert not (await inventory.stock.GetStock(before)).levels


async def test_drift_is_reported_and_repaired(inventory: Inventory, database: Database) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    await inventory.reserve((mug, 4))
    async with database.connect() as sql:
        await sql.execute("UPDATE stock_level SET available = 99, damaged = 1")
    found = (await inventory.stock.VerifyStock(VerifyStockRequest())).drifts
    level = f"{mug}/levels/main"
    assert [(one.stock_level, one.account, one.level_quantity, one.ledger_quantity) for one in found] == [
        (level, stock_pb2.ACCOUNT_AVAILABLE, 99, 6),
        (level, stock_pb2.ACCOUNT_DAMAGED, 1, 0),
    ]
    repaired = (await inventory.stock.RepairStock(RepairStockRequest(product=mug))).repaired
    assert list(repaired) == list(found)
    assert await inventory.totals(mug) == (10, 4, 6)
    await inventory.assert_balanced()
    async with database.connect() as sql:
        await sql.execute("DELETE FROM stock_level")
    assert len((await inventory.stock.RepairStock(RepairStockRequest())).repaired) == 2
    assert await inventory.totals(mug) == (10, 4, 6)
    assert main


async def test_levels_are_listed_by_warehouse_and_quantity(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    cup, other = await inventory.stocked("cup", "other", 3)
    await inventory.adjust(mug, other, "ADD", 5)

    async def names(filter: str, parent: str = "products/-") -> list[str]:
        request = ListStockLevelsRequest(parent=parent, filter=filter, page_size=1)
        found = []
        while True:
            page = await inventory.stock.ListStockLevels(request)
            found += [level.name for level in page.stock_levels]
            request.page_token = page.next_page_token
            if not page.next_page_token:
                return found

    all_ = [f"{cup}/levels/other", f"{mug}/levels/main", f"{mug}/levels/other"]
    assert await names("") == all_
    assert await names("", parent=mug) == all_[1:]
    assert await names(f'warehouse = "{other}"') == [all_[0], all_[2]]
    assert await names(f'warehouse != "{main}" AND available > 3') == [all_[2]]
    assert await names("on_hand >= 3 AND on_hand <= 5") == [all_[0], all_[2]]
    assert await names("available != 5 AND reserved = 0") == all_[:2]


async def test_thresholds_can_be_overridden_and_freed(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10, min_stock_level=3)
    name = f"{mug}/levels/main"

    async def update(mask: list[str], **fields: Any) -> stock_pb2.StockLevel:
        level = stock_pb2.StockLevel(name=name, **fields)
        request = UpdateStockLevelRequest(stock_level=level, update_mask=FieldMask(paths=mask))
        return await inventory.stock.UpdateStockLevel(request)

    level = await update([], min_stock_level=0)
    assert level.HasField("min_stock_level")
    assert not level.HasField("max_stock_level")
    level = await update(["min_stock_level", "max_stock_level"], max_stock_level=50)
    assert not level.HasField("min_stock_level")
    assert level.max_stock_level == 50
    refusal = await refused(update(["on_hand"]))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["update_mask"])


async def test_thresholds_that_are_set_one_by_one_may_not_cross_either(inventory: Inventory) -> None:
    mug, _ = await inventory.stocked("mug", "main", 10)

    async def update(**fields: Any) -> stock_pb2.StockLevel:
        level = stock_pb2.StockLevel(name=f"{mug}/levels/main", **fields)
        return await inventory.stock.UpdateStockLevel(UpdateStockLevelRequest(stock_level=level))

    await update(min_stock_level=85)
    refusal = await refused(update(max_stock_level=84))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["stock_level.max_stock_level"])
    await update(max_stock_level=85)
    refusal = await refused(update(min_stock_level=86))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["stock_level.max_stock_level"])
    level = await update(max_stock_level=0)  # none
    assert (level.min_stock_level, level.max_stock_level) == (85, 0)


async def test_unknown_names(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    refusal = await refused(inventory.adjust("products/none", main, "ADD", 1))
    assert (refusal.code, refusal.reason, refusal.metadata) == (
        "NOT_FOUND",
        "PRODUCT_NOT_FOUND",
        {"product": "products/none"},
    )
    refusal = await refused(inventory.adjust(mug, "warehouses/none", "ADD", 1))
    assert (refusal.reason, refusal.metadata) == ("WAREHOUSE_NOT_FOUND", {"warehouse": "warehouses/none"})
    assert (await refused(inventory.reserve(("products/none", 1)))).reason == "PRODUCT_NOT_FOUND"
    assert (await refused(inventory.reserve((mug, 1, "warehouses/none")))).reason == "WAREHOUSE_NOT_FOUND"
    assert (await refused(inventory.stock.GetStock(GetStockRequest(name="products/none/stock")))).code == "NOT_FOUND"


async def test_a_refused_adjustment_leaves_no_level_behind(inventory: Inventory, database: Database) -> None:
    mug = await inventory.product("mug")
    main = await inventory.warehouse("main")
    await refused(inventory.adjust(mug, main, "SUBTRACT", 1))
    async with database.connect() as sql:
        assert await sql.fetchval("SELECT count(*) FROM stock_level") == 0


def _adjustment(product: str, warehouse: str, type_: "Type.ValueType", quantity: int) -> stock_pb2.Adjustment:
    return stock_pb2.Adjustment(product=product, warehouse=warehouse, type=type_, quantity=quantity)
