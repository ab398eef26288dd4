"""What jobs does by itself."""

from services._platform.lease import Lease
from services._platform.loops import Loop
from services.jobs.store import Dispatcher, Schedules
from services.jobs.worker.runner import running_here

__all__ = ["dispatching", "firing", "running_here"]

_TOGETHER = 50


def dispatching(dispatcher: Dispatcher) -> Loop:
    """Hands out jobs, in the one replica that holds the dispatcher's lease."""
    return Loop("dispatch", dispatcher.step, every=0.3)


def firing(schedules: Schedules, lease: Lease) -> Loop:
    """Sees to the schedules that are due. The lease only saves work: a fire is one whoever sees to it."""

    async def step() -> bool:
        return await schedules.fire(_TOGETHER) == _TOGETHER

    return Loop("fire-schedules", step, every=0.25, lease=lease)
