"""Changes stock, through one combiner, and reads levels and the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from google.protobuf.message import Message

from services._platform import sql
from services._platform.call import Once, Reply, Value
from services._platform.clock import Clock
from services._platform.combiner import Combiner
from services._platform.errors import Refusal
from services._platform.filters import Filter
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.inventory.convert import events
from services.inventory.domain.commands import Command
from services.inventory.domain.ledger import Account
from services.inventory.domain.levels import Key, Level
from services.inventory.domain.records import Drift, LedgerLine
from services.inventory.domain.refusals import ProductNotFound
from services.inventory.store import book
from services.inventory.store.rows import read_ledger_line, read_level

Q = sql.load(__package__, "stock")
Outcome = TypeVar("Outcome")

_Change: TypeAlias = tuple[Command[Any], Once[Any, Any]]

_PAUSE = 0.006
"""Seconds that changes gather after a batch: less than a commit takes, and half of the commits under load."""

_ORDERED = ("available", "on_hand", "reserved")
_PROJECTED = (Account.AVAILABLE, Account.RESERVED, Account.IN_TRANSIT, Account.DAMAGED)


class Stock:
    """Stock in Postgres. All changes go through one combiner, so that a hot product is as fast as many cold ones."""

    def __init__(self, pool: Pool, units: UnitOfWork, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._clock = clock
        self._combiner: Combiner[_Change, Any] = Combiner("stock", self._flush, pause=_PAUSE)

    async def change(self, command: Command[Value], once: Once[Value, Reply]) -> Reply:
        """Carries a command out, in one commit with whatever other commands wait. Raises the command's refusal."""
        reply: Reply = await self._combiner.submit((command, once))
        return reply

    async def _flush(self, items: Sequence[_Change]) -> Sequence[Message | Refusal]:
        async def work(unit: Unit, fresh: Sequence[int]) -> Sequence[Any]:
            return await book.carry_out(unit, [items[place][0] for place in fresh])

        return await self._units.run_many([once for _, once in items], work)

    async def levels(self, product: str, at: datetime | None) -> tuple[list[Level], datetime]:
        """A product's levels by warehouse, now or as they were, and the instant that they hold for."""
        instant = at or self._clock()
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["levels_at" if at else "read_levels"], product, instant)
            if not rows and not await connection.fetchval(Q["product_exists"], product):
                raise ProductNotFound(product)
        return [read_level(row) for row in rows], instant

    async def all_levels(self, product: str, filter: Filter, after: tuple[str, ...], limit: int) -> list[Level]:
        """Levels by product and warehouse, after a key; of one product, or of all when it is empty."""
        figures: list[Any] = []
        for field in _ORDERED:
            figures += [*filter.bounds(field), filter.integers(field, "!=")]
        warehouses = [
            [value.removeprefix("warehouses/") for value in filter.values("warehouse", op)] for op in ("=", "!=")
        ]
        start = after or ("", "")
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_levels"], self._clock(), *start, limit, product, *warehouses, *figures
            )
        return [read_level(row) for row in rows]

    async def movements(self, product: str, before: str | None, limit: int) -> list[LedgerLine]:
        """The ledger of a product, newest first, before an id."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_movements"], product, before, limit)
            if not rows and not await connection.fetchval(Q["product_exists"], product):
                raise ProductNotFound(product)
        return [read_ledger_line(row) for row in rows]

    async def verify(self, product: str) -> tuple[list[Drift], int]:
        """What differs from the ledger, and how many levels were compared; of all products when it is empty."""
        async with reading(self._pool) as connection:
            return await _drifts(connection, product), await connection.fetchval(Q["count_levels"], product)

    async def repair(self, product: str, once: Once[Sequence[Drift], Reply]) -> Reply:
        """Sets what differs to what the ledger comes to; the value is what was repaired."""

        async def work(unit: Unit) -> Sequence[Drift]:
            suspects = sorted({drift.product for drift in await _drifts(unit.connection, product)})
            await unit.connection.fetch(book.Q["lock_levels"], suspects)
            drifts = [one for suspect in suspects for one in await _drifts(unit.connection, suspect)]
            keys = sorted({(drift.product, drift.warehouse) for drift in drifts})
            await unit.connection.fetch(book.Q["open_levels"], *sql.columns(keys, 2), unit.now)
            rows = [(*key, *_targets(key, drifts)) for key in keys]
            await unit.connection.execute(Q["repair_levels"], *sql.columns(rows, 6), unit.now)
            for row in await unit.connection.fetch(book.Q["lock_levels"], suspects):
                level = read_level(row)
                if level.key in keys:
                    unit.events += [events.stock_repaired(level), events.stock_changed(level)]
            return drifts

        return await self._units.run(once, work)


async def _drifts(connection: Connection, product: str) -> list[Drift]:
    return [
        Drift(
            row["product_id"],
            row["warehouse_id"],
            Account(row["account"]),
            row["level_quantity"],
            row["ledger_quantity"],
        )
        for row in await connection.fetch(Q["drifts"], product)
    ]


def _targets(key: Key, drifts: Sequence[Drift]) -> list[int | None]:
    """The ledger's quantity for each projected account of a level, None where the level is right."""
    found = {drift.account: drift.ledger_quantity for drift in drifts if (drift.product, drift.warehouse) == key}
    return [found.get(account) for account in _PROJECTED]
