"""Every change is announced in the commit that makes it, and nothing else is."""

from typing import Any

from google.protobuf import symbol_database

from mesh.payments.v1 import event_pb2
from tests.conftest import Database
from tests.payments.conftest import Payments, new_id, refused


async def test_each_operation_announces_what_it_did(payments: Payments, database: Database) -> None:
    heard: set[str] = set()

    async def news() -> list[str]:
        """What was announced since the last look, by message name."""
        async with database.connect() as sql:
            rows = await sql.fetch("DELETE FROM payments.outbox RETURNING topic, id, key, payload")
        for row in rows:
            message: Any = symbol_database.Default().GetSymbol(row["topic"]).FromString(row["payload"])
            assert message.payment.name == row["key"]
        names = [row["topic"].rpartition(".")[2] for row in sorted(rows, key=lambda row: row["id"])]
        heard.update(names)
        return names

    held = await payments.authorize()
    assert await news() == ["PaymentAuthorized"]
    await payments.capture(held.name)
    assert await news() == ["PaymentCaptured"]
    await payments.refund(held.name, 100)
    assert await news() == ["PaymentRefunded"]
    await refused(payments.refund(held.name, 5000))
    assert await news() == []
    held = await payments.authorize("tok_capture_refused")
    await refused(payments.capture(held.name))
    assert await news() == ["PaymentAuthorized", "PaymentOperationFailed"]
    await payments.void(held.name)
    await payments.void(held.name)
    assert await news() == ["PaymentVoided"]
    await refused(payments.authorize("tok_decline"))
    assert await news() == ["PaymentDeclined"]
    await payments.void(f"payments/{new_id()}", allow_missing=True)
    assert await news() == []
    assert heard == set(event_pb2.DESCRIPTOR.message_types_by_name)
