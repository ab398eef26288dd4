"""A load generator counts what succeeded and says what did not; a case that is not clean has no figures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import repeat

import grpc
import pytest

from tests.bench import load_http1, load_http2
from tests.bench.measure import BenchError, Case, Connect, Tally, rounds

CALL = "/bench.Echo/Echo"
REQUEST = b"POST /echo HTTP/1.1\r\nhost: bench\r\ncontent-length: 2\r\n\r\nhi"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CONFLICT = b"HTTP/1.1 409 Conflict\r\ncontent-length: 4\r\n\r\nsold"


@asynccontextmanager
async def grpc_echo(refuse_after: int) -> AsyncIterator[str]:
    """A gRPC server that refuses every call after the first so many."""
    served = 0

    async def echo(request: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        nonlocal served
        served += 1
        if served > refuse_after:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
        return request

    handler = grpc.method_handlers_generic_handler("bench.Echo", {"Echo": grpc.unary_unary_rpc_method_handler(echo)})
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


@asynccontextmanager
async def http_echo(answer: bytes) -> AsyncIterator[str]:
    """An HTTP server with one answer, which it sends in two pieces."""

    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            while await reader.readexactly(len(REQUEST)):
                for piece in (answer[:30], answer[30:]):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"
        await asyncio.wait([task for task in serving if task], timeout=5)


def over_grpc(address: str, tally: Tally) -> Connect:
    return load_http2.connect(address, CALL, repeat(b"hi"), 2, 8, tally)


def over_http(address: str, tally: Tally) -> Connect:
    return load_http1.connect(address, repeat(REQUEST), 4, tally)


async def measured(connect: Callable[[str, Tally], Connect], address: str) -> list[int]:
    """Measures a server twice; returns what was acknowledged each time."""
    verified: list[int] = []

    async def verify(tally: Tally) -> None:
        verified.append(tally.acknowledged)

    case = Case("echo", "full", lambda tally: connect(address, tally), {}, verify)
    [(_, figures)] = await rounds([case], times=2, warm=0.05, seconds=0.2, say=lambda _: None)
    assert 0 < figures.slowest <= figures.middle.rate <= figures.fastest
    assert 0 < figures.middle.p50 <= figures.middle.p99
    return verified


async def test_grpc_calls_that_succeed_are_counted() -> None:
    async with grpc_echo(refuse_after=10**9) as address:
        assert min(await measured(over_grpc, address)) > 16


async def test_http_requests_that_succeed_are_counted() -> None:
    async with http_echo(OK) as address:
        assert min(await measured(over_http, address)) > 4


async def test_a_refused_grpc_call_fails_the_case() -> None:
    async with grpc_echo(refuse_after=20) as address:
        with pytest.raises(BenchError, match="grpc-status 8 enough"):
            await measured(over_grpc, address)


async def test_a_refused_http_request_fails_the_case() -> None:
    async with http_echo(CONFLICT) as address:
        with pytest.raises(BenchError, match="409 Conflict"):
            await measured(over_http, address)
