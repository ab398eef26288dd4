"""Background loops: one lifecycle for all of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from services._platform.errors import Refusal, Unavailable
from services._platform.lease import Lease
from services._platform.log import logger
from services._platform.telemetry import observed_step

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Loop:
    """Does `step` every `every` seconds, and at once again while it returns True: there is more to do.

    With a lease, only the replica that holds it does the step.
    """

    name: str
    step: Callable[[], Awaitable[bool]]
    every: float
    lease: Lease | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Runs until `stopping` is set; the step that runs then is finished."""
        while not stopping.is_set():
            more = False
            try:
                with observed_step(self.name):
                    if self.lease is None or await self.lease.take() is not None:
                        more = await self.step()
            except Unavailable:
                _log.warning("a store is away; the loop tries again", loop=self.name)
            except Exception:
                _log.exception("a loop's step failed; it tries again", loop=self.name)
            if not more:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), self.every)
        if self.lease is not None:
            with suppress(Refusal):
                await self.lease.give_up()


@asynccontextmanager
async def running(loops: Sequence[Loop]) -> AsyncIterator[None]:
    """Runs loops while the block lasts, and waits for their last steps after it."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(loop.run(stopping), name=loop.name) for loop in loops]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)
