"""Orders' composition root: settings > stores > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services._platform.clock import Clock, system_clock
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.orders import servicer, store

NAME = "orders"


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Orders, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    async with open_stores(NAME, settings, clock) as stores:
        yield Service(
            servicers=[servicer.Orders(store.Orders(stores.units), store.Reads(stores.pool), pager, clock)],
            dependencies=stores.dependencies,
            loops=[stores.housekeeping],
        )


if __name__ == "__main__":
    run(NAME, compose)
