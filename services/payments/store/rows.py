"""From rows to the domain's values."""

from collections.abc import Iterable
from typing import Any

from services.payments.domain.moves import Kind, State
from services.payments.domain.operations import Operation, Stage
from services.payments.domain.payments import Payment
from services.payments.domain.reports import Booked, Difference, DifferenceKind, Sum


def read_payment(row: Any, operations: Iterable[Any]) -> Payment:
    """A payment."""
    return Payment(
        id=str(row["payment_id"]),
        customer=row["customer"],
        reference=row["reference"],
        currency=row["currency"],
        amount=row["amount"],
        method=row["method"],
        state=State(row["state"]),
        captured=row["captured"],
        refunded=row["refunded"],
        decline_code=row["decline_code"],
        charge=row["charge"],
        operations=tuple(read_operation(one) for one in operations),
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def read_operation(row: Any) -> Operation:
    """An operation of a payment."""
    return Operation(
        id=str(row["operation_id"]),
        kind=Kind(row["kind"]),
        amount=row["amount"],
        actor=row["actor"],
        key=row["key"],
        reason=row["reason"],
        stage=Stage(row["stage"]),
        failure_code=row["failure_code"],
        provider_reference=row["provider_reference"],
        create_time=row["create_time"],
        settle_time=row["settle_time"],
    )


def read_booked(row: Any) -> Booked:
    """A capture or a refund, for the settlement report."""
    return Booked(
        key=str(row["operation_id"]),
        payment=str(row["payment_id"]),
        kind=Kind(row["kind"]),
        amount=row["amount"],
        currency=row["currency"],
        is_pending=Stage(row["stage"]) is not Stage.SUCCEEDED,
    )


def read_contradicted(row: Any) -> Difference:
    """An operation of which the provider told two outcomes: the one that counted, and the other."""
    amount = Sum(row["currency"], row["amount"])
    counted, told = Stage(row["stage"]) is Stage.SUCCEEDED, row["succeeded"]
    key, payment = str(row["operation_id"]), str(row["payment_id"])
    return Difference(
        DifferenceKind.OUTCOME_CONTRADICTED, key, payment, amount if counted else None, amount if told else None
    )
