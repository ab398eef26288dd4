"""What every call passes through before its servicer, in this order, whichever gRPC host carries it:

telemetry (sees every outcome) > shedding > deadline > authentication > authorization > validation > idempotency.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TypeVar

from google.protobuf.message import Message

from clients.contract import Access
from services._platform.call import Call, Principal, current_call, digest
from services._platform.errors import (
    DeadlineExceeded,
    InvalidArgument,
    Moved,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
)
from services._platform.faults import Fault, no_fault
from services._platform.telemetry import observed
from services._platform.validation import validate

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)

Authenticator = Callable[[Call], Awaitable[Principal | None]]
"""Finds out who calls; None when the call carries no credentials. Raises `Unauthenticated` when they do not hold."""

_SHORTEST_WRITE = 0.005
"""Seconds. A write that surely cannot be answered in time is not begun: nobody would know whether it was done."""

_SHORTEST_READ = 0.001
"""Seconds. gRPC counts them by thousandths, rounded up: of one that is not over, the deadline may have passed."""

_TOO_LATE = "the deadline passed before the answer was ready"
_KEY = re.compile(r"[\x21-\x7e]{1,64}")


class Interceptors:
    """The chain of one server."""

    def __init__(self, authenticate: Authenticator, max_in_flight: int, fault: Fault = no_fault) -> None:
        self._authenticate = authenticate
        self._max_in_flight = max_in_flight
        self._fault = fault
        self._in_flight = 0
        self._streams: set[asyncio.Timeout] = set()
        self._draining = False

    def end_streams(self) -> None:
        """Ends the answers that have no end of their own, from now on at once: their callers go on elsewhere."""
        self._draining = True
        for stream in self._streams:
            stream.reschedule(asyncio.get_running_loop().time())

    async def unary(
        self,
        handler: Callable[[Request, Call], Awaitable[Reply]],
        request: Request,
        call: Call,
    ) -> Reply:
        """Carries one request to a handler that answers once."""
        async with self._entered(call):
            validate(request)
            _identify(request, call)
            await self._fault(f"before {call.method.name}")
            try:
                return await handler(request, call)
            finally:
                await self._fault(f"after {call.method.name}")

    async def client_stream(
        self,
        handler: Callable[[AsyncIterator[Request], Call], Awaitable[Reply]],
        requests: AsyncIterator[Request],
        call: Call,
    ) -> Reply:
        """Carries a stream of requests to a handler that answers once."""
        async with self._entered(call):
            return await handler(_validated(requests), call)

    async def server_stream(
        self,
        handler: Callable[[Request, Call], AsyncGenerator[Reply, None]],
        request: Request,
        call: Call,
    ) -> AsyncGenerator[Reply, None]:
        """Carries one request to a handler that answers with a stream."""
        async with self._entered(call):
            validate(request)
            async with aclosing(self._until_the_end(handler(request, call))) as replies:
                async for reply in replies:
                    yield reply

    async def both_streams(
        self,
        handler: Callable[[AsyncIterator[Request], Call], AsyncGenerator[Reply, None]],
        requests: AsyncIterator[Request],
        call: Call,
    ) -> AsyncGenerator[Reply, None]:
        """Carries a stream of requests to a handler that answers with a stream."""
        async with (
            self._entered(call),
            aclosing(self._until_the_end(handler(_validated(requests), call))) as replies,
        ):
            async for reply in replies:
                yield reply

    @asynccontextmanager
    async def _entered(self, call: Call) -> AsyncIterator[None]:
        current_call.set(call)
        with observed(call), self._admitted():
            if call.remaining <= (_SHORTEST_READ if call.method.safe else _SHORTEST_WRITE):
                raise DeadlineExceeded("the deadline is too near to begin")
            deadline = asyncio.timeout_at(call.deadline)
            try:
                async with deadline:
                    await self._authorize(call)
                    yield
                    if call.method.safe and call.remaining == 0:  # ready before the loop looked at the clock
                        raise DeadlineExceeded(_TOO_LATE)
            except TimeoutError as error:
                if not deadline.expired():  # some other timeout, that the servicer should have handled
                    raise
                raise DeadlineExceeded(_TOO_LATE) from error

    async def _until_the_end(self, replies: AsyncGenerator[Reply, None]) -> AsyncGenerator[Reply, None]:
        """The replies, until `end_streams`.

        It ends a stream that waits for its next reply. Who is interrupted while a reply goes out has no way to say why.
        """
        async with aclosing(replies):
            while not self._draining:
                stream = asyncio.timeout(None)
                self._streams.add(stream)
                try:
                    async with stream:
                        reply = await anext(replies)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    if not stream.expired():
                        raise
                    break
                finally:
                    self._streams.discard(stream)
                yield reply
        raise Moved("the stream")

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        if self._in_flight >= self._max_in_flight:
            raise ResourceExhausted("the server has too much to do", retry_after=0.1)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def _authorize(self, call: Call) -> None:
        method = call.method
        if method.access is Access.PUBLIC:
            return
        principal = await self._authenticate(call)
        if principal is None:
            raise Unauthenticated("this call needs credentials")
        call.principal = principal
        if method.access is Access.SERVICE and not principal.is_service:
            needed = method.permission or "service"
            raise PermissionDenied("only services of the mesh may call this", metadata={"permission": needed})
        if method.permission and not principal.may(method.permission):
            raise PermissionDenied(
                f"this call needs the permission {method.permission}", metadata={"permission": method.permission}
            )


def _identify(request: Message, call: Call) -> None:
    """Finds the key under which a write is remembered: the request id, else the edge's `idempotency-key`."""
    if call.method.safe or not call.method.idempotent:
        return
    key = getattr(request, "request_id", "") or call.metadata.get("idempotency-key", "")
    if not key:
        return
    if not _KEY.fullmatch(key):
        raise InvalidArgument.of("idempotency-key", "must be 1 to 64 visible characters")
    call.idempotency_key = key
    call.digest = digest(request)


async def _validated(requests: AsyncIterator[Request]) -> AsyncIterator[Request]:
    place = 0
    async for request in requests:
        validate(request, f"[{place}]")
        yield request
        place += 1
