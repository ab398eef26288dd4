"""Reads and writes products and warehouses."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import asyncpg

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.errors import Refusal
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.inventory.convert import events
from services.inventory.domain.catalogue import Product, Warehouse
from services.inventory.domain.commands import SetProductMinimum
from services.inventory.domain.refusals import (
    ProductExists,
    ProductNotFound,
    SkuTaken,
    WarehouseExists,
    WarehouseNotFound,
)
from services.inventory.store.book import carry_out
from services.inventory.store.rows import read_product, read_warehouse

Q = sql.load(__package__, "catalogue")
Found = TypeVar("Found")


class Catalogue:
    """Products and warehouses in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def product(self, id: str) -> Product:
        """A product. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return _found(await connection.fetchrow(Q["get_product"], id), read_product, ProductNotFound(id))

    async def products(self, filter: Filter, after: str, limit: int) -> list[Product]:
        """Products in the order of their ids, after an id."""
        wanted = dict(filter.pairs("labels.", "="))
        unwanted = filter.pairs("labels.", "!=")
        async with reading(self._pool) as connection:
            rows = await connection.fetch(
                Q["list_products"],
                after,
                limit,
                *(filter.values(field, op) for field in ("category", "sku", "display_name") for op in ("=", "!=")),
                json.dumps(wanted),
                *sql.columns(unwanted, 2),
                " ".join(f'"{term}"' if " " in term else term for term in filter.terms),
            )
        return [read_product(row) for row in rows]

    async def create_product(self, product: Product, once: Once[Product, Reply]) -> Reply:
        """Adds a product. Refuses an id or a SKU that is taken."""

        async def work(unit: Unit) -> Product:
            try:
                row = await unit.connection.fetchrow(Q["insert_product"], product.id, *_columns(product), unit.now)
            except asyncpg.UniqueViolationError as error:
                raise _taken(error, product) from error
            created = read_product(row)
            unit.events.append(events.product_changed(created))
            return created

        return await self._units.run(once, work)

    async def change_product(
        self,
        id: str,
        change: Callable[[Product], Product],
        once: Once[Product, Reply],
    ) -> Reply:
        """Replaces a product by what a pure function makes of it, under lock; alerts follow a new threshold."""

        async def work(unit: Unit) -> Product:
            row = await unit.connection.fetchrow(Q["lock_product"], id)
            before = _found(row, read_product, ProductNotFound(id))
            after = change(before)
            try:
                row = await unit.connection.fetchrow(Q["update_product"], id, *_columns(after), unit.now)
            except asyncpg.UniqueViolationError as error:
                raise _taken(error, after) from error
            if after.min_stock_level != before.min_stock_level:
                await carry_out(unit, [SetProductMinimum(id, after.min_stock_level)])
            changed = read_product(row)
            unit.events.append(events.product_changed(changed))
            return changed

        return await self._units.run(once, work)

    async def warehouse(self, id: str) -> Warehouse:
        """A warehouse. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return _found(await connection.fetchrow(Q["get_warehouse"], id), read_warehouse, WarehouseNotFound(id))

    async def warehouses(self, after: str, limit: int) -> list[Warehouse]:
        """Warehouses in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            return [read_warehouse(row) for row in await connection.fetch(Q["list_warehouses"], after, limit)]

    async def create_warehouse(self, warehouse: Warehouse, once: Once[Warehouse, Reply]) -> Reply:
        """Adds a warehouse. Refuses an id that is taken."""

        async def work(unit: Unit) -> Warehouse:
            values = (warehouse.display_name, warehouse.location, warehouse.allocation_rank)
            try:
                row = await unit.connection.fetchrow(Q["insert_warehouse"], warehouse.id, *values, unit.now)
            except asyncpg.UniqueViolationError as error:
                raise WarehouseExists(warehouse.id) from error
            created = read_warehouse(row)
            unit.events.append(events.warehouse_changed(created))
            return created

        return await self._units.run(once, work)

    async def change_warehouse(
        self,
        id: str,
        change: Callable[[Warehouse], Warehouse],
        once: Once[Warehouse, Reply],
    ) -> Reply:
        """Replaces a warehouse by what a pure function makes of it, under lock."""

        async def work(unit: Unit) -> Warehouse:
            row = await unit.connection.fetchrow(Q["lock_warehouse"], id)
            after = change(_found(row, read_warehouse, WarehouseNotFound(id)))
            values = (after.display_name, after.location, after.allocation_rank)
            row = await unit.connection.fetchrow(Q["update_warehouse"], id, *values, unit.now)
            changed = read_warehouse(row)
            unit.events.append(events.warehouse_changed(changed))
            return changed

        return await self._units.run(once, work)


def _columns(product: Product) -> tuple[Any, ...]:
    return (
        product.sku,
        product.display_name,
        product.description,
        product.category,
        product.min_stock_level,
        product.max_stock_level,
        json.dumps(dict(product.labels)),
    )


def _found(row: Any, read: Callable[[Any], Found], missing: Refusal) -> Found:
    if row is None:
        raise missing
    return read(row)


def _taken(error: asyncpg.UniqueViolationError, product: Product) -> ProductExists | SkuTaken:
    return SkuTaken(product.sku) if error.constraint_name == "product_sku_unique" else ProductExists(product.id)
