"""Migrations are applied once, and leave every service with exactly the rights that it needs."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services._local import stores
from services._platform import migrate
from services._platform.migrate import Migration, MigrationError
from tests.conftest import Backends

PASSWORD = "p'w\"d%"  # noqa: S105  the server quotes it


@pytest.fixture
async def blank(backends: Backends) -> AsyncIterator[str]:
    """The owner's DSN of a database that nothing was applied to."""
    name = f"blank_{secrets.token_hex(6)}"
    await stores.create_database(backends.admin, name)
    yield backends.database(name)
    connection = await asyncpg.connect(backends.admin)
    try:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Migration]]:
    """Services that exist for one test, and their migrations."""
    services: dict[str, list[Migration]] = {}
    monkeypatch.setattr(migrate, "migrations", lambda service: services[service])
    return services


async def query(dsn: str, statement: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def applied(dsn: str, service: str) -> list[object]:
    """The versions that a service's schema is at."""
    return [version for (version,) in await query(dsn, f"SELECT version FROM {service}.migration ORDER BY 1")]  # noqa: S608


def as_role(dsn: str, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@{dsn.rpartition('@')[2]}"


@pytest.fixture
def role(backends: Backends) -> str:
    """A role's name that no other test uses: roles belong to the whole server."""
    return f"r{secrets.token_hex(6)}"


async def test_from_several_places_at_once_and_again_and_again(
    blank: str, role: str, tree: dict[str, list[Migration]]
) -> None:
    tree[role] = [Migration("001", "CREATE TABLE thing (id int); INSERT INTO thing VALUES (1)")]
    await asyncio.gather(*(migrate.migrate(blank, {role: "x"}) for _ in range(4)))
    tree[role].append(Migration("002", "INSERT INTO thing VALUES (2)"))
    for _ in range(2):
        await migrate.migrate(blank, {role: "x"})
    assert await query(as_role(blank, role, "x"), "SELECT id FROM thing ORDER BY id") == [(1,), (2,)]
    assert await applied(blank, role) == ["001", "002"]


async def test_a_password_is_changed_by_migrating_again(
    blank: str, role: str, tree: dict[str, list[Migration]]
) -> None:
    tree[role] = []
    await migrate.migrate(blank, {role: "old"})
    await migrate.migrate(blank, {role: PASSWORD})
    await query(as_role(blank, role, "p%27w%22d%25"), "SELECT 1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(as_role(blank, role, "old"), "SELECT 1")


async def test_an_edited_migration_is_refused_and_nothing_after_it_is_applied(
    blank: str, role: str, tree: dict[str, list[Migration]]
) -> None:
    tree[role] = [Migration("001", "CREATE TABLE thing (id int)")]
    await migrate.migrate(blank, {role: "x"})
    tree[role] = [Migration("001", "CREATE TABLE thing (id bigint)"), Migration("002", "CREATE TABLE other ()")]
    with pytest.raises(MigrationError, match=f"{role}: 001 was edited after it was applied"):
        await migrate.migrate(blank, {role: "x"})
    assert await applied(blank, role) == ["001"]


async def test_a_migration_that_fails_leaves_its_service_as_it_was(
    blank: str, role: str, tree: dict[str, list[Migration]]
) -> None:
    tree[role] = [Migration("001", "CREATE TABLE thing (id int)"), Migration("002", "SELECT 1/0")]
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.migrate(blank, {role: "x"})
    assert (role,) not in await query(blank, "SELECT schemaname FROM pg_tables")


def test_the_runtimes_migrations_come_first() -> None:
    versions = [one.version for one in migrate.migrations("inventory")]
    assert versions[0] == "platform/001_runtime"
    assert versions == sorted(versions, key=lambda one: (not one.startswith("platform/"), one))
    assert "inventory" in migrate.services()
    assert not any(name.startswith("_") for name in migrate.services())


async def test_the_command_reads_the_environment(blank: str, backends: Backends) -> None:
    environment = {
        **os.environ,
        "MESH_POSTGRES_ADMIN_DSN": blank,
        "MESH_ROLE_PASSWORDS": json.dumps(backends.passwords),
    }
    command = [sys.executable, "-m", "services._platform.migrate"]
    await asyncio.to_thread(subprocess.run, command, env=environment, check=True)
    assert await query(
        as_role(blank, "inventory", backends.passwords["inventory"]), "SELECT count(*) FROM product"
    ) == [(0,)]


# ---- Rights ----


FORBIDDEN = {
    "read another schema": "SELECT * FROM neighbour.secret",
    "see a table of another schema": "SELECT * FROM neighbour.secret WHERE false",
    "create a table": "CREATE TABLE mine (id int)",
    "create a temporary table": "CREATE TEMPORARY TABLE mine (id int)",
    "create a table in public": "CREATE TABLE public.mine (id int)",
    "create a schema": "CREATE SCHEMA mine",
    "change the ledger": "UPDATE stock_movement SET quantity = 1",
    "delete from the ledger": "DELETE FROM stock_movement",
    "empty the ledger": "TRUNCATE stock_movement",
    "empty a table": "TRUNCATE product CASCADE",
    "alter a table": "ALTER TABLE product ADD COLUMN mine int",
    "drop a table": "DROP TABLE product",
    "read the migrations": "SELECT * FROM migration",
    "forge a migration": "INSERT INTO migration VALUES ('x', 'x')",
    "read passwords": "SELECT * FROM pg_authid",
    "create a role": "CREATE ROLE mine",
    "become the owner": "SET ROLE postgres",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "create an extension": "CREATE EXTENSION vector",
    "create a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
}


@pytest.fixture
async def migrated(blank: str, backends: Backends) -> str:
    """The owner's DSN of a database migrated in place: what is granted on a database is not copied with it."""
    await migrate.migrate(blank, backends.passwords)
    return blank


async def test_a_services_role_may_do_its_work_and_nothing_else(migrated: str, backends: Backends) -> None:
    await execute(migrated, "CREATE SCHEMA neighbour; CREATE TABLE neighbour.secret (id int)")
    mine = as_role(migrated, "inventory", backends.passwords["inventory"])
    allowed = [what for what, statement in FORBIDDEN.items() if await may(mine, statement)]
    assert allowed == []
    for table in ("product", "stock_level", "outbox", "remembered_reply", "lease"):
        await execute(mine, f"SELECT * FROM {table}; DELETE FROM {table}")  # noqa: S608
    await execute(mine, "SELECT * FROM stock_movement")


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def may(dsn: str, statement: str) -> bool:
    try:
        await execute(dsn, statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    return True


_RIGHTS_OF_PUBLIC = """
SELECT 'database', datname, privilege_type FROM pg_database, aclexplode(datacl)
WHERE datname = current_database() AND grantee = 0
UNION ALL
SELECT 'schema', nspname, privilege_type FROM pg_namespace, aclexplode(nspacl)
WHERE grantee = 0 AND nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'table', relname, privilege_type FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl)
WHERE grantee = 0 AND nspname NOT IN ('pg_catalog', 'information_schema')
"""


async def test_public_has_no_rights(migrated: str) -> None:
    assert await query(migrated, _RIGHTS_OF_PUBLIC) == []


async def test_a_role_that_is_no_service_cannot_even_connect(migrated: str, role: str) -> None:
    await execute(migrated, f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    try:
        assert not await may(as_role(migrated, role, "x"), "SELECT 1")
    finally:
        await execute(migrated, f"DROP ROLE {role}")
