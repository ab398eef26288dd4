"""Reads and registers definitions."""

from collections.abc import Mapping, Sequence
from typing import Any

from mesh.saga.v1 import event_pb2, saga_definition_pb2
from services._platform import sql
from services._platform.call import Once
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.saga.convert import definitions, names
from services.saga.convert.definitions import Registered
from services.saga.domain.refusals import DefinitionNotFound

Q = sql.load(__package__, "definitions")


class Definitions:
    """Definitions in Postgres. A version, once there, never changes."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def get(self, id: str, version: int = 0) -> Registered:
        """A version of a definition, the newest by default. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            found = await _get(connection, id, version)
        if found is None:
            raise DefinitionNotFound(id, version)
        return found

    async def page(self, after: str, limit: int) -> list[Registered]:
        """The newest versions in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            return [_registered(row) for row in await connection.fetch(Q["list_definitions"], after, limit)]

    async def input_types(self, ids: Sequence[str]) -> Mapping[str, str]:
        """What the newest versions of these definitions take, of those that exist."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["input_types"], ids)
        return {row["definition_id"]: row["input_type"] for row in rows}

    async def register(
        self,
        id: str,
        message: saga_definition_pb2.SagaDefinition,
        registrar: str,
        once: Once[Registered, saga_definition_pb2.SagaDefinition],
    ) -> saga_definition_pb2.SagaDefinition:
        """Keeps a definition as the next version, unless it is what the newest says."""
        body, digest = definitions.content(message)

        async def work(unit: Unit) -> Registered:
            await unit.connection.execute(Q["lock_definition"], id)
            row = await unit.connection.fetchrow(Q["newest_definition"], id)
            if row is not None and row["digest"] == digest:
                return _registered(row)
            kept = Registered(id, row["version"] + 1 if row else 1, body, registrar, unit.now)
            values = (kept.version, message.input_type, digest, body, registrar, unit.now)
            await unit.connection.execute(Q["insert_definition"], id, *values)
            shown = definitions.definition(kept)
            unit.emit(names.DEFINITION.name(id), event_pb2.SagaRegistered(saga_definition=shown))
            return kept

        return await self._units.run(once, work)


async def _get(connection: Connection, id: str, version: int) -> Registered | None:
    if version:
        row = await connection.fetchrow(Q["get_definition"], id, version)
    else:
        row = await connection.fetchrow(Q["newest_definition"], id)
    return None if row is None else _registered(row)


def _registered(row: Any) -> Registered:
    return Registered(row["definition_id"], row["version"], row["body"], row["registrar"], row["create_time"])
