"""Rate limits without Envoy: an interceptor for any grpc.aio server, and reservations for work whose cost shows later.

async with connect(target, headers, balanced=True) as limiter:
    server = grpc.aio.server(interceptors=[RateLimited(limiter, who)])

    async with reserved(limiter, {"class": "export", "user": "users/ada"}, units=100) as spent:
        spent.units = await export()
"""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc

from clients import contract
from clients.channel import Channel
from clients.contract import Method
from clients.errors import typed_errors
from mesh.ratelimit.v1 import envoy_pb2
from mesh.ratelimit.v1.limiter_service_pb2 import CancelRequest, CommitRequest, Descriptor, ReserveRequest
from mesh.ratelimit.v1.limiter_service_pb2_grpc import LimiterServiceStub

Who = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Who calls, by the metadata of a call: entries such as `principal` (`users/ada`), `tier`, `tenant` and `ip`.

It is believed: it must go by what was verified, not by what the caller says.
"""

DOMAIN = "mesh"
TIMEOUT = 0.25
"""Seconds until a call passes though the rate limiter has not answered."""

_ASK = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
_DETAILS = "grpc-status-details-bin"
_MESSAGE = "grpc-message"
_HANDLERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


class RateLimited(grpc.aio.ServerInterceptor):
    """Asks for every call of the contract as the edge does, and refuses in the same words.

    Calls pass while the rate limiter does not answer: what is behind it matters more than its limits.
    """

    def __init__(self, limiter: Channel, who: Who) -> None:
        self._ask = limiter.unary_unary(_ASK, envoy_pb2.RlsRequest.SerializeToString, envoy_pb2.RlsResponse.FromString)
        self._who = who
        found = (method for service in contract.services() for method in contract.methods(service))
        self._methods = {method.path: method for method in found}

    async def intercept_service(self, continuation: Callable[..., Awaitable[Any]], details: Any) -> Any:
        """The handler of a call, or one that refuses it."""
        handler = await continuation(details)
        method = self._methods.get(details.method)
        if handler is None or method is None:
            return handler
        answer = await self._answer(method, {str(key): value for key, value in details.invocation_metadata or ()})
        if answer is None or answer.overall_code != envoy_pb2.RLS_CODE_OVER_LIMIT:
            return handler
        return _refusing(handler, {header.key: header.value for header in answer.response_headers_to_add})

    async def _answer(self, method: Method, metadata: Mapping[str, str]) -> envoy_pb2.RlsResponse | None:
        known = {**method.entries, **self._who(metadata)}
        entries = [envoy_pb2.RlsEntry(key=key, value=value) for key, value in known.items()]
        request = envoy_pb2.RlsRequest(
            domain=DOMAIN, descriptors=[envoy_pb2.RlsDescriptor(entries=entries)], hits_addend=method.cost
        )
        with suppress(grpc.aio.AioRpcError):
            return await self._ask(request, timeout=TIMEOUT)
        return None


@dataclass(slots=True)
class Spent:
    """What the work came to. It begins as the estimate."""

    units: int


@asynccontextmanager
async def reserved(limiter: Channel, entries: Mapping[str, str], units: int) -> AsyncIterator[Spent]:
    """Charges an estimate while the block lasts, and at its end what it came to; nothing when it fails.

    Raises `MeshError`, reason `LIMIT_REACHED` or `SUBJECT_BLOCKED`, when the limits do not allow the estimate.
    """
    stub = LimiterServiceStub(limiter)
    with typed_errors():
        request = ReserveRequest(descriptors=[Descriptor(entries=entries, units=units)])
        id_ = (await stub.Reserve(request)).reservation_id
    spent = Spent(units)
    try:
        yield spent
    except BaseException:
        with typed_errors():
            await stub.Cancel(CancelRequest(reservation_id=id_))
        raise
    with typed_errors():
        await stub.Commit(CommitRequest(reservation_id=id_, units=spent.units))


def _refusing(handler: Any, told: dict[str, str]) -> Any:
    """A handler of the same kind that refuses, with what the rate limiter tells the caller."""
    message = told.pop(_MESSAGE, "A rate limit is reached.")
    trailers = tuple((key, _decoded(value) if key == _DETAILS else value) for key, value in told.items())

    async def refuse(_request: object, context: Any) -> None:
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, message, trailers)

    make = _HANDLERS[handler.request_streaming, handler.response_streaming]
    return make(refuse, handler.request_deserializer, handler.response_serializer)


def _decoded(value: str) -> bytes:
    """A binary header, of which HTTP/2 leaves the padding out."""
    return base64.b64decode(value + "=" * (-len(value) % 4))
