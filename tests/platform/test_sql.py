"""Every statement of every service is valid, used, and, where it is hot, served by an index."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import asyncpg
import pytest

from services._platform import sql
from tests.conftest import Database

SERVICES = Path(str(resources.files("services")))
FILES = sorted(file for file in SERVICES.rglob("*.sql") if file.parent.name not in ("migrations", "sandbox"))
"""The statements of services. The sandbox is a provider's server, and keeps its books in SQLite."""


def queries(file: Path) -> dict[str, str]:
    """The queries of a file by name, read as the services read them."""
    package = ".".join(("services", *file.parent.relative_to(SERVICES).parts))
    return dict(sql.load(package, file.stem))


def used(folder: Path) -> Iterator[str]:
    """The names by which the modules beside a file ask for queries: every string inside a subscript."""
    for module in folder.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Subscript):
                for one in ast.walk(node.slice):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str):
                        yield one.value


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_every_query_is_used_and_no_other_is_asked_for(file: Path) -> None:
    assert set(queries(file)) <= set(used(file.parent))


async def test_every_query_is_valid_for_the_role_that_runs_it(database: Database) -> None:
    for file in FILES:
        service = file.relative_to(SERVICES).parts[0]
        shared = "postgres" if file.name == "migrate.sql" else "inventory"
        async with database.connect(shared if service == "_platform" else service) as connection:
            for text in queries(file).values():
                await connection.prepare(text)


def test_a_query_that_stands_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "twice").mkdir()
    (tmp_path / "twice" / "__init__.py").touch()
    (tmp_path / "twice" / "q.sql").write_text("-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="the query a is there twice"):
        sql.load("twice", "q")


def test_columns_of_no_rows_are_there() -> None:
    assert sql.columns([], 2) == [[], []]
    assert sql.columns([(1, "a"), (2, "b")], 2) == [[1, 2], ["a", "b"]]


FILL = """
INSERT INTO product (product_id, sku, display_name, description, category, min_stock_level, max_stock_level, labels,
                     create_time, update_time)
SELECT 'p' || n, 's' || n, 'name ' || n, '', 'c' || n % 100, 0, 0, jsonb_build_object('l', n::text), now(), now()
FROM generate_series(1, 3000) AS n;
INSERT INTO warehouse SELECT 'w' || n, 'name', '', 0, 1, now(), now() FROM generate_series(1, 200) AS n;
INSERT INTO stock_level (product_id, warehouse_id, available, update_time)
SELECT 'p' || n, 'w' || 1 + n % 200, 5, now() FROM generate_series(1, 3000) AS n;
INSERT INTO stock_movement (product_id, source_warehouse, source_account, destination_warehouse, destination_account,
                            quantity, operation, reason, document, note, actor, create_time)
SELECT 'p' || 1 + n % 3000, '', 1, 'w1', 2, 1, 'o', 1, '', '', '', now() FROM generate_series(1, 9000) AS n;
INSERT INTO reservation
SELECT uuidv7(), 'orders/' || n, CASE WHEN n % 50 = 0 THEN 1 ELSE 2 END, now(), now(), now()
FROM generate_series(1, 3000) AS n;
INSERT INTO reservation_line
SELECT reservation_id, 'p' || 1 + row_number() OVER () % 3000, 'w1', 1, 0, state = 1, expire_time FROM reservation;
INSERT INTO transfer SELECT uuidv7(), 'w1', 'w2', 1, '', now(), now() FROM generate_series(1, 3000);
INSERT INTO transfer_line SELECT transfer_id, 'p1', 1, 0, 0, 0 FROM transfer;
INSERT INTO stock_alert (product_id, warehouse_id, severity, state, available, min_stock_level, create_time,
                         update_time)
SELECT 'p' || n, 'w1', 1, 1, 0, 0, now(), now() FROM generate_series(1, 3000) AS n;
INSERT INTO outbox (topic, key, payload) SELECT 't' || n % 10, '', '' FROM generate_series(1, 9000) AS n;
INSERT INTO remembered_reply SELECT 'm', 'c', n::text, '', '' FROM generate_series(1, 9000) AS n;
INSERT INTO outbox_horizon SELECT 't' || n, pg_current_xact_id(), 1 FROM generate_series(1, 3000) AS n;
INSERT INTO lease SELECT 'l' || n, '', 1, now() FROM generate_series(1, 3000) AS n;
"""

HOT = {
    "_platform/queries": ["recall_replies", "read_events", "horizon_of_events", "take_lease", "holds_lease"],
    "inventory/store/book": [
        "products_of_reservations",
        "levels_of_transfers",
        "lock_levels",
        "known_products",
        "known_warehouses",
        "close_levels",
        "lapsed_lines",
        "lock_reservations",
        "lines_of_reservations",
        "lock_transfers",
        "lines_of_transfers",
        "net_since",
        "save_book",
        "better_alert",
    ],
    "inventory/store/catalogue": ["get_product", "lock_product", "get_warehouse"],
    "inventory/store/stock": ["read_levels", "product_exists", "list_movements"],
    "inventory/store/reservations": ["get_reservation", "expired_reservations"],
    "inventory/store/alerts": ["get_alert", "lock_alert"],
    "inventory/store/transfers": ["get_transfer"],
}
"""What runs in every call of its kind."""


async def test_hot_queries_read_no_table_whole(database: Database) -> None:
    """On filled tables. A generic plan is what a prepared statement settles on, whatever its arguments."""
    async with database.connect() as connection:
        await connection.execute(FILL)
        await connection.execute("ANALYZE")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        found = [
            (name, table)
            for file, names in HOT.items()
            for name in names
            for table in await read_whole(connection, queries(SERVICES / f"{file}.sql")[name])
        ]
    assert found == []


async def read_whole(connection: asyncpg.Connection, query: str) -> list[str]:
    """The tables that the plan of a query scans from end to end."""
    arguments = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", query))))
    await connection.execute(f"PREPARE hot AS {query}")
    plan = await connection.fetch(f"EXPLAIN EXECUTE hot ({arguments})")
    await connection.execute("DEALLOCATE hot")
    text = "\n".join(row[0] for row in plan)
    return re.findall(r"Seq Scan on (\w+)", text) or ([] if "Index" in text else ["no index"])
