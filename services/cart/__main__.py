"""Cart's composition root: settings > stores > security > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services._platform.authentication import authenticator
from services._platform.clock import Clock, system_clock
from services._platform.neighbours import open_neighbours
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.cart import servicer, store, worker
from services.cart.convert.matching import Matching
from services.cart.security.visitors import CartTokens, Visitors

NAME = "cart"


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Cart, ready to be served."""
    key = settings.signing_key.get_secret_value()
    pager, tokens, matching = Pager(key), CartTokens(key), Matching()
    async with open_stores(NAME, settings, clock) as stores, open_neighbours(NAME, settings, clock) as neighbours:
        pool, units = stores.pool, stores.units
        hot = store.HotCarts(stores.redis, clock)
        promotions, holds, leaving = store.Promotions(pool, units), store.Holds(pool, units), store.Leaving(units, hot)
        carts, sagas = store.Carts(pool, units, hot, store.StockHolds(neighbours), clock), store.Sagas(neighbours)
        yield Service(
            servicers=[
                servicer.Carts(
                    store=carts,
                    quoting=store.Quoting(pool, units, hot, matching, clock),
                    promotions=promotions,
                    stock=store.Stock(neighbours),
                    visitors=Visitors(tokens, authenticator(settings)),
                    tokens=tokens,
                    pager=pager,
                    clock=clock,
                ),
                servicer.Prices(store.Prices(pool, units), pager),
                servicer.Promotions(promotions, matching, pager),
                servicer.Coupons(promotions, pager),
                servicer.CouponHolds(holds, clock),
                servicer.Checkouts(carts, store.Checkouts(units, hot), sagas, clock),
            ],
            dependencies=stores.dependencies,
            loops=[
                stores.housekeeping,
                worker.registration(sagas),
                worker.abandonment(leaving, stores.lease("announce-abandoned-carts")),
                worker.expiry(leaving, stores.lease("expire-carts")),
                worker.lapse(holds, stores.lease("lapse-coupon-holds")),
            ],
        )


if __name__ == "__main__":
    run(NAME, compose)
