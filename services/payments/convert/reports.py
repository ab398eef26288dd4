"""The ledger, its sums and the settlement report, as messages."""

from collections.abc import Mapping
from typing import Any

from google.type.money_pb2 import Money

from mesh.payments.v1 import ledger_pb2, ledger_service_pb2
from services._platform.money import money
from services._platform.times import timestamp
from services.payments.convert import names
from services.payments.domain.reports import Difference, Report, Sum

MOST_DIFFERENCES = 1_000


def entry(row: Mapping[str, Any]) -> ledger_pb2.LedgerEntry:
    """A row of the ledger as a message."""
    return ledger_pb2.LedgerEntry(
        name=names.LEDGER_ENTRY.name(str(row["entry_id"])),
        payment=names.PAYMENT.name(str(row["payment_id"])),
        operation=str(row["operation_id"]),
        credit_account=row["credit_account"],
        debit_account=row["debit_account"],
        amount=money(row["currency"], row["amount"]),
        create_time=timestamp(row["create_time"]),
    )


def balance(row: Mapping[str, Any]) -> ledger_service_pb2.AccountBalance:
    """What an account comes to."""
    return ledger_service_pb2.AccountBalance(
        account=row["account"], balance=money(row["currency"], int(row["balance"]))
    )


def report(report: Report) -> ledger_service_pb2.ReportSettlementResponse:
    """A settlement report as a message."""
    return ledger_service_pb2.ReportSettlementResponse(
        matched_count=report.matched,
        ledger_totals=_totals(report.ours),
        provider_totals=_totals(report.theirs),
        differences=[_difference(one) for one in report.differences[:MOST_DIFFERENCES]],
        difference_count=len(report.differences),
    )


def _totals(totals: Mapping[str, int]) -> list[Money]:
    return [money(currency, amount) for currency, amount in sorted(totals.items())]


def _difference(one: Difference) -> ledger_service_pb2.SettlementDifference:
    return ledger_service_pb2.SettlementDifference(
        kind=ledger_service_pb2.SettlementDifferenceKind.ValueType(one.kind.value),
        operation=one.key,
        payment=names.PAYMENT.name(one.payment) if one.payment else "",
        ledger_amount=_amount(one.ours),
        provider_amount=_amount(one.theirs),
    )


def _amount(one: Sum | None) -> Money | None:
    return None if one is None else money(one.currency, one.amount)
