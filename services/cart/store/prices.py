"""Reads and writes prices."""

from collections.abc import Callable
from typing import Any

import asyncpg

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import events
from services.cart.domain.offer_refusals import PriceExists, PriceNotFound
from services.cart.domain.prices import Price
from services.cart.store.rows import read_price

Q = sql.load(__package__, "prices")


class Prices:
    """Prices in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def get(self, id: str) -> Price:
        """A price. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return _found(await connection.fetchrow(Q["get_price"], id), id)

    async def page(self, filter: Filter, after: str, limit: int) -> list[Price]:
        """Prices in the order of their ids, after an id."""
        wanted = [ids for op in ("=", "!=") for ids in (filter.ids("product", op),)]
        currencies = [filter.values("currency", op) for op in ("=", "!=")]
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_prices"], after, limit, *wanted, *currencies)
        return [read_price(row) for row in rows]

    async def create(self, price: Price, once: Once[Price, Reply]) -> Reply:
        """Adds a price. Refuses an id that is taken."""

        async def work(unit: Unit) -> Price:
            values = (price.currency, price.amount, price.start_time, price.end_time, list(price.tags))
            try:
                row = await unit.connection.fetchrow(Q["insert_price"], price.id, price.product, *values, unit.now)
            except asyncpg.UniqueViolationError as error:
                raise PriceExists(price.id) from error
            return _announced(unit, read_price(row))

        return await self._units.run(once, work)

    async def change(self, id: str, change: Callable[[Price], Price], once: Once[Price, Reply]) -> Reply:
        """Replaces a price by what a pure function makes of it, under lock."""

        async def work(unit: Unit) -> Price:
            after = change(_found(await unit.connection.fetchrow(Q["lock_price"], id), id))
            values = (after.currency, after.amount, after.start_time, after.end_time, list(after.tags))
            return _announced(
                unit, read_price(await unit.connection.fetchrow(Q["update_price"], id, *values, unit.now))
            )

        return await self._units.run(once, work)


def _announced(unit: Unit, price: Price) -> Price:
    unit.events.append(events.price_changed(price))
    return price


def _found(row: Any, id: str) -> Price:
    if row is None:
        raise PriceNotFound(id)
    return read_price(row)
