"""The reference host over the real wire: every shape of RPC, and what a caller is told when something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import ModuleType
from typing import Any

import grpc
import httpx
import pytest

from clients.contract import ContractError
from mesh.inventory.v1.warehouse_service_servicer import WarehouseServiceServicer
from services._platform import grpc_host
from services._platform.call import Call, Principal
from services._platform.errors import DeadlineExceeded, OutOfRange, Refusal
from services._platform.interceptors import Interceptors
from tests.callers import hidden
from tests.platform.conftest import ADA, free_port, until
from tests.platform.echo import Echo
from tests.platform.told import told

Stub = Any
Open = Callable[[], AbstractAsyncContextManager[Stub]]
MEBIBYTE = 1024 * 1024


@pytest.fixture
def grpc_addr() -> str:
    """A free port. The fixture of the package keeps its probe open."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def grpc_servicer(messages: Any) -> Echo:
    return Echo(messages)


@pytest.fixture
def callers() -> list[Principal | None]:
    """Who calls: the last one in the list."""
    return [ADA]


@pytest.fixture
def interceptors(callers: list[Principal | None]) -> Interceptors:
    async def authenticate(_call: Call) -> Principal | None:
        return callers[-1]

    return Interceptors(authenticate, 3)


@pytest.fixture
def grpc_add_to_server(interceptors: Interceptors) -> Callable[[Echo, grpc.aio.Server], None]:
    def add(servicer: Echo, server: grpc.aio.Server) -> None:
        server.add_generic_rpc_handlers((grpc_host.handlers(servicer.DESCRIPTOR, servicer, interceptors),))

    return add


@pytest.fixture
def grpc_stub_cls(echo_modules: tuple[ModuleType, ModuleType]) -> Any:
    return echo_modules[1].EchoServiceStub


@pytest.fixture
async def stub(grpc_aio_stub: Open) -> AsyncIterator[Stub]:
    async with grpc_aio_stub() as stub:
        yield stub


@pytest.fixture
def raw(stub: Stub, grpc_context: Any) -> Callable[..., Any]:
    """Calls `Say` with bytes."""
    return grpc_context.channel.unary_unary("/mesh.echo.v1.EchoService/Say")  # type: ignore[no-any-return]


@pytest.fixture
def good(messages: Any) -> Any:
    return messages.SayRequest(text="a", one="x")


# ---- Shapes ----


async def test_every_shape_of_rpc(stub: Stub, good: Any, messages: Any) -> None:
    assert (await stub.Say(good)).text == "a"
    assert (await stub.Collect(iter([good, good]))).text == "aa"
    assert [note.text async for note in stub.Count(messages.PeekRequest(text="n"))] == ["n0", "n1", "n2"]
    assert [note.text async for note in stub.Chat(iter([good, good]))] == ["a", "a"]


@pytest.mark.parametrize("shape", ["Say", "Collect", "Count", "Chat"])
async def test_a_refusal_is_told_alike_in_every_shape(stub: Stub, good: Any, grpc_servicer: Echo, shape: str) -> None:
    def refuse(_request: Any, _call: Call) -> None:
        raise OutOfRange("too far", reason="NO")

    grpc_servicer.answer = refuse
    refusal = await told(answered(stub, shape, good))
    assert (refusal.code, refusal.message) == (grpc.StatusCode.OUT_OF_RANGE.value[0], "too far")
    assert refusal.details == {"ErrorInfo": {"reason": "NO", "domain": "mesh"}}


async def answered(stub: Stub, shape: str, request: Any) -> Any:
    """Calls an RPC of any shape with one request; returns its last answer. What is hidden is asked again."""
    while True:
        try:
            return await _answered(getattr(stub, shape), shape, request)
        except grpc.aio.AioRpcError as error:
            if not hidden(error):
                raise


async def _answered(rpc: Any, shape: str, request: Any) -> Any:
    if shape in ("Say", "Peek", "Relay", "Stamp"):
        return await rpc(request)
    if shape == "Collect":
        return await rpc(iter([request]))
    return [note async for note in (rpc(iter([request])) if shape == "Chat" else rpc(request))][-1]


async def test_what_was_answered_before_a_refusal_arrives(stub: Stub, good: Any, messages: Any) -> None:
    call = stub.Chat(iter([good, messages.SayRequest(one="x")]))
    assert (await call.read()).text == "a"
    assert (await told(call.read())).fields == ["[1].text"]


async def test_a_stream_that_its_caller_leaves_is_closed_by_its_own_call(
    stub: Stub, messages: Any, grpc_servicer: Echo
) -> None:
    """Amid a reply that its reader does not take: what the servicer holds may not wait for a collector."""
    grpc_servicer.answer, grpc_servicer.replies = (lambda _request, _call: "x" * MEBIBYTE), 1000
    call = stub.Count(messages.PeekRequest(text="n"))
    await asyncio.sleep(0.2)  # until no more replies fit on the way
    assert 0 < len(grpc_servicer.requests) < 1000
    call.cancel()
    await until(lambda: grpc_servicer.left)
    assert grpc_servicer.left == grpc_servicer.begun


# ---- Bad input ----


async def test_every_broken_rule_is_told_with_its_field(stub: Stub, messages: Any) -> None:
    line = messages.Line
    request = messages.SayRequest(lines=[line(quantity=1), line()], named={"a": line(quantity=-1)}, low=5)
    refusal = await told(stub.Say(request))
    assert (refusal.code, refusal.reason) == (3, "FIELD_INVALID")
    assert set(refusal.fields) == {"text", "lines[1].quantity", 'named["a"].quantity', "target", "high"}


async def test_a_thousand_mistakes_still_fit_in_a_status(stub: Stub, messages: Any) -> None:
    refusal = await told(stub.Say(messages.SayRequest(lines=[messages.Line()] * 1000)))
    assert (refusal.code, refusal.reason) == (3, "FIELD_INVALID")
    assert refusal.message.endswith("…")


@pytest.mark.parametrize("request_bytes", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
async def test_bytes_that_are_no_message_are_a_bad_argument(raw: Any, request_bytes: bytes) -> None:
    refusal = await told(raw(request_bytes))
    assert (refusal.code, refusal.reason) == (3, "REQUEST_MALFORMED")
    assert refusal.message == "the request is not a valid mesh.echo.v1.SayRequest"


async def test_a_message_beyond_the_limit_is_refused_unread(
    messages: Any, grpc_servicer: Echo, interceptors: Any
) -> None:
    async with serving(grpc_servicer, interceptors) as channel:
        raw: Any = channel.unary_unary("/mesh.echo.v1.EchoService/Say")
        head = messages.SayRequest(one="x").SerializeToString()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await raw(head + b"\x0a" + _varint(4 * MEBIBYTE) + b"x" * (4 * MEBIBYTE))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert grpc_servicer.calls == []
        size = 3 * MEBIBYTE
        await raw(head + b"\x0a" + _varint(size) + b"x" * size)


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


@asynccontextmanager
async def serving(servicer: Echo, interceptors: Interceptors) -> AsyncIterator[grpc.aio.Channel]:
    """The servicer behind the host's own server, with its limits."""
    server = grpc_host.server()
    server.add_generic_rpc_handlers((grpc_host.handlers(servicer.DESCRIPTOR, servicer, interceptors),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(None)


async def test_an_rpc_that_does_not_exist_is_unimplemented(stub: Stub, grpc_context: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await grpc_context.channel.unary_unary("/mesh.echo.v1.EchoService/Nothing")(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


# ---- Who may call ----


async def test_credentials_and_permissions(
    stub: Stub, good: Any, messages: Any, callers: list[Principal | None]
) -> None:
    callers.append(None)
    for shape in ("Say", "Collect", "Count", "Chat", "Relay"):
        assert (await told(answered(stub, shape, good))).reason == "CREDENTIALS_INVALID"
    assert (await stub.Peek(messages.PeekRequest(text="p"))).text == "p"
    callers.append(Principal("users/eve", frozenset({"echo.read"})))
    for shape, permission in (("Say", "echo.write"), ("Chat", "echo.write"), ("Relay", "echo.relay")):
        refusal = await told(answered(stub, shape, good))
        assert (refusal.code, refusal.reason) == (7, "PERMISSION_MISSING")
        assert refusal.details["ErrorInfo"]["metadata"] == {"permission": permission}


# ---- What does not start ----


def test_an_rpc_without_access_keeps_the_server_from_starting(messages: Any, interceptors: Interceptors) -> None:
    silent = messages.DESCRIPTOR.services_by_name["SilentService"]
    with pytest.raises(ContractError, match=r"mesh\.echo\.v1\.SilentService\.Whisper: no access option"):
        grpc_host.handlers(silent, Echo(messages), interceptors)


def test_a_servicer_that_lacks_an_rpc_keeps_the_server_from_starting(messages: Any, interceptors: Interceptors) -> None:
    class Half:
        async def Say(self, request: Any, call: Call) -> Any: ...

    with pytest.raises(AttributeError, match="'Half' object has no attribute 'Stamp'"):
        grpc_host.handlers(messages.DESCRIPTOR.services_by_name["EchoService"], Half(), interceptors)


def test_a_servicer_of_the_contract_that_lacks_an_rpc_cannot_be_made() -> None:
    class Half(WarehouseServiceServicer[Call]):
        async def CreateWarehouse(self, request: Any, call: Call, /) -> Any: ...

    with pytest.raises(TypeError, match="GetWarehouse"):
        Half()  # type: ignore[abstract]


# ---- Deadlines ----


@pytest.mark.parametrize(
    ("asked", "given"),
    [(None, 20), (10, 10), (30, 30), (600, 40)],
    ids=["the contract's default", "the caller's", "a longer one", "cut to the longest"],
)
async def test_a_deadline_always_exists(
    stub: Stub, good: Any, grpc_servicer: Echo, asked: float | None, given: float
) -> None:
    seen: list[float] = []
    grpc_servicer.answer = lambda request, call: seen.append(call.remaining)
    await stub.Say(good, timeout=asked)
    assert given - 10 < seen[0] < given + 1  # the wire rounds a deadline to its own clock's ticks


async def test_past_the_deadline_the_servicer_stops_and_the_caller_is_told(
    stub: Stub, messages: Any, grpc_servicer: Echo
) -> None:
    stopped = asyncio.Event()

    async def wait(_request: Any, _call: Call) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    grpc_servicer.answer = wait
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.Peek(messages.PeekRequest(), timeout=0.05)
    assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(30):
        await stopped.wait()


@pytest.mark.parametrize(
    ("refusal", "alone"), [(DeadlineExceeded("late"), False), (OutOfRange("far", reason="NO"), True)]
)
async def test_a_late_answer_does_not_look_like_a_replica_that_is_away(
    stub: Stub, grpc_addr: str, grpc_servicer: Echo, refusal: Refusal, alone: bool
) -> None:
    """Only of an answer of headers alone does the edge read the status as a verdict on the replica."""

    def refuse(_request: Any, _call: Call) -> None:
        raise refusal

    grpc_servicer.answer = refuse
    async with httpx.AsyncClient(http1=False, http2=True) as caller:
        answer = await caller.post(
            f"http://{grpc_addr}/{grpc_servicer.DESCRIPTOR.full_name}/Peek",
            content=b"\0\0\0\0\0",
            headers={"content-type": "application/grpc", "te": "trailers"},
        )
    assert ("grpc-status" in answer.headers) == alone


async def test_a_caller_that_leaves_stops_its_servicer(stub: Stub, messages: Any, grpc_servicer: Echo) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def wait(_request: Any, _call: Call) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    grpc_servicer.answer = wait
    call = stub.Peek(messages.PeekRequest())
    async with asyncio.timeout(30):
        await began.wait()
        call.cancel()
        await stopped.wait()


# ---- Load and defects ----


async def test_too_many_calls_are_refused_with_when_to_come_back(stub: Stub, good: Any, grpc_servicer: Echo) -> None:
    go_on = asyncio.Event()

    async def wait(_request: Any, _call: Call) -> None:
        await go_on.wait()

    grpc_servicer.answer = wait
    running = [asyncio.ensure_future(stub.Say(good)) for _ in range(3)]
    await until(lambda: len(grpc_servicer.calls) == 3)
    refusal = await told(stub.Say(good))
    assert (refusal.code, refusal.reason) == (8, "OVERLOADED")
    assert refusal.details["RetryInfo"] == {"retryDelay": "0.100s"}
    go_on.set()
    await asyncio.gather(*running)
    await stub.Say(good)


async def test_a_defect_is_told_to_nobody(stub: Stub, good: Any, grpc_servicer: Echo) -> None:
    def choke(_request: Any, _call: Call) -> None:
        raise LookupError("duplicate key value violates unique constraint")

    grpc_servicer.answer = choke
    for shape in ("Say", "Collect", "Count", "Chat"):
        refusal = await told(answered(stub, shape, good))
        assert (refusal.code, refusal.details) == (13, {"ErrorInfo": {"reason": "INTERNAL", "domain": "mesh"}})
        assert refusal.message == "something went wrong on our side; the request id finds it in the logs"


async def test_a_call_without_a_request_id_gets_one(stub: Stub, good: Any, grpc_servicer: Echo) -> None:
    await stub.Say(good)
    await stub.Say(good)
    first, second = (call.request_id for call in grpc_servicer.calls)
    assert first != second
    assert len(first) == 36


async def test_the_header_is_the_key_of_a_write(stub: Stub, good: Any, grpc_servicer: Echo) -> None:
    await stub.Say(good, metadata=[("idempotency-key", "k-1")])
    assert grpc_servicer.calls[0].idempotency_key == "k-1"
    refusal = await told(stub.Say(good, metadata=[("idempotency-key", "not visible")]))
    assert (refusal.code, refusal.fields) == (3, ["idempotency-key"])
