"""Reads transfers. They are changed as stock is, by commands."""

from collections.abc import Sequence
from typing import Any

from mesh.inventory.v1 import transfer_pb2
from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Connection, Pool, reading
from services.inventory.domain.refusals import TransferNotFound
from services.inventory.domain.transfers import Transfer
from services.inventory.store.rows import read_transfers

Q = sql.load(__package__, "transfers")
_STATES = transfer_pb2.TransferState.DESCRIPTOR
_OPS = ("=", "!=")


class Transfers:
    """Transfers in Postgres."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, id: str) -> Transfer:
        """A transfer. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            found = await _with_lines(connection, await connection.fetch(Q["get_transfer"], id))
        if not found:
            raise TransferNotFound(id)
        return found[0]

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[Transfer]:
        """Transfers, newest first, before an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_transfers"],
                before,
                limit,
                *(filter.numbers("state", op, _STATES) for op in _OPS),
                *(filter.ids(field, op) for field in ("source_warehouse", "destination_warehouse") for op in _OPS),
            )
            return await _with_lines(connection, rows)


async def _with_lines(connection: Connection, rows: Sequence[Any]) -> list[Transfer]:
    ids = [row["transfer_id"] for row in rows]
    return read_transfers(rows, await connection.fetch(Q["lines_of_transfers"], ids))
