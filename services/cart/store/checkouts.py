"""Binds carts to checkouts, and lets go of them. Every call may be repeated, late, or out of order."""

from mesh.cart.v1 import checkout_service_pb2 as checkouts
from services._platform import sql
from services._platform.call import Once
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import carts, events
from services.cart.convert import checkouts as convert
from services.cart.domain import checkouts as domain
from services.cart.domain.carts import CartState
from services.cart.store.carts import locked, saved
from services.cart.store.hot_carts import HotCarts

Q = sql.load(__package__, "checkouts")


class Checkouts:
    """What a checkout does to its cart."""

    def __init__(self, units: UnitOfWork, hot: HotCarts) -> None:
        self._units = units
        self._hot = hot

    async def begin(
        self,
        cart: str,
        checkout: str,
        quote_id: str,
        customer: str,
        once: Once[checkouts.BeginCheckoutResponse, checkouts.BeginCheckoutResponse],
    ) -> checkouts.BeginCheckoutResponse:
        """Binds a cart to a checkout, and says what is bought."""

        async def work(unit: Unit) -> checkouts.BeginCheckoutResponse:
            before = await locked(unit, cart, _any)
            given_up = await unit.connection.fetchval(Q["is_abandoned"], checkout)
            after = domain.begun(before, checkout, quote_id, customer, given_up, unit.now)
            await saved(unit, before, after, self._hot)
            return convert.begun(after, checkout)

        return await self._units.run(once, work)

    async def abandon(
        self,
        cart: str,
        checkout: str,
        once: Once[checkouts.AbandonCheckoutResponse, checkouts.AbandonCheckoutResponse],
    ) -> checkouts.AbandonCheckoutResponse:
        """Opens a cart again, and sees to it that the checkout never begins."""

        async def work(unit: Unit) -> checkouts.AbandonCheckoutResponse:
            before = await locked(unit, cart, _any)
            after = await saved(unit, before, domain.abandoned(before, checkout, unit.now), self._hot)
            await unit.connection.execute(Q["abandon_checkout"], checkout, cart, unit.now)
            return checkouts.AbandonCheckoutResponse(cart=carts.cart(after, unit.now))

        return await self._units.run(once, work)

    async def complete(
        self,
        cart: str,
        checkout: str,
        order: str,
        once: Once[checkouts.CompleteCheckoutResponse, checkouts.CompleteCheckoutResponse],
    ) -> checkouts.CompleteCheckoutResponse:
        """Closes a cart that became an order, and announces it, once."""

        async def work(unit: Unit) -> checkouts.CompleteCheckoutResponse:
            before = await locked(unit, cart, _any)
            after = await saved(unit, before, domain.completed(before, checkout, unit.now), self._hot)
            if before.state is not CartState.ORDERED:
                unit.events.append(events.checkout_completed(after, order, unit.now))
            return checkouts.CompleteCheckoutResponse(cart=carts.cart(after, unit.now))

        return await self._units.run(once, work)


def _any(_id: str, _owner: str) -> bool:
    """A checkout is a service's: it may use every cart."""
    return True
