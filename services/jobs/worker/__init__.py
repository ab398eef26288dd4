"""What jobs does by itself."""

from services._platform.clock import Clock
from services._platform.lease import Lease
from services._platform.loops import Loop
from services._platform.postgres import Pool
from services.jobs.store import Dispatcher, Schedules, forget
from services.jobs.worker.runner import running_here

__all__ = ["dispatching", "firing", "forgetting", "running_here"]

_TOGETHER = 50


def dispatching(dispatcher: Dispatcher) -> Loop:
    """Hands out jobs, in the one replica that holds the dispatcher's lease."""
    return Loop("dispatch", dispatcher.step, every=0.3)


def firing(schedules: Schedules, lease: Lease) -> Loop:
    """Sees to the schedules that are due. The lease only saves work: a fire is one whoever sees to it."""

    async def step() -> bool:
        return await schedules.fire(_TOGETHER) == _TOGETHER

    return Loop("fire-schedules", step, every=0.25, lease=lease)


def forgetting(pool: Pool, clock: Clock, lease: Lease) -> Loop:
    """Deletes what nobody will ask for again."""

    async def step() -> bool:
        await forget(pool, clock)
        return False

    return Loop("forget", step, every=3600, lease=lease)
