"""Passes calls on to the one replica of a service that can answer them. A caller need not know which one that is."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from clients.channel import Channel, connect
from clients.errors import MeshError, typed_errors
from services._platform.call import Call
from services._platform.errors import Moved
from services._platform.status import refusal

_RELAYED = "x-mesh-relayed"
"""The header of a call that was passed on once, and is not passed on again."""
_HEADERS = ("authorization", "idempotency-key", "traceparent", "x-request-id")


class Replicas:
    """The other replicas of a service. They decide anew who calls: the caller's own credentials go with the call."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._channels: dict[str, Channel] = {}

    async def ask(self, address: str, call: Call, request: Message) -> Any:
        """What the same RPC answers at another replica, also when it refuses. `Moved` when that is away."""
        method = await self._method(address, call)
        with _refusing():
            return await method(request, metadata=_metadata(call), timeout=call.remaining)

    async def stream(
        self, address: str, call: Call, request: Message | AsyncIterator[Message]
    ) -> AsyncGenerator[Any, None]:
        """As `ask`, of an RPC that answers with a stream; whoever leaves it early closes it."""
        method = await self._method(address, call)
        stream = method(request, metadata=_metadata(call), timeout=call.remaining)
        try:
            with _refusing():
                async for reply in stream:
                    yield reply
        finally:
            stream.cancel()

    async def _method(self, address: str, call: Call) -> Any:
        if _RELAYED in call.metadata:
            raise _moved()
        if address not in self._channels:
            self._channels[address] = await self._stack.enter_async_context(connect(address))
        channel, method = self._channels[address], call.method.descriptor
        make = {
            (False, False): channel.unary_unary,
            (True, False): channel.stream_unary,
            (False, True): channel.unary_stream,
            (True, True): channel.stream_stream,
        }[bool(method.client_streaming), bool(method.server_streaming)]
        return make(
            call.method.path,
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )


@asynccontextmanager
async def open_replicas() -> AsyncIterator[Replicas]:
    """The other replicas, until the block ends."""
    async with AsyncExitStack() as stack:
        yield Replicas(stack)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        with typed_errors():
            yield
    except MeshError as error:
        raise refusal(error.status) or _moved() from error


def _moved() -> Moved:
    return Moved("what this call is about")


def _metadata(call: Call) -> tuple[tuple[str, str], ...]:
    return ((_RELAYED, "1"), *((key, call.metadata[key]) for key in _HEADERS if key in call.metadata))
