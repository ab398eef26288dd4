"""Every move is announced in the commit that makes it, and nothing else is."""

from typing import Any

from google.protobuf import symbol_database

from mesh.orders.v1 import event_pb2
from tests.conftest import Database
from tests.inventory.conftest import refused
from tests.orders.conftest import Orders, line


async def test_each_move_is_announced_once(orders: Orders, database: Database) -> None:
    heard: set[str] = set()

    async def news() -> list[str]:
        """What was announced since the last look, by message name."""
        async with database.connect() as sql:
            rows = await sql.fetch("DELETE FROM orders.outbox RETURNING topic, id, key, payload")
        for row in rows:
            message: Any = symbol_database.Default().GetSymbol(row["topic"]).FromString(row["payload"])
            assert message.order.name == row["key"]
        names = [row["topic"].rpartition(".")[2] for row in sorted(rows, key=lambda row: row["id"])]
        heard.update(names)
        return names

    order = await orders.place(line(), line("cup"))
    assert await news() == ["OrderPlaced"]
    for action in ("PAY", "FULFILL", "SHIP", "DELIVER", "REFUND"):
        await orders.act(action, order.name)
        assert await news() == ["OrderMoved"]
    await refused(orders.act("SHIP", order.name))
    assert await news() == []
    order = await orders.place()
    await orders.act("CANCEL", order.name)
    await orders.act("CANCEL", order.name)
    assert await news() == ["OrderPlaced", "OrderMoved"]
    await orders.act("CANCEL", "orders/0198c0de-0000-7000-8000-000000000009", allow_missing=True)
    assert await news() == []
    assert heard == set(event_pb2.DESCRIPTOR.message_types_by_name)
