"""What one replica passes on to another, over the real wire."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from services._platform import grpc_host
from services._platform.call import Call, Principal
from services._platform.errors import InvalidArgument, Moved, Unauthenticated
from services._platform.interceptors import Interceptors
from services._platform.replicas import Replicas, open_replicas
from tests.platform.conftest import ADA, NewCall, free_port, until
from tests.platform.echo import Echo

CREDENTIALS = {"authorization": "Bearer ada"}


@pytest.fixture
def echo(messages: Any) -> Echo:
    return Echo(messages)


@pytest.fixture
async def other(echo: Echo) -> AsyncIterator[str]:
    """The address of another replica, which knows Ada by her credentials."""

    async def authenticate(call: Call) -> Principal | None:
        return ADA if call.metadata.get("authorization") == "Bearer ada" else None

    server = grpc_host.server()
    server.add_generic_rpc_handlers((grpc_host.handlers(echo.DESCRIPTOR, echo, Interceptors(authenticate, 10)),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@pytest.fixture
async def replicas() -> AsyncIterator[Replicas]:
    async with open_replicas() as replicas:
        yield replicas


async def test_the_other_replica_answers_as_if_it_were_asked_itself(
    replicas: Replicas, other: str, echo: Echo, messages: Any, new_call: NewCall
) -> None:
    said = messages.SayRequest(text="a", one="x")
    call = new_call(metadata={**CREDENTIALS, "idempotency-key": "k", "x-request-id": "r"}, seconds=7)
    assert (await replicas.ask(other, call, said)).text == "a"
    [seen] = echo.calls
    assert (seen.principal, seen.idempotency_key, seen.request_id) == (ADA, "k", "r")
    assert 6 < seen.remaining < 7.05  # gRPC rounds it up


async def test_streams_of_either_side(replicas: Replicas, other: str, messages: Any, new_call: NewCall) -> None:
    async def said() -> AsyncIterator[Any]:
        for text in "ab":
            yield messages.SayRequest(text=text, one="x")

    counted = replicas.stream(other, new_call("Count", metadata=CREDENTIALS), messages.PeekRequest(text="n"))
    assert [note.text async for note in counted] == ["n0", "n1", "n2"]
    chatted = replicas.stream(other, new_call("Chat", metadata=CREDENTIALS), said())
    assert [note.text async for note in chatted] == ["a", "b"]


async def test_a_refusal_is_told_on_whole(
    replicas: Replicas, other: str, echo: Echo, messages: Any, new_call: NewCall
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await replicas.ask(other, new_call(metadata=CREDENTIALS), messages.SayRequest(one="x"))
    assert [(one.field, one.rule) for one in refused.value.violations] == [("text", "string.min_len")]
    with pytest.raises(Unauthenticated):
        await replicas.ask(other, new_call(), messages.SayRequest(text="a", one="x"))
    with pytest.raises(Unauthenticated):
        await anext(replicas.stream(other, new_call("Count"), messages.PeekRequest()))
    assert echo.calls == []


async def test_a_caller_of_a_replica_that_is_away_comes_back(
    replicas: Replicas, messages: Any, new_call: NewCall
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with pytest.raises(Moved) as refused:
        await replicas.ask(nobody, new_call(metadata=CREDENTIALS), messages.SayRequest(text="a", one="x"))
    assert refused.value.retry_after
    with pytest.raises(Moved):
        await anext(replicas.stream(nobody, new_call("Count", metadata=CREDENTIALS), messages.PeekRequest()))


async def test_what_was_passed_on_is_not_passed_on_again(
    replicas: Replicas, other: str, echo: Echo, messages: Any, new_call: NewCall
) -> None:
    """Two replicas that each take the other for the one would pass it on for ever."""
    said = messages.SayRequest(text="a", one="x")
    await replicas.ask(other, new_call(metadata=CREDENTIALS), said)
    [seen] = echo.calls
    with pytest.raises(Moved):
        await replicas.ask(other, seen, said)
    assert echo.calls == [seen]


async def test_a_stream_that_is_closed_ends_at_the_other_replica(
    replicas: Replicas, other: str, echo: Echo, messages: Any, new_call: NewCall
) -> None:
    echo.answer = lambda _request, _call: "x" * (3 << 20)
    async with aclosing(
        replicas.stream(other, new_call("Count", metadata=CREDENTIALS), messages.PeekRequest())
    ) as replies:
        await anext(replies)
    await until(lambda: echo.left)
