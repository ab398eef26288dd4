"""Jobs' composition root: settings > stores > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services._platform.clock import Clock, system_clock
from services._platform.lease import Lease
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.jobs import servicer, store
from services.jobs.worker import dispatching

NAME = "jobs"
TERM = timedelta(seconds=5)
"""How long the dispatcher's lease lasts: what a crash of it costs at most."""


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Jobs, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    async with open_stores(NAME, settings, clock) as stores:
        lease = Lease(stores.pool, "dispatcher", stores.holder, TERM)
        segments = store.Segments(stores.pool, lease, clock)
        journal = store.Journal(stores.pool, lease)
        dispatcher = store.Dispatcher(journal, segments, lease, stores.doorbell, clock, settings.listen)
        reads = store.Reads(stores.pool, clock)
        watching = servicer.Watching(dispatcher, reads)
        versions = store.Versions(stores.units, stores.doorbell, clock)
        yield Service(
            servicers=[
                servicer.Jobs(store.Jobs(stores.units, stores.doorbell), versions, reads, watching, pager),
                servicer.Work(dispatcher),
            ],
            dependencies=stores.dependencies,
            loops=[stores.housekeeping, dispatching(dispatcher)],
        )


if __name__ == "__main__":
    run(NAME, compose)
