"""Reads the money ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services._platform import sql
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services.payments.domain.reports import Booked, Difference
from services.payments.store.rows import read_booked, read_contradicted

Q = sql.load(__package__, "ledger")


class Ledger:
    """The ledger in Postgres. It is written where operations are settled."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[Any]:
        """Entries, newest first, before an id."""
        async with reading(self._pool) as connection:
            return list(await connection.fetch(Q["list_entries"], before, limit, filter.ids("payment", "=")))

    async def trial_balance(self) -> list[Any]:
        """The balance of every account, by currency."""
        async with reading(self._pool) as connection:
            return list(await connection.fetch(Q["trial_balance"]))

    async def booked(self, start: datetime, end: datetime, keys: Sequence[str]) -> dict[str, Booked]:
        """Captures and refunds that were settled from `start` to before `end`, and those of `keys` whenever."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["booked"], start, end, keys)
        return {booked.key: booked for booked in map(read_booked, rows)}

    async def contradicted(self, start: datetime, end: datetime) -> list[Difference]:
        """Operations of which the provider told another outcome from `start` to before `end`."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["contradicted"], start, end)
        return [read_contradicted(row) for row in rows]
