"""Inventory's composition root: settings > stores > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mesh.inventory.v1.event_pb2 import StockChanged
from services._platform.changes import Changes
from services._platform.clock import Clock, system_clock
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services._platform.tokens import PositionTokens
from services.inventory import servicer, store
from services.inventory.worker import sweeper

NAME = "inventory"


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Inventory, ready to be served."""
    key = settings.signing_key.get_secret_value()
    pager = Pager(key)
    async with open_stores(NAME, settings, clock) as stores:
        stock = store.Stock(stores.pool, stores.units, clock)
        reservations = store.Reservations(stores.pool, stores.units, clock)
        changes = Changes(StockChanged, stores.pool, stores.doorbell, PositionTokens(key))
        yield Service(
            servicers=[
                servicer.Products(store.Catalogue(stores.pool, stores.units), pager),
                servicer.Warehouses(store.Catalogue(stores.pool, stores.units), pager),
                servicer.StockLevels(stock, changes, pager),
                servicer.Reservations(stock, reservations, pager, clock),
                servicer.Transfers(stock, store.Transfers(stores.pool), pager),
                servicer.StockAlerts(store.Alerts(stores.pool, stores.units, clock), pager, clock),
            ],
            dependencies=stores.dependencies,
            loops=[stores.housekeeping, sweeper(reservations, stores.lease("sweep-reservations"))],
        )


if __name__ == "__main__":
    run(NAME, compose)
