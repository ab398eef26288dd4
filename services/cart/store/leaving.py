"""Carts that nobody comes back to: announced after a while, closed after a longer one."""

from dataclasses import replace

from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import events
from services.cart.domain.carts import Cart, CartState
from services.cart.store.carts import Q, saved
from services.cart.store.hot_carts import HotCarts
from services.cart.store.rows import read_cart


class Leaving:
    """Finds carts that were left."""

    def __init__(self, units: UnitOfWork, hot: HotCarts) -> None:
        self._units = units
        self._hot = hot

    async def announce(self, limit: int) -> int:
        """Announces carts that were left alone, each once, at most `limit` in one commit; returns how many."""

        async def body(unit: Unit) -> list[Cart]:
            left = [read_cart(row) for row in await unit.connection.fetch(Q["carts_to_abandon"], unit.now, limit)]
            for cart in left:
                await saved(unit, cart, replace(cart, abandon_time=None), self._hot, announce=False)
                unit.events.append(events.cart_abandoned(cart, unit.now))
            return left

        return len(await self._units.commit(body))

    async def expire(self, limit: int) -> int:
        """Closes carts whose time is up, at most `limit` in one commit; returns how many."""

        async def body(unit: Unit) -> list[Cart]:
            over = [read_cart(row) for row in await unit.connection.fetch(Q["carts_to_expire"], unit.now, limit)]
            closed = [replace(cart, state=CartState.EXPIRED, abandon_time=None) for cart in over]
            return [await saved(unit, cart, after, self._hot) for cart, after in zip(over, closed, strict=True)]

        return len(await self._units.commit(body))
