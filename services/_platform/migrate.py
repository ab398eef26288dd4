"""Migrations: each service has a schema and a least-privilege role of its own; migrations are applied once, in order.

`python -m services._platform.migrate` brings a database up to date. It reads MESH_POSTGRES_ADMIN_DSN, an owner's DSN,
and MESH_ROLE_PASSWORDS, a JSON object of service name to the password that its role gets.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from services._platform import sql

_LOCK = 0x6D657368  # "mesh"
_QUERIES = sql.load(__package__, "migrate")


class MigrationError(Exception):
    """A migration that was applied is not what it was any more."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL. `version` is `platform/001` or `001`: the runtime's migrations come first."""

    version: str
    text: str

    @property
    def checksum(self) -> str:
        """Tells whether an applied file was edited."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(service: str) -> list[Migration]:
    """The migrations of a service in the order in which they are applied."""
    ours = files("services") / service.replace("-", "_") / "migrations"
    return [*_read(files("services._platform") / "migrations", "platform/"), *_read(ours, "")]


def services() -> list[str]:
    """The services that keep something in Postgres."""
    folders = (entry for entry in files("services").iterdir() if not entry.name.startswith("_"))
    return sorted(entry.name for entry in folders if (entry / "migrations").is_dir())


async def migrate(dsn: str, passwords: Mapping[str, str]) -> None:
    """Brings roles, schemas and tables of these services up to date. Safe to run from several places at once."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_QUERIES["take_lock"], _LOCK)
        await _run(connection, _QUERIES["close_database"])
        for service, password in passwords.items():
            await _role(connection, service, password)
            async with connection.transaction():
                await _apply(connection, service)
        await _run(connection, _QUERIES["grant_across"])
    finally:
        await connection.close()


async def _role(connection: asyncpg.Connection, service: str, password: str) -> None:
    if not await connection.fetchval(_QUERIES["role_exists"], service):
        await _run(connection, _QUERIES["create_role"], service)
    await _run(connection, _QUERIES["set_password"], service, password)
    await _run(connection, _QUERIES["open_schema"], service)


async def _apply(connection: asyncpg.Connection, service: str) -> None:
    await _run(connection, _QUERIES["enter_schema"], service)
    await connection.execute(_QUERIES["create_history"])
    applied = {row["version"]: row["checksum"] for row in await connection.fetch(_QUERIES["read_history"])}
    for migration in migrations(service):
        checksum = applied.get(migration.version)
        if checksum is None:
            await connection.execute(migration.text)
            await connection.execute(_QUERIES["add_history"], migration.version, migration.checksum)
        elif checksum != migration.checksum:
            raise MigrationError(f"{service}: {migration.version} was edited after it was applied")
    await _run(connection, _QUERIES["grant"], service)


async def _run(connection: asyncpg.Connection, statement_maker: str, *arguments: str) -> None:
    """Statements that define things take no parameters: the server itself quotes the names into them."""
    for row in await connection.fetch(statement_maker, *arguments):
        await connection.execute(row[0])


def _read(folder: Traversable, prefix: str) -> Iterator[Migration]:
    entries: Iterable[Traversable] = sorted(folder.iterdir(), key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.endswith(".sql"):
            yield Migration(prefix + entry.name.removesuffix(".sql"), entry.read_text())


def main() -> None:
    """Migrates the database that the environment names."""
    passwords = json.loads(os.environ["MESH_ROLE_PASSWORDS"])
    asyncio.run(migrate(os.environ["MESH_POSTGRES_ADMIN_DSN"], {name: passwords[name] for name in services()}))


if __name__ == "__main__":
    main()
