"""From rows to the domain's values."""

from collections.abc import Iterable
from typing import Any

from services.orders.domain.moves import Action, State
from services.orders.domain.orders import Line, Move, Order


def read_order(row: Any, lines: Iterable[Any]) -> Order:
    """An order."""
    return Order(
        id=str(row["order_id"]),
        customer=row["customer"],
        lines=tuple(read_line(line) for line in lines),
        currency=row["currency"],
        shipping=row["shipping"],
        total=row["total"],
        payment=str(row["payment_id"] or ""),
        reservation=str(row["reservation_id"] or ""),
        origin=row["origin"],
        progress=State(row["progress"]),
        refunded=row["refunded"],
        tracking_code=row["tracking_code"],
        version=row["version"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_line(row: Any) -> Line:
    """A line of an order."""
    return Line(row["product_id"], row["display_name"], row["quantity"], row["unit_price"], row["discount"])


def read_move(row: Any) -> Move:
    """A step of an order's history."""
    return Move(
        order=str(row["order_id"]),
        number=row["number"],
        action=Action(row["action"]),
        state=State(row["state"]),
        refund=row["refund"],
        currency=row["currency"],
        reason=row["reason"],
        actor=row["actor"],
        create_time=row["create_time"],
    )
