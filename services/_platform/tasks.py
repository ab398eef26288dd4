"""Ends tasks for sure."""

import asyncio

_AGAIN = 1.0


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancels tasks, and returns when they have ended, whatever they end with.

    A library may swallow a cancellation (`asyncio.wait_for` does before Python 3.12, when what it waits for comes at
    that moment), so it is said again every second.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_AGAIN)
