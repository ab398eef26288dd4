"""What sagas do by themselves, besides being carried out."""

from datetime import timedelta

from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.loops import Loop
from services.saga.execution.executor import Executor
from services.saga.store.journal import Journal
from services.saga.store.survey import Survey

KEEP = timedelta(days=30)
"""How long a saga that has ended can be looked at, and holds its key."""
_FORGET_TOGETHER = 1_000


def loops(executor: Executor, survey: Survey) -> list[Loop]:
    """Every replica runs them all: each keeps its own lease, and takes over what it can."""

    async def surveyed() -> bool:
        await survey.measure()
        return False

    return [
        Loop("take-over-sagas", executor.take_over, every=1),
        Loop("expire-sagas", executor.expire, every=1),
        Loop("survey-sagas", surveyed, every=5),
    ]


def sweeper(journal: Journal, clock: Clock, lease: Lease) -> Loop:
    """Deletes the sagas that ended long ago."""

    async def step() -> bool:
        return await journal.forget(clock() - KEEP, _FORGET_TOGETHER) == _FORGET_TOGETHER

    return Loop("forget-sagas", step, every=60, lease=lease)
