"""Patience with Redis: gives up on one that does not answer, but not for time that this process itself was away.

On a machine with too much to do, a process is stopped for tens of milliseconds at a time. An answer may have come
meanwhile that nobody has read yet; who gives up then lets through by shares what the counters would have refused.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TIMEOUT = 0.15
"""Seconds. Whoever waits for a verdict is kept waiting for no longer than that, Redis being away or slow."""

_LATE = 0.01
_MORE = 0.05
_TIMES = 10


@asynccontextmanager
async def patience() -> AsyncIterator[None]:
    """Raises `TimeoutError` when the block takes longer than `TIMEOUT`, not counting what this process was late by."""
    loop = asyncio.get_running_loop()
    alarm: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def ring(due: float, left: int) -> None:
            nonlocal alarm
            if left and loop.time() - due > _LATE:
                alarm = loop.call_later(_MORE, ring, loop.time() + _MORE, left - 1)
            else:
                limit.reschedule(loop.time())

        alarm = loop.call_later(TIMEOUT, ring, loop.time() + TIMEOUT, _TIMES)
        try:
            yield
        finally:
            alarm.cancel()
