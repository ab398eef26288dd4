"""What jobs does by itself."""

from services._platform.loops import Loop
from services.jobs.store.dispatcher import Dispatcher


def dispatching(dispatcher: Dispatcher) -> Loop:
    """Hands out jobs, in the one replica that holds the lease."""
    return Loop("dispatch", dispatcher.step, every=0.3)
