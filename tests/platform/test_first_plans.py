"""A service plans its statements when its tables are empty, and keeps the plans while they fill."""

import pytest

from services._platform import sql
from tests.conftest import Database

LOOKUPS = {
    ("services._platform", "queries", "recall_replies"): "(method = asked.method) AND (caller = asked.caller) AND (key",
    ("services.inventory.store", "book", "lapsed_lines"): "(product_id = locked.product_id) AND (expire_time <= $2)",
}


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: lookup[-1])
async def test_a_plan_from_an_empty_table_looks_up_each_key(database: Database, lookup: tuple[str, str, str]) -> None:
    package, file, name = lookup
    query = sql.load(package, file)[name]
    nulls = ", ".join(["NULL"] * len({number for number in "123" if f"${number}" in query}))
    async with database.connect() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE lookup AS {query}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE lookup ({nulls})"))
    assert f"Index Cond: ({LOOKUPS[lookup]}" in plan, plan
