"""Finds the webhooks that nobody posts for, and posts for them."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, Webhook
from services._platform.errors import Refusal
from services._platform.loops import Loop
from services._platform.tasks import end
from services.events.delivery.owners import Owners
from services.events.delivery.posting import Posting
from services.events.delivery.pusher import Pusher
from services.events.store.groups import Groups, Stored

_PAGE = 250


class Pushing:
    """The pushers of this replica, by webhook."""

    def __init__(self, hooks: Groups[Webhook], owners: Owners, posting: Posting) -> None:
        self._hooks = hooks
        self._owners = owners
        self._posting = posting
        self._running: dict[str, asyncio.Task[None]] = {}

    @property
    def loop(self) -> Loop:
        """The loop that finds them."""
        return Loop("push-webhooks", self._step, every=0.5)

    async def stop(self) -> None:
        """Stops all pushers."""
        await end(*self._running.values())

    async def _step(self) -> bool:
        after = ""
        while page := await self._hooks.page(after, _PAGE):
            # In no order, so that replicas that look at once do not all begin with the same.
            for hook in random.sample(page, len(page)):
                if hook.definition.state != WEBHOOK_STATE_DISABLED:
                    with suppress(Refusal):
                        await self._push(hook)
            after = page[-1].name
        return False

    async def _push(self, hook: Stored[Webhook]) -> None:
        running = self._running.get(hook.name)
        if running is not None and not running.done():
            return
        owner = await self._owners.here(hook.name)
        if owner is not None:
            self._running[hook.name] = asyncio.create_task(Pusher(hook, owner, self._posting).run())


@asynccontextmanager
async def open_pushing(hooks: Groups[Webhook], owners: Owners, posting: Posting) -> AsyncIterator[Pushing]:
    """Pushing, until the block ends."""
    pushing = Pushing(hooks, owners, posting)
    try:
        yield pushing
    finally:
        await pushing.stop()
