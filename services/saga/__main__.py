"""The composition root of sagas: settings > stores > executor > servicer > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services._platform.clock import Clock, system_clock
from services._platform.faults import Fault
from services._platform.lease import Lease
from services._platform.neighbours import open_neighbours
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings
from services._platform.stores import open_stores
from services.saga.execution.calls import Calls
from services.saga.execution.executor import LEASE, Executor
from services.saga.execution.plans import Plans
from services.saga.plan import contract
from services.saga.plan.contract import Contract
from services.saga.servicer import Servicer
from services.saga.servicer.views import Views
from services.saga.store.definitions import Definitions
from services.saga.store.journal import Journal
from services.saga.store.sagas import Sagas
from services.saga.store.survey import Survey
from services.saga.worker import loops, sweeper

NAME = "saga"


@asynccontextmanager
async def compose(
    settings: Settings, clock: Clock = system_clock, known: Contract | None = None, fault: Fault | None = None
) -> AsyncIterator[Service]:
    """Sagas, ready to be served. `known` is the contract that definitions may name, `fault` where tests let it die."""
    known = known or contract.read()
    async with (
        open_stores(NAME, settings, clock) as stores,
        open_neighbours(NAME, settings, clock, conducted=False) as neighbours,
    ):
        definitions = Definitions(stores.pool, stores.units)
        journal = Journal(stores.pool, stores.doorbell)
        executor = Executor(
            journal=journal,
            sagas=Sagas(stores.pool),
            plans=Plans(definitions, known),
            lease=Lease(stores.pool, f"executor/{stores.holder}", stores.holder, LEASE),
            doorbell=stores.doorbell,
            clock=clock,
            calls=Calls(neighbours),
            fault=fault or stores.fault,
        )
        pager = Pager(settings.signing_key.get_secret_value())
        try:
            yield Service(
                servicers=[Servicer(executor, definitions, Views(known), pager, stores.doorbell)],
                dependencies=stores.dependencies,
                loops=[
                    stores.housekeeping,
                    sweeper(journal, clock, stores.lease("forget-sagas")),
                    *loops(executor, Survey(stores.pool, clock)),
                ],
            )
        finally:
            await executor.close()


if __name__ == "__main__":
    run(NAME, compose)
