"""Stock, adjustments and the ledger, as messages and back."""

from collections.abc import Sequence
from datetime import datetime

from google.rpc import code_pb2

from mesh.inventory.v1 import stock_pb2, stock_service_pb2
from services._platform.errors import Refusal
from services._platform.times import instant, timestamp
from services.inventory.convert import names
from services.inventory.domain.commands import Adjust
from services.inventory.domain.ledger import Account, Place, Reason
from services.inventory.domain.levels import Level
from services.inventory.domain.records import Drift, LedgerLine

_CHANGES = {
    stock_pb2.ADJUSTMENT_TYPE_ADD: "ADD",
    stock_pb2.ADJUSTMENT_TYPE_SUBTRACT: "SUBTRACT",
    stock_pb2.ADJUSTMENT_TYPE_SET: "SET",
}


def to_adjust(message: stock_pb2.Adjustment | stock_service_pb2.AdjustStockRequest, actor: str) -> Adjust:
    """The command that an adjustment asks for."""
    return Adjust(
        product=names.PRODUCT.id(message.product),
        warehouse=names.WAREHOUSE.id(message.warehouse),
        change=_CHANGES[message.type],
        quantity=message.quantity,
        reason=Reason(message.reason),
        document=message.source_document,
        note=message.note,
        expected=message.expected_quantity if message.HasField("expected_quantity") else None,
        as_of=instant(message.as_of) if message.HasField("as_of") else None,
        actor=actor,
    )


def adjustment(command: Adjust) -> stock_pb2.Adjustment:
    """An adjustment as it was asked for."""
    return stock_pb2.Adjustment(
        product=names.PRODUCT.name(command.product),
        warehouse=names.WAREHOUSE.name(command.warehouse),
        type=next(number for number, change in _CHANGES.items() if change == command.change),
        quantity=command.quantity,
        reason=stock_pb2.AdjustmentReason.ValueType(command.reason.value),
        source_document=command.document,
        note=command.note,
        expected_quantity=command.expected,
        as_of=timestamp(command.as_of),
    )


def level(level: Level) -> stock_pb2.StockLevel:
    """A stock level as a message."""
    return stock_pb2.StockLevel(
        name=names.LEVEL.name(level.product, level.warehouse),
        product=names.PRODUCT.name(level.product),
        warehouse=names.WAREHOUSE.name(level.warehouse),
        on_hand=level.on_hand,
        reserved=level.reserved,
        available=level.available,
        in_transit=level.in_transit,
        damaged=level.damaged,
        min_stock_level=level.min_override,
        max_stock_level=level.max_override,
        update_time=timestamp(level.update_time),
    )


def stock(product: str, levels: Sequence[Level], read_time: datetime) -> stock_pb2.Stock:
    """A product's stock over all warehouses."""
    return stock_pb2.Stock(
        name=names.STOCK.name(product),
        levels=[level(one) for one in levels],
        totals=stock_pb2.StockTotals(
            on_hand=sum(one.on_hand for one in levels),
            reserved=sum(one.reserved for one in levels),
            available=sum(one.available for one in levels),
            in_transit=sum(one.in_transit for one in levels),
            damaged=sum(one.damaged for one in levels),
        ),
        read_time=timestamp(read_time),
    )


def refusal(refusal: Refusal) -> stock_pb2.AdjustmentRefusal:
    """Why one of many was refused."""
    return stock_pb2.AdjustmentRefusal(
        code=code_pb2.Code.Value(refusal.code),
        reason=refusal.reason,
        message=refusal.message,
        metadata=refusal.metadata,
    )


def batch(outcomes: Sequence[Level | Refusal]) -> stock_service_pb2.BatchAdjustStockResponse:
    """What became of each adjustment of a batch."""
    refused = sum(isinstance(outcome, Refusal) for outcome in outcomes)
    return stock_service_pb2.BatchAdjustStockResponse(
        results=[
            stock_pb2.AdjustmentResult(refusal=refusal(outcome))
            if isinstance(outcome, Refusal)
            else stock_pb2.AdjustmentResult(level=level(outcome))
            for outcome in outcomes
        ],
        adjusted_count=len(outcomes) - refused,
        refused_count=refused,
    )


def movement(line: LedgerLine) -> stock_pb2.StockMovement:
    """A line of the ledger."""
    entry = line.movement.entry
    return stock_pb2.StockMovement(
        id=line.id,
        product=names.PRODUCT.name(line.movement.product),
        source=_place(line.movement.source),
        destination=_place(line.movement.destination),
        quantity=line.movement.quantity,
        operation=entry.operation,
        reason=stock_pb2.AdjustmentReason.ValueType(entry.reason.value),
        document=entry.document,
        note=entry.note,
        actor=entry.actor,
        create_time=timestamp(line.movement.time),
    )


def drift(drift: Drift) -> stock_service_pb2.StockDrift:
    """A level that is not what the ledger says."""
    return stock_service_pb2.StockDrift(
        stock_level=names.LEVEL.name(drift.product, drift.warehouse),
        account=_account(drift.account),
        level_quantity=drift.level_quantity,
        ledger_quantity=drift.ledger_quantity,
    )


def repaired(drifts: Sequence[Drift]) -> stock_service_pb2.RepairStockResponse:
    """What was put right."""
    return stock_service_pb2.RepairStockResponse(repaired=map(drift, drifts))


def _place(place: Place) -> stock_pb2.StockPlace:
    return stock_pb2.StockPlace(warehouse=names.WAREHOUSE.name(place.warehouse), account=_account(place.account))


def _account(account: Account) -> stock_pb2.Account.ValueType:
    return stock_pb2.Account.ValueType(account.value)
