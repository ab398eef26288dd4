"""A consumer of events: gets those of a subscription over a stream, and runs a function for each.

async def bill(event: Event) -> None: ...
async with connect(target) as channel:
    await Subscriber(channel, "subscriptions/billing", bill, headers=token.headers).run()
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from clients.channel import Headers
from mesh.events.v1.delivery_service_pb2 import Delivery, Rejection, SubscribeRequest
from mesh.events.v1.delivery_service_pb2_grpc import DeliveryServiceStub
from mesh.events.v1.log_pb2 import Event

Handler = Callable[[Event], Awaitable[None]]

_MOST_TOGETHER = 1000
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0
_GONE = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT)


class Poison(Exception):
    """Raised by a handler: another attempt at the event is pointless, it is a dead letter at once."""


class Subscriber:
    """Runs `handler` for every event, at most `at_once` at a time; those of one key one after another.

    An event whose handler returns is settled; one whose handler raises comes again. Delivery is at least once:
    a handler that writes to Postgres notes the event in its service's inbox, in the commit of what it writes.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        subscription: str,
        handler: Handler,
        *,
        at_once: int = 100,
        headers: Headers | None = None,
    ) -> None:
        self._stub: Any = DeliveryServiceStub(channel)
        self._subscription = subscription
        self._handler = handler
        self._at_once = at_once
        self._headers = headers
        self._working: set[asyncio.Task[None]] = set()
        self._done: list[int] = []
        self._failed: list[Rejection] = []
        self._stirred = asyncio.Event()

    async def run(self) -> None:
        """Consumes until cancelled; comes back by itself when the stream breaks.

        Raises `grpc.aio.AioRpcError` when there is no use in coming back: no such subscription, or not permitted.
        """
        wait = _FIRST_WAIT
        while True:
            try:
                await self._session()
                wait = _FIRST_WAIT
            except grpc.aio.AioRpcError as error:
                if error.code() in _GONE:
                    raise
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def _session(self) -> None:
        headers = await self._headers() if self._headers else {}
        stream = self._stub.Subscribe(metadata=tuple(headers.items()))
        self._done.clear()
        self._failed.clear()
        speaking = asyncio.create_task(self._speak(stream))
        try:
            async for told in stream:
                for delivery in told.deliveries:
                    work = asyncio.create_task(self._handle(delivery))
                    self._working.add(work)
                    work.add_done_callback(self._working.discard)
        finally:
            stream.cancel()
            speaking.cancel()
            # Whoever gets these events next must not meet a handler that is still at work on them.
            for work in self._working:
                work.cancel()
            await asyncio.gather(speaking, *self._working, return_exceptions=True)

    async def _speak(self, stream: Any) -> None:
        await stream.write(SubscribeRequest(subscription=self._subscription, credits=self._at_once))
        while True:
            await self._stirred.wait()
            done, self._done = self._done[:_MOST_TOGETHER], self._done[_MOST_TOGETHER:]
            failed, self._failed = self._failed[:_MOST_TOGETHER], self._failed[_MOST_TOGETHER:]
            if not (self._done or self._failed):
                self._stirred.clear()
            credits = len(done) + len(failed)  # noqa: A001  the field's own word
            if credits:
                await stream.write(SubscribeRequest(credits=credits, acknowledged=done, rejected=failed))

    async def _handle(self, delivery: Delivery) -> None:
        try:
            await self._handler(delivery.event)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:1000]
            self._failed.append(Rejection(ticket=delivery.ticket, error=said, permanent=isinstance(error, Poison)))
        else:
            self._done.append(delivery.ticket)
        self._stirred.set()
