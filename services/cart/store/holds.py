"""Reads and writes holds of redemptions. A call locks what it counts, so that limits hold whoever races."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import events
from services.cart.domain import holds
from services.cart.domain.holds import Hold, HoldState, Limits
from services.cart.domain.offer_refusals import CouponHoldNotFound
from services.cart.store.rows import read_coupon, read_hold, read_promotion

Q = sql.load(__package__, "holds")
_LAPSED_TOGETHER = 100

Decide: TypeAlias = Callable[[Hold | None, Limits], Hold]


class Holds:
    """Holds in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork) -> None:
        self._pool = pool
        self._units = units

    async def get(self, id: str) -> Hold:
        """A hold. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["get_hold"], id)
        if row is None:
            raise CouponHoldNotFound(id)
        return read_hold(row)

    async def hold(self, wanted: Hold, once: Once[Hold, Reply]) -> Reply:
        """Holds redemptions, all or none, once."""

        async def work(unit: Unit) -> Hold:
            return await _decided(unit, wanted, lambda known, limits: holds.held(known, wanted, limits, unit.now))

        return await self._units.run(once, work)

    async def release(self, never: Hold, once: Once[Hold, Reply]) -> Reply:
        """Gives redemptions back, or sees to it that they will never be held."""

        async def work(unit: Unit) -> Hold:
            return await _decided(unit, never, lambda known, _: holds.released(known, never))

        return await self._units.run(once, work)

    async def redeem(self, unknown: Hold, once: Once[Hold, Reply]) -> Reply:
        """Makes the redemptions that are held. Refuses a hold that does not exist."""

        async def work(unit: Unit) -> Hold:
            redeem = partial(holds.redeemed, unknown.id, now=unit.now)
            return await _decided(unit, unknown, redeem)

        return await self._units.run(once, work)

    async def lapse(self, limit: int) -> int:
        """Gives back what ran out, at most `limit` in one commit; returns how many."""

        async def body(unit: Unit) -> int:
            return await _lapse(unit, None, limit)

        return await self._units.commit(body)


async def _decided(unit: Unit, about: Hold, decide: Decide) -> Hold:
    """Opens the books that a hold is about, decides, and writes what came of it."""
    connection = unit.connection
    await connection.execute(Q["one_at_a_time"], about.id)
    row = await connection.fetchrow(Q["get_hold"], about.id)
    limits = await _limits(unit, read_hold(row) if row else about)
    row = await connection.fetchrow(Q["lock_hold"], about.id)  # it may be among those that just ran out
    known = read_hold(row) if row else None
    after = decide(known, limits)
    if after is known:
        return after
    columns = ([one.promotion for one in after.redemptions], [one.coupon for one in after.redemptions])
    times = (after.expire_time, after.create_time, after.update_time)
    await connection.execute(Q["save_hold"], after.id, after.customer, *columns, after.state.value, *times)
    await _count(unit, after, holds.counts(after) - holds.counts(known))
    unit.events.append(events.hold_changed(after))
    return after


async def _limits(unit: Unit, about: Hold) -> Limits:
    """The promotions and coupons of a hold, locked, without what ran out."""
    customer, redemptions = about.customer, about.redemptions
    ids = sorted({one.promotion for one in redemptions})
    if not ids:
        return Limits({}, {})
    codes = sorted({one.coupon for one in redemptions if one.coupon})
    connection = unit.connection
    await connection.fetch(Q["lock_promotions"], ids)
    await connection.fetch(Q["lock_coupons"], codes)
    while await _lapse(unit, ids, _LAPSED_TOGETHER) == _LAPSED_TOGETHER:
        pass
    used = await connection.fetch(Q["uses_of_customer_by_promotion"], customer, ids) if customer else []
    return Limits(
        {row["promotion_id"]: read_promotion(row) for row in await connection.fetch(Q["lock_promotions"], ids)},
        {row["code"]: read_coupon(row) for row in await connection.fetch(Q["lock_coupons"], codes)},
        {row["promotion_id"]: row["used"] for row in used},
    )


async def _lapse(unit: Unit, promotions: Sequence[str] | None, limit: int) -> int:
    rows = await unit.connection.fetch(Q["lapsed_holds"], unit.now, promotions, limit)
    for lapsed in map(read_hold, rows):
        after = replace(lapsed, state=HoldState.EXPIRED, update_time=unit.now)
        await unit.connection.execute(Q["expire_hold"], after.id, after.update_time)
        await _count(unit, after, -1)
        unit.events.append(events.hold_changed(after))
    return len(rows)


async def _count(unit: Unit, hold: Hold, change: int) -> None:
    if not change or not hold.redemptions:
        return
    promotions = Counter(one.promotion for one in hold.redemptions)
    coupons = Counter(one.coupon for one in hold.redemptions if one.coupon)
    connection = unit.connection
    await connection.execute(Q["count_promotions"], *_counted(promotions, change))
    if coupons:
        await connection.execute(Q["count_coupons"], *_counted(coupons, change))
    if hold.customer:
        await connection.execute(Q["know_customer"], list(promotions), hold.customer)
        await connection.execute(Q["count_customer"], *_counted(promotions, change), hold.customer)


def _counted(counts: Counter[str], change: int) -> tuple[list[str], list[int]]:
    return list(counts), [change * count for count in counts.values()]
