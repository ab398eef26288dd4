"""Writes and reads the audit log."""

import json

from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.domain.audit import Entry
from services.identity.store.rows import read_entry

Q = sql.load(__package__, "audit")


async def write(unit: Unit, entry: Entry) -> None:
    """Adds an entry to the commit that it tells of."""
    origin = entry.origin
    await unit.connection.execute(
        Q["insert_audit_entry"],
        entry.action,
        origin.actor,
        entry.subject,
        origin.address,
        origin.request_id,
        json.dumps(dict(entry.details)),
        unit.now,
    )


class AuditLog:
    """The audit log in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def add(self, entry: Entry) -> None:
        """Writes down what changed nothing, such as a wrong password."""

        async def body(unit: Unit) -> None:
            await write(unit, entry)

        await self._units.commit(body)

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[Entry]:
        """Entries, the newest first, after one in that order."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_audit_entries"],
                before,
                limit,
                *(filter.values(field, "=") for field in ("action", "actor", "subject")),
            )
        return [read_entry(row) for row in rows]
