"""Prices carts: reads what bears on them, has conditions asked, and keeps the quote with the cart."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import uuid_utils

from mesh.cart.v1.cart_service_pb2 import QuoteCartResponse
from services._platform.call import Once
from services._platform.clock import Clock
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.cart.convert import carts as convert
from services.cart.convert import quotes
from services.cart.convert.matching import Matching
from services.cart.domain.carts import Cart
from services.cart.domain.eligibility import Verdict
from services.cart.domain.pricing import Priced
from services.cart.domain.quotes import changes
from services.cart.domain.quoting import Basket, basket, discounted, quote
from services.cart.store.carts import May, Q, locked, saved, usable
from services.cart.store.hot_carts import HotCarts
from services.cart.store.offers import read_offers


class Quoting:
    """What carts cost, and why."""

    def __init__(self, pool: Pool, units: UnitOfWork, hot: HotCarts, matching: Matching, clock: Clock) -> None:
        self._pool = pool
        self._units = units
        self._hot = hot
        self._matching = matching
        self._clock = clock

    async def quote(
        self,
        id: str,
        may: May,
        available: Mapping[str, int],
        once: Once[QuoteCartResponse, QuoteCartResponse],
    ) -> QuoteCartResponse:
        """Prices a cart under its lock, and says what is different from the last quote of what is in it now."""

        async def work(unit: Unit) -> QuoteCartResponse:
            before = await locked(unit, id, may)
            before.require_open(unit.now)
            found, result = await self._priced(unit.connection, before, unit.now)
            made = quote(str(uuid_utils.uuid7()), found, result, available)
            after = await saved(unit, before, before.with_quote(made, unit.now), self._hot, announce=False)
            differs = changes(before.quote, made) if before.quote and before.quoted else ()
            return QuoteCartResponse(
                cart=convert.cart(after, unit.now), changes=quotes.changes(differs, before.currency)
            )

        return await self._units.run(once, work)

    async def explain(self, id: str, may: May) -> tuple[Cart, Sequence[Verdict]]:
        """A cart, and the verdict on every promotion."""
        async with reading(self._pool) as connection:
            cart = usable(await connection.fetch(Q["get_cart"], id), id, may)
            _, result = await self._priced(connection, cart, self._clock())
        return cart, result.verdicts

    async def _priced(self, connection: Connection, cart: Cart, now: datetime) -> tuple[Basket, Priced]:
        offers = await read_offers(connection, cart)
        found = basket(cart, offers, now)
        return found, discounted(found, offers, self._matching.matches(offers.promotions, found))
