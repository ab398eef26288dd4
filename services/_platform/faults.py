"""Where a process may die between two effects that last: tests let it die at each such point.

A point is named by what is about to last, or lasts since just now: `before commit of CapturePayment`. A write of a
background loop has no name: it comes with time.
"""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from services._platform.settings import Settings

Fault = Callable[[str], Awaitable[None]]
"""Told of each such point, by its name, before it is passed."""


async def no_fault(_point: str) -> None:
    """Nothing happens."""


def fault(settings: Settings) -> Fault:
    """What happens at the points of a process: nothing, unless it is told where to die."""
    return _Death(settings.die_at) if settings.die_at else no_fault


class _Death:
    """Ends the process as a power cut would, the n-th time that it comes to a point: `2 after commit of …`."""

    def __init__(self, when: str) -> None:
        times, _, self._point = when.partition(" ")
        self._times = int(times)
        self._passed: Counter[str] = Counter()

    async def __call__(self, point: str) -> None:
        self._passed[point] += 1
        if point == self._point and self._passed[point] == self._times:
            os.kill(os.getpid(), signal.SIGKILL)
