"""Passes calls on to the replica where the owner is. A consumer need not know which one that is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from google.protobuf.message import Message

from clients.channel import connect
from clients.errors import MeshError, typed_errors
from services._platform.call import Call
from services.events.delivery.session import moved

Reply = TypeVar("Reply", bound=Message)

RELAYED = "x-mesh-relayed"
"""The header of a call that was passed on once, and is not passed on again."""
_HEADERS = ("authorization", "traceparent", "x-request-id")


class Elsewhere:
    """Channels to the other replicas. They decide anew who calls: the caller's own credentials go with the call."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._channels: dict[str, Any] = {}

    async def ask(self, address: str, call: Call, stub: Callable[[Any], Any], method: str, request: Message) -> Any:
        """The answer of the same RPC at another replica. Refuses when it is away: the caller tries again."""
        try:
            with typed_errors():
                return await (await self._method(address, stub, method))(
                    request, metadata=_metadata(call), timeout=call.remaining
                )
        except MeshError as error:
            raise moved() from error

    async def stream(
        self, address: str, call: Call, stub: Callable[[Any], Any], method: str, requests: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """The answers of the same streaming RPC at another replica."""
        stream = (await self._method(address, stub, method))(requests, metadata=_metadata(call), timeout=call.remaining)
        try:
            with typed_errors():
                async for reply in stream:
                    yield reply
        except MeshError as error:
            raise moved() from error
        finally:
            stream.cancel()

    async def _method(self, address: str, stub: Callable[[Any], Any], method: str) -> Any:
        if address not in self._channels:
            self._channels[address] = await self._stack.enter_async_context(connect(address))
        return getattr(stub(self._channels[address]), method)


@asynccontextmanager
async def open_elsewhere() -> AsyncIterator[Elsewhere]:
    """The channels, until the block ends."""
    async with AsyncExitStack() as stack:
        yield Elsewhere(stack)


def _metadata(call: Call) -> list[tuple[str, str]]:
    return [(RELAYED, "1"), *((key, call.metadata[key]) for key in _HEADERS if key in call.metadata)]
