"""Posts what a webhook's group delivers, for as long as this replica owns the group."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from mesh.events.v1.webhook_pb2 import Webhook
from services._platform.combiner import Combiner
from services._platform.errors import Refusal
from services.events.delivery.owner import Owner
from services.events.delivery.posting import Posting
from services.events.delivery.session import Said
from services.events.domain.items import Delivery, Rejected
from services.events.domain.webhooks import Attempt
from services.events.store.groups import Stored

_AT_ONCE = 16


class Pusher:
    """Posts of one webhook, some at a time."""

    def __init__(self, hook: Stored[Webhook], owner: Owner, posting: Posting) -> None:
        self._hook = hook
        self._session = owner.open("webhook")
        self._posting = posting
        self._noting: Combiner[Attempt, None] = Combiner("webhook-attempts", self._note)
        self._posts: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Posts until the group has another owner, or is paused or deleted."""
        self._session.say(Said(credits=_AT_ONCE))
        try:
            async for told in self._session.told():
                for delivery in told.deliveries:
                    post = asyncio.create_task(self._post(delivery))
                    self._posts.add(post)
                    post.add_done_callback(self._posts.discard)
        except Refusal:
            return
        finally:
            self._session.leave()
            for post in self._posts:
                post.cancel()
            await asyncio.gather(*self._posts, return_exceptions=True)

    async def _post(self, delivery: Delivery) -> None:
        # When a store is away or the owner gone, the event comes again: at once, or when its deadline has passed.
        with suppress(Refusal):
            attempt = await self._posting.post(self._hook, delivery.item.event, delivery.attempt)
            await self._noting.submit(attempt)
            if attempt.delivered:
                self._session.say(Said(credits=1, acknowledged=[delivery.ticket]))
            else:
                self._session.say(Said(credits=1, rejected=[Rejected(delivery.ticket, error=attempt.error)]))

    async def _note(self, attempts: Sequence[Attempt]) -> Sequence[None]:
        await self._posting.note(self._hook, attempts)
        return [None] * len(attempts)
