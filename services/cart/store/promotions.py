"""Reads and writes promotions and coupons."""

from collections.abc import Callable
from typing import Any

import asyncpg

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import events
from services.cart.domain.offer_refusals import CouponExists, CouponNotFound, PromotionExists, PromotionNotFound
from services.cart.domain.promotions import Coupon, Promotion
from services.cart.store.rows import promotion_content, read_coupon, read_promotion

Q = sql.load(__package__, "promotions")


class Promotions:
    """Promotions and coupons in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def promotion(self, id: str) -> Promotion:
        """A promotion. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return _promotion(await connection.fetchrow(Q["get_promotion"], id), id)

    async def promotions(self, filter: Filter, after: str, limit: int) -> list[Promotion]:
        """Promotions in the order of their ids, after an id."""
        groups = [filter.values("group", op) for op in ("=", "!=")]
        async with reading(self._pool) as connection:
            return [read_promotion(row) for row in await connection.fetch(Q["list_promotions"], after, limit, *groups)]

    async def create_promotion(self, promotion: Promotion, once: Once[Promotion, Reply]) -> Reply:
        """Adds a promotion. Refuses an id that is taken."""

        async def work(unit: Unit) -> Promotion:
            try:
                row = await unit.connection.fetchrow(
                    Q["insert_promotion"], promotion.id, *_columns(promotion), unit.now
                )
            except asyncpg.UniqueViolationError as error:
                raise PromotionExists(promotion.id) from error
            created = read_promotion(row)
            unit.events.append(events.promotion_changed(created))
            return created

        return await self._units.run(once, work)

    async def change_promotion(
        self, id: str, change: Callable[[Promotion], Promotion], once: Once[Promotion, Reply]
    ) -> Reply:
        """Replaces a promotion by what a pure function makes of it, under lock."""

        async def work(unit: Unit) -> Promotion:
            after = change(_promotion(await unit.connection.fetchrow(Q["lock_promotion"], id), id))
            row = await unit.connection.fetchrow(Q["update_promotion"], id, *_columns(after), unit.now)
            changed = read_promotion(row)
            unit.events.append(events.promotion_changed(changed))
            return changed

        return await self._units.run(once, work)

    async def coupon(self, code: str) -> Coupon:
        """A coupon. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return _coupon(await connection.fetchrow(Q["get_coupon"], code), code)

    async def coupons(self, filter: Filter, after: str, limit: int) -> list[Coupon]:
        """Coupons in the order of their codes, after a code."""
        promotions = [filter.ids("promotion", op) for op in ("=", "!=")]
        async with reading(self._pool) as connection:
            return [read_coupon(row) for row in await connection.fetch(Q["list_coupons"], after, limit, *promotions)]

    async def create_coupon(self, coupon: Coupon, once: Once[Coupon, Reply]) -> Reply:
        """Adds a coupon. Refuses a code that is taken, and a promotion that does not exist."""

        async def work(unit: Unit) -> Coupon:
            values = (coupon.promotion, coupon.limit, coupon.expire_time)
            try:
                row = await unit.connection.fetchrow(Q["insert_coupon"], coupon.code, *values, unit.now)
            except asyncpg.UniqueViolationError as error:
                raise CouponExists(coupon.code) from error
            except asyncpg.ForeignKeyViolationError as error:
                raise PromotionNotFound(coupon.promotion) from error
            created = read_coupon(row)
            unit.events.append(events.coupon_changed(created))
            return created

        return await self._units.run(once, work)

    async def change_coupon(self, code: str, change: Callable[[Coupon], Coupon], once: Once[Coupon, Reply]) -> Reply:
        """Replaces a coupon by what a pure function makes of it, under lock."""

        async def work(unit: Unit) -> Coupon:
            after = change(_coupon(await unit.connection.fetchrow(Q["lock_coupon"], code), code))
            row = await unit.connection.fetchrow(Q["update_coupon"], code, after.limit, after.expire_time, unit.now)
            changed = read_coupon(row)
            unit.events.append(events.coupon_changed(changed))
            return changed

        return await self._units.run(once, work)


def _columns(promotion: Promotion) -> tuple[Any, ...]:
    return promotion.group, promotion.limit, promotion_content(promotion)


def _promotion(row: Any, id: str) -> Promotion:
    if row is None:
        raise PromotionNotFound(id)
    return read_promotion(row)


def _coupon(row: Any, code: str) -> Coupon:
    if row is None:
        raise CouponNotFound(code)
    return read_coupon(row)
