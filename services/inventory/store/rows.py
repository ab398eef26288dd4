"""From rows to the domain's values."""

import json
from collections.abc import Iterable
from typing import Any

from services.inventory.domain.alerts import Alert, AlertState, Severity
from services.inventory.domain.catalogue import Product, Warehouse
from services.inventory.domain.ledger import Account, Entry, Movement, Place, Reason
from services.inventory.domain.levels import Level
from services.inventory.domain.records import LedgerLine
from services.inventory.domain.reservations import Line, Reservation, ReservationState
from services.inventory.domain.transfers import Transfer, TransferLine, TransferState


def read_product(row: Any) -> Product:
    """A product."""
    return Product(
        id=row["product_id"],
        sku=row["sku"],
        display_name=row["display_name"],
        description=row["description"],
        category=row["category"],
        min_stock_level=row["min_stock_level"],
        max_stock_level=row["max_stock_level"],
        labels=json.loads(row["labels"]),
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_warehouse(row: Any) -> Warehouse:
    """A warehouse."""
    return Warehouse(
        id=row["warehouse_id"],
        display_name=row["display_name"],
        location=row["location"],
        allocation_rank=row["allocation_rank"],
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_alert(row: Any) -> Alert:
    """An alert."""
    return Alert(
        id=str(row["alert_id"]),
        product=row["product_id"],
        warehouse=row["warehouse_id"],
        severity=Severity(row["severity"]),
        state=AlertState(row["state"]),
        available=row["available"],
        min_stock_level=row["min_stock_level"],
        snooze_until=row["snooze_until"],
        actor=row["actor"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_ledger_line(row: Any) -> LedgerLine:
    """A line of the ledger."""
    return LedgerLine(
        id=str(row["id"]),
        movement=Movement(
            product=row["product_id"],
            source=Place(row["source_warehouse"], Account(row["source_account"])),
            destination=Place(row["destination_warehouse"], Account(row["destination_account"])),
            quantity=row["quantity"],
            entry=Entry(row["operation"], row["actor"], row["document"], Reason(row["reason"]), row["note"]),
            time=row["create_time"],
        ),
    )


def read_level(row: Any) -> Level:
    """A level from a row of `lock_levels`, or of a read with the same columns."""
    return Level(
        product=row["product_id"],
        warehouse=row["warehouse_id"],
        available=row["available"],
        reserved=row["reserved"],
        in_transit=row["in_transit"],
        damaged=row["damaged"],
        min_override=row["min_override"],
        max_override=row["max_override"],
        product_min=row["product_min"],
        count_time=row["count_time"],
        severity=Severity(row["severity"]) if row["severity"] else None,
        allocation_rank=row["allocation_rank"],
        update_time=row["update_time"],
    )


def read_reservations(heads: Iterable[Any], lines: Iterable[Any]) -> list[Reservation]:
    """Reservations from their rows and those of their lines, in the order of `heads`."""
    lines_of: dict[str, list[Line]] = {}
    for row in lines:
        lines_of.setdefault(str(row["reservation_id"]), []).append(read_line(row))
    return [
        Reservation(
            id=str(row["reservation_id"]),
            order=row["order_name"],
            lines=tuple(lines_of.get(str(row["reservation_id"]), ())),
            state=ReservationState(row["state"]),
            expire_time=row["expire_time"],
            create_time=row["create_time"],
            update_time=row["update_time"],
        )
        for row in heads
    ]


def read_transfers(heads: Iterable[Any], lines: Iterable[Any]) -> list[Transfer]:
    """Transfers from their rows and those of their lines, in the order of `heads`."""
    lines_of: dict[str, list[TransferLine]] = {}
    for row in lines:
        line = TransferLine(row["product_id"], row["sent"], row["received"], row["damaged"], row["missing"])
        lines_of.setdefault(str(row["transfer_id"]), []).append(line)
    return [
        Transfer(
            id=str(row["transfer_id"]),
            source=row["source_warehouse"],
            destination=row["destination_warehouse"],
            lines=tuple(lines_of.get(str(row["transfer_id"]), ())),
            state=TransferState(row["state"]),
            note=row["note"],
            create_time=row["create_time"],
            update_time=row["update_time"],
        )
        for row in heads
    ]


def read_line(row: Any) -> Line:
    """A line of a reservation."""
    return Line(row["product_id"], row["warehouse_id"], row["quantity"], row["confirmed"], row["open"])
