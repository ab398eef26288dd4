"""The settlement report names every difference between provider and ledger."""

import sqlite3

from mesh.payments.v1 import ledger_service_pb2
from mesh.payments.v1.ledger_service_pb2 import ListLedgerEntriesRequest
from tests.conftest import Database
from tests.payments.conftest import Payments, Sandbox, new_id, refused

Kind = ledger_service_pb2.SettlementDifferenceKind.Name


async def test_each_difference_is_named(payments: Payments, sandbox: Sandbox, database: Database) -> None:
    names = [(await payments.authorize("tok_webhook_never")).name for _ in range(4)]
    for name in names:
        await payments.capture(name, 500)
    same, forgotten, other, dropped = [(await payments.get(name)).operations[1].id for name in names]
    with sqlite3.connect(sandbox.file) as books:
        books.execute("DELETE FROM operation WHERE key = ?", (forgotten,))
        books.execute("UPDATE operation SET amount = 400 WHERE key = ?", (other,))
        columns = "kind, charge, amount, currency, failure_code, time"
        copy = f"INSERT INTO operation (key, {columns}) SELECT ?, {columns} FROM operation WHERE key = ?"  # noqa: S608
        books.execute(copy, (stranger := new_id(), same))
    books.close()
    async with database.connect() as sql:
        await sql.execute(
            "UPDATE payments.operation SET stage = 1, settle_time = NULL WHERE operation_id = $1", dropped
        )
    report = await payments.report()
    assert report.matched_count == 1
    found = {one.operation: Kind(one.kind).removeprefix("SETTLEMENT_DIFFERENCE_KIND_") for one in report.differences}
    assert found == {
        forgotten: "MISSING_AT_PROVIDER",
        other: "AMOUNT_DIFFERS",
        stranger: "MISSING_IN_LEDGER",
        dropped: "PENDING_HERE",
    }
    assert [total.units for total in report.provider_totals] == [19]
    assert [total.units for total in report.ledger_totals] == [15]


async def test_a_ledger_that_lost_an_entry_is_noticed(payments: Payments, database: Database) -> None:
    held = await payments.authorize()
    await payments.capture(held.name)
    async with database.connect() as sql:
        await sql.execute("DELETE FROM payments.ledger_entry WHERE debit_account = 3")
    [difference] = (await payments.report()).differences
    assert (Kind(difference.kind), difference.payment) == ("SETTLEMENT_DIFFERENCE_KIND_AMOUNT_DIFFERS", held.name)


async def test_the_ledger_is_listed_in_pages_by_payment(payments: Payments) -> None:
    other, held = await payments.authorize(), await payments.authorize()
    for one in (other, held):
        await payments.capture(one.name, 600)
    request = ListLedgerEntriesRequest(filter=f'payment = "{held.name}"', page_size=2)
    first = await payments.ledger.ListLedgerEntries(request)
    request.page_token = first.next_page_token
    second = await payments.ledger.ListLedgerEntries(request)
    entries = [*first.ledger_entries, *second.ledger_entries]
    assert [entry.amount.units for entry in reversed(entries)] == [10, 6, 4]
    assert {entry.payment for entry in entries} == {held.name}
    request.filter = ""
    assert (await refused(payments.ledger.ListLedgerEntries(request))).reason == "PAGE_TOKEN_INVALID"
