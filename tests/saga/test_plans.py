"""A service plans its statements when its tables are empty, and keeps the plans while they fill: none reads a table."""

import re

import pytest

from services._platform import sql
from tests.conftest import Database

HOT = ("start_sagas", "find_started", "append_transitions", "executor_of", "get_sagas", "transitions_of", "progress_of")


@pytest.mark.parametrize("name", HOT)
async def test_a_plan_from_empty_tables_looks_up_each_key(database: Database, name: str) -> None:
    query = sql.load("services.saga.store", "sagas")[name]
    nulls = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d+)", query))))
    async with database.connect("saga") as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE hot AS {query}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE hot ({nulls})"))
    assert not re.findall(r"Seq Scan on (saga|transition)\b", plan), plan
