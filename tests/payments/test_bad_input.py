"""Every bad input is refused with a status, a reason and a field, and writes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.type.money_pb2 import Money

from mesh.payments.v1.ledger_service_pb2 import ReportSettlementRequest
from mesh.payments.v1.payment_service_pb2 import (
    AuthorizePaymentRequest,
    CapturePaymentRequest,
    GetPaymentRequest,
    ListPaymentsRequest,
    RefundPaymentRequest,
    VoidPaymentRequest,
)
from tests.conftest import Database
from tests.payments.conftest import ADA, Payments, refused

Call = Callable[[Payments], Awaitable[Any]]
NAME = "payments/0198c0de-0000-7000-8000-000000000001"
EURO = Money(currency_code="EUR", units=1)


def _authorize(**fields: Any) -> Call:
    values = {"customer": ADA, "amount": EURO, "payment_method": "tok_approve", **fields}
    return lambda one: one.stub.AuthorizePayment(AuthorizePaymentRequest(**values))


def _amount(**fields: Any) -> Call:
    return _authorize(amount=Money(**{"currency_code": "EUR", "units": 1, **fields}))


def _capture(**fields: Any) -> Call:
    return lambda one: one.stub.CapturePayment(CapturePaymentRequest(**{"name": NAME, **fields}))


def _refund(**fields: Any) -> Call:
    return lambda one: one.stub.RefundPayment(RefundPaymentRequest(**{"name": NAME, **fields}))


BAD: dict[str, tuple[Call, str, list[str]]] = {
    "no customer": (_authorize(customer=""), "FIELD_INVALID", ["customer"]),
    "malformed customer": (_authorize(customer="ada"), "FIELD_INVALID", ["customer"]),
    "no amount": (_authorize(amount=None), "FIELD_INVALID", ["amount"]),
    "nothing": (_amount(units=0), "FIELD_INVALID", ["amount"]),
    "less than nothing": (_amount(units=-1), "FIELD_INVALID", ["amount"]),
    "a fraction of a cent": (_amount(nanos=1), "AMOUNT_INVALID", ["amount"]),
    "a fraction of a yen": (_amount(currency_code="JPY", nanos=500_000_000), "AMOUNT_INVALID", ["amount"]),
    "more nanos than a unit": (_amount(nanos=1_000_000_000), "AMOUNT_INVALID", ["amount"]),
    "nanos of another sign": (_amount(nanos=-10_000_000), "AMOUNT_INVALID", ["amount"]),
    "more money than there is": (_amount(units=10**18), "AMOUNT_INVALID", ["amount"]),
    "no currency": (_amount(currency_code=""), "AMOUNT_INVALID", ["amount.currency_code"]),
    "lower-case currency": (_amount(currency_code="eur"), "AMOUNT_INVALID", ["amount.currency_code"]),
    "no means of payment": (_authorize(payment_method=""), "FIELD_INVALID", ["payment_method"]),
    "a card's number": (_authorize(payment_method="4242424242424242"), "FIELD_INVALID", ["payment_method"] * 2),
    "a card's number as a token": (
        _authorize(payment_method="tok_4242424242424242"),
        "FIELD_INVALID",
        ["payment_method"],
    ),
    "a card's number as a reference": (
        _authorize(reference="card 4242 4242 4242 4242"),
        "FIELD_INVALID",
        ["reference"],
    ),
    "long reference": (_authorize(reference="x" * 201), "FIELD_INVALID", ["reference"]),
    "payment id that is no UUID": (_authorize(payment_id="1"), "FIELD_INVALID", ["payment_id"]),
    "request id that is no UUID": (_authorize(request_id="1"), "FIELD_INVALID", ["request_id"]),
    "malformed name": (_capture(name="payments/1"), "FIELD_INVALID", ["name"]),
    "capture of nothing": (_capture(amount=Money(currency_code="EUR")), "FIELD_INVALID", ["amount"]),
    "refund of nothing": (_refund(amount=Money(currency_code="EUR")), "FIELD_INVALID", ["amount"]),
    "a card's number as a reason": (_refund(reason="4242-4242-4242-4242"), "FIELD_INVALID", ["reason"]),
    "long reason": (
        lambda one: one.stub.VoidPayment(VoidPaymentRequest(name=NAME, reason="x" * 501)),
        "FIELD_INVALID",
        ["reason"],
    ),
    "no payment": (lambda one: one.stub.GetPayment(GetPaymentRequest(name=NAME)), "PAYMENT_NOT_FOUND", []),
    "capture of no payment": (_capture(), "PAYMENT_NOT_FOUND", []),
    "filter by what there is not": (
        lambda one: one.stub.ListPayments(ListPaymentsRequest(filter="card = 1")),
        "FILTER_INVALID",
        ["filter"],
    ),
    "page of less than nothing": (
        lambda one: one.stub.ListPayments(ListPaymentsRequest(page_size=-1)),
        "FIELD_INVALID",
        ["page_size"],
    ),
    "settlement of no time": (
        lambda one: one.ledger.ReportSettlement(ReportSettlementRequest()),
        "FIELD_INVALID",
        ["", "start_time", "end_time"],
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_input_is_refused_and_writes_nothing(payments: Payments, database: Database, case: str) -> None:
    call, reason, fields = BAD[case]
    refusal = await refused(call(payments))
    assert (refusal.reason, refusal.fields) == (reason, fields)
    async with database.connect("payments") as sql:
        for table in ("payment", "operation", "ledger_entry", "outbox", "remembered_reply"):
            assert not await sql.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


async def test_what_a_payment_cannot_give_is_refused_with_the_numbers(payments: Payments) -> None:
    held = await payments.authorize(amount=1000)
    dollars = Money(currency_code="USD", units=1)
    refusal = await refused(_capture(name=held.name, amount=dollars)(payments))
    assert (refusal.code, refusal.reason, refusal.metadata["currency"]) == (
        "INVALID_ARGUMENT",
        "CURRENCY_MISMATCH",
        "EUR",
    )
    refusal = await refused(payments.capture(held.name, 1001))
    assert (refusal.reason, refusal.metadata["capturable"]) == ("CAPTURE_EXCEEDED", "1000")
    refusal = await refused(payments.refund(held.name))
    assert (refusal.reason, refusal.metadata["allowed"]) == ("PAYMENT_MOVE_ILLEGAL", "CAPTURE,VOID")
