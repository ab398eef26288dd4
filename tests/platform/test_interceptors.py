"""The chain, under no gRPC host at all: what every call passes through, in which order, and what each link refuses.

A host needs nothing but a `Call` and a handler, so these tests are one, and run inventory's own servicers too.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from clients import contract
from mesh.inventory.v1.warehouse_pb2 import Warehouse
from mesh.inventory.v1.warehouse_service_pb2 import CreateWarehouseRequest, GetWarehouseRequest
from services._platform.call import ANONYMOUS, Call, Principal, current_call
from services._platform.errors import (
    DeadlineExceeded,
    InvalidArgument,
    Moved,
    PermissionDenied,
    Refusal,
    RequestIdReused,
    ResourceExhausted,
    Unauthenticated,
)
from services._platform.interceptors import Interceptors
from services.inventory.__main__ import compose
from tests.conftest import Clock, Database, settings
from tests.platform.conftest import ADA, NewCall, until
from tests.platform.echo import Echo

SERVICE = Principal("services/echo", frozenset({"echo.relay"}))
UUID = "01a1fb60-4168-70cd-90bc-e6ca10f69ebb"


def chain(principal: Principal | None = ADA, asked: list[Call] | None = None, most: int = 10) -> Any:
    """A chain whose callers are all `principal`; `asked` takes the calls that were authenticated."""

    async def authenticate(call: Call) -> Principal | None:
        if asked is not None:
            asked.append(call)
        return principal

    return Interceptors(authenticate, most)


@pytest.fixture
def echo(messages: Any) -> Echo:
    return Echo(messages)


@pytest.fixture
def good(messages: Any) -> Any:
    return messages.SayRequest(text="a", one="x")


@pytest.fixture
def bad(messages: Any) -> Any:
    return messages.SayRequest(text="", one="x")


async def test_a_call_reaches_the_servicer_with_its_caller(echo: Echo, good: Any, new_call: NewCall) -> None:
    call = new_call()
    assert (await chain().unary(echo.Say, good, call)).text == "a"
    assert echo.calls == [call]
    assert call.principal is ADA


# ---- The order ----


async def test_each_link_refuses_before_the_next_is_asked(echo: Echo, bad: Any, new_call: NewCall) -> None:
    """A call with everything wrong is refused for one thing after the other, as each is put right."""
    wrong_key = {"idempotency-key": "not visible"}
    asked: list[Call] = []
    full = chain(None, asked, most=0)
    with pytest.raises(ResourceExhausted):
        await full.unary(echo.Say, bad, new_call(seconds=-1, metadata=wrong_key))
    assert asked == []
    with pytest.raises(Unauthenticated):
        await chain(None).unary(echo.Say, bad, new_call(metadata=wrong_key))
    with pytest.raises(PermissionDenied):
        await chain(Principal("users/eve")).unary(echo.Say, bad, new_call(metadata=wrong_key))
    with pytest.raises(InvalidArgument) as invalid:
        await chain().unary(echo.Say, bad, new_call(metadata=wrong_key))
    assert [one.field for one in invalid.value.violations] == ["text"]
    bad.text = "good"
    with pytest.raises(InvalidArgument) as invalid:
        await chain().unary(echo.Say, bad, new_call(metadata=wrong_key))
    assert [one.field for one in invalid.value.violations] == ["idempotency-key"]
    assert echo.calls == []


# ---- Who may call ----


async def test_a_public_rpc_asks_nobody(echo: Echo, messages: Any, new_call: NewCall) -> None:
    asked: list[Call] = []
    call = new_call("Peek")
    await chain(None, asked).unary(echo.Peek, messages.PeekRequest(), call)
    assert (asked, call.principal) == ([], ANONYMOUS)


@pytest.mark.parametrize("method", ["Say", "Relay"])
async def test_without_credentials_nothing_else_can_be_called(
    echo: Echo, good: Any, new_call: NewCall, method: str
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await chain(None).unary(getattr(echo, method), good, new_call(method))
    assert refused.value.reason == "CREDENTIALS_INVALID"


@pytest.mark.parametrize(
    ("method", "permissions", "needed"),
    [
        ("Say", set(), "echo.write"),
        ("Say", {"echo.read", "echo.relay", "echo"}, "echo.write"),
        ("Relay", {"echo.write"}, "echo.relay"),
    ],
)
async def test_a_permission_that_is_not_held_is_missing(
    echo: Echo, good: Any, new_call: NewCall, method: str, permissions: set[str], needed: str
) -> None:
    caller = Principal("users/eve", frozenset(permissions))
    with pytest.raises(PermissionDenied) as refused:
        await chain(caller).unary(getattr(echo, method), good, new_call(method))
    assert refused.value.metadata == {"permission": needed}
    assert echo.calls == []


async def test_what_is_for_services_is_for_nobody_else(echo: Echo, messages: Any, new_call: NewCall) -> None:
    await chain(SERVICE).unary(echo.Relay, messages.PeekRequest(), new_call("Relay"))
    echo.calls.clear()
    with pytest.raises(PermissionDenied):
        await chain().unary(echo.Relay, messages.PeekRequest(), new_call("Relay"))
    assert echo.calls == []


# ---- Requests ----


async def streamed(*requests: Any) -> AsyncIterator[Any]:
    for request in requests:
        yield request


async def test_each_message_of_a_stream_is_checked_in_its_place(
    echo: Echo, good: Any, bad: Any, new_call: NewCall
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await chain().client_stream(echo.Collect, streamed(good, good, bad, good), new_call("Collect"))
    assert [one.field for one in refused.value.violations] == ["[2].text"]
    assert len(echo.requests) == 2


async def test_streams_of_both_sides(echo: Echo, good: Any, bad: Any, new_call: NewCall) -> None:
    answers = chain().both_streams(echo.Chat, streamed(good, bad), new_call("Chat"))
    assert (await anext(answers)).text == "a"
    with pytest.raises(InvalidArgument):
        await anext(answers)


async def test_a_stream_of_answers(echo: Echo, messages: Any, new_call: NewCall) -> None:
    answers = chain().server_stream(echo.Count, messages.PeekRequest(text="n"), new_call("Count"))
    assert [note.text async for note in answers] == ["n0", "n1", "n2"]


async def test_a_stream_that_is_ended_lets_a_reply_go_out_first(echo: Echo, messages: Any, new_call: NewCall) -> None:
    one = chain()
    answers = one.server_stream(echo.Count, messages.PeekRequest(text="n"), new_call("Count"))
    assert (await anext(answers)).text == "n0"
    one.end_streams()
    await asyncio.sleep(0)  # as a host does that sends it; it is not interrupted
    with pytest.raises(Moved):
        await anext(answers)


# ---- Idempotency ----


async def key_of(echo: Echo, request: Any, call: Call) -> tuple[str, bytes]:
    """The key and the digest under which a call is remembered."""
    await chain().unary(getattr(echo, call.method.name), request, call)
    return call.idempotency_key, call.digest


async def test_the_request_id_is_the_key_and_not_part_of_the_body(echo: Echo, good: Any, new_call: NewCall) -> None:
    _, plain = await key_of(echo, good, new_call(metadata={"idempotency-key": "header"}))
    good.request_id = UUID
    key, digest = await key_of(echo, good, new_call(metadata={"idempotency-key": "header"}))
    assert (key, digest) == (UUID, plain)
    good.text = "other"
    assert (await key_of(echo, good, new_call()))[1] != digest


async def test_the_header_is_the_key_of_what_has_no_request_id(echo: Echo, messages: Any, new_call: NewCall) -> None:
    key, digest = await key_of(
        echo, messages.StampRequest(text="a"), new_call("Stamp", metadata={"idempotency-key": "header"})
    )
    assert key == "header"
    assert digest


@pytest.mark.parametrize("method", ["Peek", "Relay"])
async def test_a_read_has_no_key(echo: Echo, messages: Any, new_call: NewCall, method: str) -> None:
    call = new_call(method, metadata={"idempotency-key": "header"})
    caller = chain(SERVICE)
    await caller.unary(getattr(echo, method), messages.PeekRequest(), call)
    assert (call.idempotency_key, call.digest) == ("", b"")


@pytest.mark.parametrize("key", ["a b", "ä", "x" * 65, "\t"])
async def test_a_key_that_cannot_be_kept_is_refused(echo: Echo, good: Any, new_call: NewCall, key: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await chain().unary(echo.Say, good, new_call(metadata={"idempotency-key": key}))
    assert [one.field for one in refused.value.violations] == ["idempotency-key"]


# ---- Load and time ----


async def test_beyond_its_limit_a_server_refuses_and_comes_back(echo: Echo, good: Any, new_call: NewCall) -> None:
    go_on = asyncio.Event()

    async def wait(request: Any, call: Call) -> str:
        await go_on.wait()
        if request.low:
            raise LookupError
        return "done"

    echo.answer = wait
    busy = chain(most=2)
    failing = type(good)(text="a", one="x", low=1, high=1)
    running = [asyncio.create_task(busy.unary(echo.Say, one, new_call())) for one in (good, failing)]
    await until(lambda: len(echo.calls) == 2)
    with pytest.raises(ResourceExhausted) as refused:
        await busy.unary(echo.Say, good, new_call())
    assert (refused.value.reason, refused.value.retry_after) == ("OVERLOADED", 0.1)
    go_on.set()
    _, error = await asyncio.gather(*running, return_exceptions=True)
    assert isinstance(error, LookupError)
    for _ in range(5):  # neither success nor failure nor refusal keeps a place
        assert (await busy.unary(echo.Say, good, new_call())).text == "done"


async def test_a_stream_that_its_reader_leaves_gives_its_place_back(
    echo: Echo, messages: Any, new_call: NewCall
) -> None:
    one = chain(most=1)
    for _ in range(3):
        answers = one.server_stream(echo.Count, messages.PeekRequest(), new_call("Count"))
        await anext(answers)
        await answers.aclose()


async def test_a_servicer_is_stopped_at_the_deadline(echo: Echo, good: Any, new_call: NewCall) -> None:
    async def wait(_request: Any, _call: Call) -> None:
        await asyncio.Event().wait()

    echo.answer = wait
    with pytest.raises(DeadlineExceeded):
        await chain().unary(echo.Say, good, new_call(seconds=0.02))
    with pytest.raises(DeadlineExceeded):
        [one async for one in chain().server_stream(echo.Count, good, new_call("Count", seconds=0.02))]


@pytest.mark.parametrize("seconds", [0, 0.0009])
async def test_what_is_asked_too_late_is_not_begun(
    seconds: float, echo: Echo, messages: Any, new_call: NewCall
) -> None:
    with pytest.raises(DeadlineExceeded):
        await chain().unary(echo.Peek, messages.PeekRequest(), new_call("Peek", seconds=seconds))
    assert not echo.calls


async def test_what_is_read_too_late_is_not_told_although_the_loop_never_turned(
    echo: Echo, messages: Any, new_call: NewCall
) -> None:
    def slow(_request: Any, call: Call) -> None:
        while call.remaining:
            pass

    echo.answer = slow
    with pytest.raises(DeadlineExceeded):
        await chain().unary(echo.Peek, messages.PeekRequest(), new_call("Peek", seconds=0.05))
    assert echo.calls


async def test_another_timeout_is_not_taken_for_the_deadline(echo: Echo, good: Any, new_call: NewCall) -> None:
    async def impatient(_request: Any, _call: Call) -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    echo.answer = impatient
    with pytest.raises(TimeoutError):
        await chain().unary(echo.Say, good, new_call())


async def test_a_slow_authenticator_is_stopped_at_the_deadline_too(echo: Echo, good: Any, new_call: NewCall) -> None:
    async def never(_call: Call) -> Principal | None:
        await asyncio.Event().wait()
        return None

    with pytest.raises(DeadlineExceeded):
        await Interceptors(never, 1).unary(echo.Say, good, new_call(seconds=0.02))


async def test_the_running_call_is_known_to_what_is_told_by_no_argument(
    echo: Echo, good: Any, new_call: NewCall
) -> None:
    seen: list[Call | None] = []
    echo.answer = lambda request, call: seen.append(current_call.get())
    calls = [new_call() for _ in range(3)]
    await asyncio.gather(*(asyncio.create_task(chain().unary(echo.Say, good, call)) for call in calls))
    assert seen == calls


# ---- Another host ----


async def test_inventory_runs_under_a_host_that_is_not_grpcio(database: Database, clock: Clock) -> None:
    operator = chain(Principal("users/ada", frozenset({"inventory.read", "inventory.write"})))
    async with compose(settings(database, "inventory"), clock=clock) as service:
        rpcs = {
            method.path: (getattr(servicer, method.name), method)
            for servicer in service.servicers
            for method in contract.methods(servicer.DESCRIPTOR)
        }

        async def call(path: str, request: Any, key: str = "", seconds: float = 5) -> Any:
            serve, method = rpcs[f"/mesh.inventory.v1.WarehouseService/{path}"]
            metadata = {"idempotency-key": key} if key else {}
            deadline = asyncio.get_running_loop().time() + seconds
            return await operator.unary(serve, request, Call(method, metadata, deadline, "r-1"))

        request = CreateWarehouseRequest(warehouse_id="main", warehouse=Warehouse(display_name="Main"))
        created = await call("CreateWarehouse", request, "k-1")
        assert created.name == "warehouses/main"
        assert await call("CreateWarehouse", request, "k-1") == created
        assert await call("GetWarehouse", GetWarehouseRequest(name=created.name)) == created
        request.warehouse.display_name = "Other"
        with pytest.raises(RequestIdReused):
            await call("CreateWarehouse", request, "k-1")
        for wrong, reason in (("warehouses/none", "WAREHOUSE_NOT_FOUND"), ("none", "FIELD_INVALID")):
            with pytest.raises(Refusal) as refused:
                await call("GetWarehouse", GetWarehouseRequest(name=wrong))
            assert refused.value.reason == reason
        late = CreateWarehouseRequest(warehouse_id="late", warehouse=Warehouse(display_name="Late"))
        with pytest.raises(DeadlineExceeded):
            await call("CreateWarehouse", late, seconds=-1)
        with pytest.raises(Refusal) as refused:
            await call("GetWarehouse", GetWarehouseRequest(name="warehouses/late"))
        assert refused.value.reason == "WAREHOUSE_NOT_FOUND"
