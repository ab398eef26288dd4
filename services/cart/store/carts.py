"""Reads and writes carts. One call changes one cart, under its lock; a merge changes two."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from mesh.cart.v1 import cart_pb2, cart_service_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.errors import Refusal
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import carts as convert
from services.cart.convert import events
from services.cart.domain.carts import Cart, CartState
from services.cart.domain.merging import MergePolicy, merged
from services.cart.domain.quoting import price_of
from services.cart.domain.refusals import CartNotFound
from services.cart.store.hot_carts import HotCarts
from services.cart.store.offers import read_prices
from services.cart.store.rows import cart_columns, read_cart
from services.cart.store.stock_holds import StockHolds

Q = sql.load(__package__, "carts")
_STATES = cart_pb2.CartState.DESCRIPTOR

May: TypeAlias = Callable[[str, str], bool]
"""Whether the caller may use a cart of this id and owner; to one who may not, it does not exist."""
Change: TypeAlias = Callable[[Cart, datetime], Cart]


class Carts:
    """Carts in Postgres, and what was last seen of them in Redis."""

    def __init__(self, pool: Pool, units: UnitOfWork, hot: HotCarts, holds: StockHolds, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._hot = hot
        self._holds = holds
        self._clock = clock

    async def message(self, id: str, may: May) -> cart_pb2.Cart:
        """A cart as a message, from Redis when it is there. Refuses one that the caller may not see."""
        found = await self._hot.get(id)
        if found is None:
            cart = await self.get(id, may)
            await self._hot.put(cart)
            return convert.cart(cart, self._clock())
        if not may(id, found.owner):
            raise CartNotFound(id)
        return found

    async def get(self, id: str, may: May) -> Cart:
        """A cart as it is in Postgres. Refuses one that the caller may not see."""
        async with reading(self._pool) as connection:
            return usable(await connection.fetch(Q["get_cart"], id), id, may)

    async def page(self, owner: str, filter: Filter, before: str | None, limit: int) -> list[Cart]:
        """The carts of an owner, newest first, before an id."""
        states = [filter.numbers("state", op, _STATES) for op in ("=", "!=")]
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_carts"], owner, before, limit, self._clock(), *states)
        return [read_cart(row) for row in rows]

    async def create(self, cart: Cart, once: Once[Cart, Reply]) -> Reply:
        """Adds a cart."""

        async def work(unit: Unit) -> Cart:
            fixed = (cart.owner, cart.currency, cart.rounding.value, cart.stock_hold.value, cart.create_time)
            await unit.connection.execute(Q["insert_cart"], cart.id, *fixed, *cart_columns(cart))
            unit.events.append(events.cart_changed(cart, unit.now))
            unit.afterwards.append(partial(self._hot.put, cart))
            return cart

        return await self._units.run(once, work)

    async def change(
        self,
        id: str,
        may: May,
        change: Change,
        once: Once[Cart, Reply],
        *,
        reserves: bool,
        etag: str = "",
        product: str = "",
    ) -> Reply:
        """Replaces a cart by what a pure function makes of it, under lock. `reserves`: whether the caller may.

        Refuses an etag that is not the cart's, a `product` that has no price in its currency, and what should be held
        and is not there.
        """

        async def work(unit: Unit) -> Cart:
            before = await locked(unit, id, may)
            before.require_etag(etag)
            after = change(before, unit.now)
            if product:
                price_of(product, before.currency, await read_prices(unit.connection, [product]), unit.now)
            after = await self._holds.of(before, after, allowed=reserves)
            return await saved(unit, before, after, self._hot)

        return await self._units.run(once, work)

    async def merge(
        self,
        own: str,
        guest: str,
        may: May,
        policy: MergePolicy,
        once: Once[cart_service_pb2.MergeCartResponse, cart_service_pb2.MergeCartResponse],
        *,
        reserves: bool,
    ) -> cart_service_pb2.MergeCartResponse:
        """Takes a guest's cart into the caller's. The answer is kept with the guest's cart, for whoever asks again.

        A cart that holds stock on adding holds what is there; what is not refuses no merge.
        """

        async def work(unit: Unit) -> cart_service_pb2.MergeCartResponse:
            rows = await unit.connection.fetch(Q["lock_carts"], [own, guest])
            mine = usable([row for row in rows if str(row["cart_id"]) == own], own, may)
            theirs = usable([row for row in rows if str(row["cart_id"]) == guest], guest, may)
            answer = await unit.connection.fetchval(Q["merge_of"], guest, own)
            if answer is not None:
                return cart_service_pb2.MergeCartResponse.FromString(answer)
            after, fates = merged(mine, theirs, policy, unit.now)
            with suppress(Refusal):
                after = await self._holds.of(mine, after, allowed=reserves)
            took = await saved(unit, mine, after, self._hot)
            gave = theirs.moved(CartState.MERGED, unit.now, into=own)
            await saved(unit, theirs, gave, self._hot)
            response = cart_service_pb2.MergeCartResponse(
                cart=convert.cart(took, unit.now), lines=convert.merged(fates)
            )
            await unit.connection.execute(Q["keep_merge"], guest, response.SerializeToString())
            return response

        return await self._units.run(once, work)


async def locked(unit: Unit, id: str, may: May) -> Cart:
    """A cart that nobody else changes until the commit. Refuses one that the caller may not use."""
    return usable(await unit.connection.fetch(Q["lock_carts"], [id]), id, may)


def usable(rows: Sequence[Any], id: str, may: May) -> Cart:
    """The cart that was found. Refuses when none was, or the caller may not use it."""
    if not rows or not may(id, rows[0]["owner"]):
        raise CartNotFound(id)
    return read_cart(rows[0])


async def saved(unit: Unit, before: Cart, after: Cart, hot: HotCarts, *, announce: bool = True) -> Cart:
    """Writes what became of a locked cart, if anything did, announces it, and shows it to readers once it is true."""
    if after is before:
        return before
    written = after.next_version()
    await unit.connection.execute(Q["update_cart"], written.id, *cart_columns(written))
    if announce:
        unit.events.append(events.cart_changed(written, unit.now))
    unit.afterwards.append(partial(hot.put, written))
    return written
