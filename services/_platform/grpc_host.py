"""Runs servicers under grpc.aio: the reference host. Nothing else in the mesh's services knows grpcio.

Another host needs what stands here: make a `Call`, hand it to the interceptors, turn a `Refusal` into a status.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias, cast

import grpc
import uuid_utils
from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import code_pb2
from grpc.aio import ServicerContext

from clients import contract
from clients.contract import Method
from services._platform import status
from services._platform.call import Call
from services._platform.errors import Internal, InvalidArgument, Refusal
from services._platform.interceptors import Interceptors
from services._platform.log import logger

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_log = logger(__name__)

Context: TypeAlias = "ServicerContext[Any, Any]"
Parse: TypeAlias = Callable[[bytes], Message]


@dataclass(frozen=True, slots=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def server() -> grpc.aio.Server:
    """A server with the mesh's limits; the edge in front holds few connections, each with many calls."""
    return grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_metadata_size", 32 * 1024),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
        ]
    )


def handlers(service: ServiceDescriptor, servicer: object, interceptors: Interceptors) -> grpc.GenericRpcHandler:
    """The handlers of every RPC of a service. Raises when the servicer lacks one, or the contract says too little."""
    return grpc.method_handlers_generic_handler(
        service.full_name,
        {
            method.name: _handler(method, getattr(servicer, method.name), interceptors)
            for method in contract.methods(service)
        },
    )


def _serialized(reply: Message) -> bytes:
    return reply.SerializeToString()


@dataclass(frozen=True, slots=True)
class ForeignRpc:
    """An RPC of somebody else's protocol, such as Envoy's, that a service answers beside those of our contract.

    No interceptor sees it: `serve` judges itself who may ask, and never raises. It gets what `read` makes of the bytes
    of a request, and `write` makes bytes of what it answers.
    """

    path: str
    """`/package.Service/Method`."""
    read: Callable[[bytes], Any]
    serve: Callable[[Any], Awaitable[Any]]
    write: Callable[[Any], bytes] = _serialized


@dataclass(frozen=True, slots=True)
class ForeignStream:
    """As `ForeignRpc`, with streams on both sides. It ends when the caller does, or the server."""

    path: str
    read: Callable[[bytes], Any]
    serve: Callable[[AsyncIterator[Any]], AsyncIterator[Any]]
    write: Callable[[Any], bytes] = _serialized


def foreign(rpc: ForeignRpc | ForeignStream) -> grpc.GenericRpcHandler:
    """The handler of a foreign RPC."""
    service, _, method = rpc.path.removeprefix("/").partition("/")
    make: Callable[..., grpc.RpcMethodHandler[Any, Any]] = (
        grpc.unary_unary_rpc_method_handler if isinstance(rpc, ForeignRpc) else grpc.stream_stream_rpc_method_handler
    )
    behaviour = _foreign_unary(rpc) if isinstance(rpc, ForeignRpc) else _foreign_stream(rpc)
    handler = make(behaviour, request_deserializer=rpc.read, response_serializer=rpc.write)
    return grpc.method_handlers_generic_handler(service, {method: handler})


def _foreign_unary(rpc: ForeignRpc) -> Callable[..., Any]:
    async def serve(request: Any, _context: Context) -> Any:
        return await rpc.serve(request)

    return serve


def _foreign_stream(rpc: ForeignStream) -> Callable[..., Any]:
    async def serve(requests: AsyncIterator[Any], _context: Context) -> AsyncIterator[Any]:
        async for reply in rpc.serve(requests):
            yield reply

    return serve


def _handler(method: Method, serve: Callable[..., Any], chain: Interceptors) -> grpc.RpcMethodHandler[Any, Any]:
    descriptor = method.descriptor
    parse = _parser(descriptor.input_type)

    async def unary(raw: bytes, context: Context) -> Message:
        async with _refusing(context):
            return await chain.unary(serve, parse(raw), _call(method, context))
        raise AssertionError("a refusal aborts")

    async def client_stream(raws: AsyncIterator[bytes], context: Context) -> Message:
        async with _refusing(context):
            return await chain.client_stream(serve, _parsed(parse, raws), _call(method, context))
        raise AssertionError("a refusal aborts")

    async def server_stream(raw: bytes, context: Context) -> None:
        async with _refusing(context):
            await _send(chain.server_stream(serve, parse(raw), _call(method, context)), context)

    async def both_streams(raws: AsyncIterator[bytes], context: Context) -> None:
        async with _refusing(context):
            await _send(chain.both_streams(serve, _parsed(parse, raws), _call(method, context)), context)

    kinds: dict[tuple[bool, bool], tuple[Callable[..., Any], Any]] = {
        (False, False): (grpc.unary_unary_rpc_method_handler, unary),
        (True, False): (grpc.stream_unary_rpc_method_handler, client_stream),
        (False, True): (grpc.unary_stream_rpc_method_handler, server_stream),
        (True, True): (grpc.stream_stream_rpc_method_handler, both_streams),
    }
    make, behaviour = kinds[bool(descriptor.client_streaming), bool(descriptor.server_streaming)]
    handler: grpc.RpcMethodHandler[Any, Any] = make(
        behaviour,
        response_serializer=GetMessageClass(descriptor.output_type).SerializeToString,
    )
    return handler


def _call(method: Method, context: Context) -> Call:
    metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    asked = cast("float | None", context.time_remaining())  # None when the caller sent no deadline
    seconds = method.deadline if asked is None else min(asked, method.max_deadline)
    return Call(
        method=method,
        metadata=metadata,
        deadline=monotonic() + seconds,
        request_id=metadata.get("x-request-id") or str(uuid_utils.uuid7()),
        peer=context.peer(),
    )


def _parser(descriptor: Descriptor) -> Parse:
    """Reads requests here and not in grpcio, which would answer UNKNOWN to bytes that are no such message."""
    read = GetMessageClass(descriptor).FromString

    def parse(raw: bytes) -> Message:
        try:
            return read(raw)
        except DecodeError as error:
            raise InvalidArgument(
                f"the request is not a valid {descriptor.full_name}", reason="REQUEST_MALFORMED"
            ) from error

    return parse


async def _parsed(parse: Parse, raws: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    async for raw in raws:
        yield parse(raw)


async def _send(replies: AsyncGenerator[Message, None], context: Context) -> None:
    """Sends replies, and closes them: grpcio would not when it cancels a call that waits for its reader."""
    async with aclosing(replies):
        async for reply in replies:
            try:
                await context.write(reply)
            except grpc.aio.InternalError:  # there is no caller any more
                return


@asynccontextmanager
async def _refusing(context: Context) -> AsyncIterator[None]:
    try:
        yield
    except Refusal as refusal:
        await _refuse(refusal, context)
    except Exception:
        _log.exception("a call failed by a defect")
        await _refuse(Internal("something went wrong on our side; the request id finds it in the logs"), context)


async def _refuse(refusal: Refusal, context: Context) -> None:
    told = status.status(refusal)
    if told.code == code_pb2.DEADLINE_EXCEEDED:
        # In an answer without headers of its own, the edge would take it for a replica that is away.
        with suppress(grpc.aio.UsageError):  # raised in a stream that has begun, which has them
            await context.send_initial_metadata(())
    await context.abort_with_status(
        _Status(
            code=_CODES[told.code],
            details=told.message,
            trailing_metadata=((status.TRAILER, told.SerializeToString()),),
        )
    )
