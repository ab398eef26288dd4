"""Load from within this process: loops that call a coroutine again and again. For libraries, which have no address."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from tests.bench.measure import Tally

Call = Callable[[int], Awaitable[bool]]
"""One call, numbered; whether it was a success."""


class Loop(asyncio.BaseTransport):
    """One loop, in the place of a connection."""

    def __init__(self, call: Call, first: int, step: int, tally: Tally) -> None:
        super().__init__()
        self._task = asyncio.create_task(self._run(call, first, step, tally))

    def close(self) -> None:
        """Ends it, wherever it is."""
        self._task.cancel()

    async def _run(self, call: Call, first: int, step: int, tally: Tally) -> None:
        number = first
        while tally.sending:
            tally.in_flight += 1
            sent = perf_counter()
            try:
                failure = None if await call(number) else "refused"
            except Exception as error:  # whatever it is, it is a failure of what is measured
                failure = repr(error)
            tally.answered(sent, failure)
            number += step


async def connect(call: Call, loops: int, tally: Tally) -> Sequence[asyncio.BaseTransport]:
    """Starts so many loops."""
    return [Loop(call, number, loops, tally) for number in range(loops)]
