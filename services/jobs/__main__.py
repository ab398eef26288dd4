"""Jobs' composition root: settings > stores > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from services._platform.clock import Clock, system_clock
from services._platform.lease import Lease
from services._platform.neighbours import open_neighbours
from services._platform.paging import Pager
from services._platform.replicas import open_replicas
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.jobs import servicer, store
from services.jobs.worker import dispatching, firing, forgetting, running_here

NAME = "jobs"
TERM = timedelta(seconds=5)
"""How long the dispatcher's lease lasts: what a crash of it costs at most."""


@asynccontextmanager
async def compose(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Jobs, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    async with open_stores(NAME, settings, clock) as stores:
        pool, units, bell = stores.pool, stores.units, stores.doorbell
        lease = Lease(pool, "dispatcher", stores.holder, TERM)
        journal, reader, segments = store.Journal(pool, lease), store.Reader(pool), store.Segments(pool, lease, clock)
        dispatcher = store.Dispatcher(journal, reader, segments, lease, bell, clock, settings.listen)
        reads, schedules = store.Reads(pool, clock), store.Schedules(pool, units, bell)
        versions = store.Versions(units, bell, clock)
        async with (
            dispatcher.held(),
            open_replicas() as replicas,
            open_neighbours(NAME, settings, clock) as neighbours,
            running_here(dispatcher, neighbours, stores.holder),
        ):
            watching = servicer.Watching(dispatcher, replicas, reads)
            yield Service(
                servicers=[
                    servicer.Jobs(store.Jobs(units, bell), versions, reads, watching, pager),
                    servicer.Queues(store.Queues(pool, units, bell), watching, pager, clock),
                    servicer.Schedules(schedules, units, pager),
                    servicer.Workflows(store.Workflows(pool, units, reads, bell)),
                    servicer.Work(dispatcher, replicas),
                ],
                dependencies=stores.dependencies,
                loops=[
                    stores.housekeeping,
                    forgetting(pool, clock, stores.lease("forget")),
                    dispatching(dispatcher),
                    firing(schedules, stores.lease("schedules")),
                ],
            )


if __name__ == "__main__":
    run(NAME, compose)
