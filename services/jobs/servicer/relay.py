"""Passes a call on to the replica that is the dispatcher. A caller need not know which one that is."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from google.protobuf.message import Message

from clients.channel import Channel, connect
from clients.errors import MeshError, typed_errors
from services._platform.call import Call
from services._platform.errors import Unavailable

Reply = TypeVar("Reply", bound=Message)

_HEADERS = ("authorization", "traceparent", "x-request-id")


async def relay(address: str, call: Call, method: Callable[[Channel], Any], request: Any) -> AsyncIterator[Any]:
    """The answers of the same RPC at another replica. Refuses when it is away: the caller tries again."""
    metadata = [(key, call.metadata[key]) for key in _HEADERS if key in call.metadata]
    try:
        async with connect(address) as channel:
            with typed_errors():
                async for reply in method(channel)(request, metadata=metadata, timeout=call.remaining):
                    yield reply
    except MeshError as error:
        raise Unavailable("the dispatcher is away", metadata={"dependency": "dispatcher"}, retry_after=0.5) from error
