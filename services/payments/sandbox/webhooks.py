"""Delivers webhooks, at least once each, in their order unless a token asks otherwise."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import httpx

from services._platform.clock import Clock
from services._platform.log import logger
from services._platform.webhook_signature import signed
from services.payments.sandbox.books import Books, Webhook

Deliver = Callable[[Mapping[str, str], bytes], Awaitable[bool]]
"""Hands headers and body over; true when they were taken."""

_LONGEST_PAUSE = 60.0
_FIRST_PAUSE = 0.2
_POLL = 0.5
_FIRST_SECONDS = 5.0

_log = logger(__name__)


class Sender:
    """The loop that delivers."""

    def __init__(self, books: Books, deliver: Deliver, secret: bytes, clock: Clock) -> None:
        self._books = books
        self._deliver = deliver
        self._secret = secret
        self._clock = clock
        self._rung = asyncio.Event()
        self._passed = asyncio.Condition()

    def ring(self) -> None:
        """Says that there is something to deliver."""
        self._rung.set()

    async def sent(self, key: str) -> None:
        """Returns when the webhook of an operation was delivered, or could not be for a while."""
        async with self._passed:
            with suppress(TimeoutError):
                waiting = self._passed.wait_for(lambda: not self._books.is_waiting(key))
                await asyncio.wait_for(waiting, _FIRST_SECONDS)

    async def run(self) -> None:
        """Delivers until it is cancelled."""
        while True:
            self._rung.clear()
            while (webhook := self._books.next_webhook(time.time())) is not None:
                await self._try(webhook)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), _POLL)

    async def _try(self, webhook: Webhook) -> None:
        headers = signed(self._secret, webhook.id, webhook.body, self._clock())
        if await self._deliver(headers, webhook.body):
            self._books.delivered(webhook)
        else:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**webhook.tries)
            _log.warning("a webhook was not taken", webhook=webhook.id, tries=webhook.tries + 1)
            self._books.postpone(webhook, time.time() + pause)
        async with self._passed:
            self._passed.notify_all()


def over_http(client: httpx.AsyncClient, url: str) -> Deliver:
    """Posts webhooks to a URL."""

    async def deliver(headers: Mapping[str, str], body: bytes) -> bool:
        try:
            answer = await client.post(url, content=body, headers={**headers, "content-type": "application/json"})
        except httpx.HTTPError:
            return False
        return answer.is_success

    return deliver
