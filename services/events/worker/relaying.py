"""Carries what services announce into the log, as soon as their doorbells ring."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from services._platform.doorbell import Doorbell, open_doorbell
from services._platform.errors import Refusal, Unavailable
from services._platform.log import logger
from services._platform.tasks import end
from services.events.store import Outboxes

_TOGETHER = 1000
_LOOK_EVERY = 1.0
_FIND_EVERY = 30.0
"""Seconds between looks for services that were not there before."""
_HELD = 0.005
"""Seconds until the next look for what waits for an older transaction to end; doubles up to `_LOOK_EVERY`."""
_log = logger(__name__)


class Relay:
    """Relays one service. Every replica does; whoever is first at an outbox moves its events, the others pass."""

    def __init__(self, source: str, outboxes: Outboxes, bell: Doorbell, log_bell: Doorbell) -> None:
        self._source = source
        self._outboxes = outboxes
        self._bell = bell
        self._log_bell = log_bell

    async def run(self) -> None:
        """Runs until cancelled."""
        wait = _HELD
        while True:
            rings = self._bell.rings
            moved, held = await self._step()
            if moved:
                self._log_bell.ring()
            if moved == _TOGETHER:
                continue
            if held:
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LOOK_EVERY)
            else:
                wait = _HELD
                await self._bell.wait(rings, _LOOK_EVERY)

    async def _step(self) -> tuple[int, bool]:
        try:
            return await self._outboxes.relay(self._source, _TOGETHER)
        except Unavailable:
            _log.warning("a store is away; the relay tries again", source=self._source)
        except Refusal as refusal:
            _log.warning("the relay tries again", source=self._source, why=refusal.message)
        except Exception:
            _log.exception("a relay failed by a defect; it tries again", source=self._source)
        return 0, False


@asynccontextmanager
async def open_relays(outboxes: Outboxes, redis: Redis, log_bell: Doorbell) -> AsyncIterator[None]:
    """Relays every service that has an outbox, also one that comes later, until the block ends."""
    async with AsyncExitStack() as stack:
        relays: dict[str, asyncio.Task[None]] = {}

        async def find() -> None:
            while True:
                try:
                    sources = await outboxes.sources()
                except Refusal:
                    sources = []
                for source in sources:
                    if source not in relays:
                        bell = await stack.enter_async_context(open_doorbell(redis, f"mesh:{source}:outbox"))
                        relays[source] = asyncio.create_task(Relay(source, outboxes, bell, log_bell).run())
                await asyncio.sleep(_FIND_EVERY if relays else _LOOK_EVERY)

        finding = asyncio.create_task(find())
        try:
            yield
        finally:
            await end(finding, *relays.values())
