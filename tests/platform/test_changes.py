"""Whoever watches is told every change once, in commit order, and goes on where they were cut off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from services._platform import outbox
from services._platform.changes import Changes
from services._platform.doorbell import Doorbell
from services._platform.errors import InvalidArgument, OutOfRange
from services._platform.postgres import Pool, reading
from services._platform.tokens import PositionTokens
from tests.platform.test_outbox import announce

Stream: TypeAlias = AsyncGenerator[tuple[StringValue | None, str], None]
Follow: TypeAlias = Callable[..., Stream]


@pytest.fixture
async def changes(pool: Pool, bell: Doorbell) -> Changes[StringValue]:
    return Changes(StringValue, pool, bell, PositionTokens(b"key"))


@pytest.fixture
async def watched(changes: Changes[StringValue]) -> AsyncIterator[Stream]:
    """Changes from now on."""
    async with aclosing(changes.follow("")) as stream, asyncio.timeout(20):
        assert (await anext(stream))[0] is None
        yield stream


async def told(stream: Stream, count: int) -> list[tuple[str, str]]:
    """The next changes, each with its token."""
    found = [await anext(stream) for _ in range(count)]
    return [(event.value, token) for event, token in found if event is not None]


async def test_changes_come_once_and_in_order(pool: Pool, watched: Stream) -> None:
    await announce(pool, "a", "b")
    await announce(pool, "c")
    assert [text for text, _ in await told(watched, 3)] == ["a", "b", "c"]


async def test_who_was_cut_off_goes_on_after_what_they_saw(
    pool: Pool, watched: Stream, changes: Changes[StringValue]
) -> None:
    await announce(pool, *(str(number) for number in range(1200)))  # more than are read at once
    seen = await told(watched, 700)
    async with aclosing(changes.follow(seen[-1][1])) as resumed:
        assert (await anext(resumed))[0] is None
        rest = await told(resumed, 500)
    assert [text for text, _ in (*seen, *rest)] == [str(number) for number in range(1200)]


async def test_what_is_not_wanted_is_passed_over(pool: Pool, changes: Changes[StringValue]) -> None:
    async with aclosing(changes.follow("", lambda event: event.value > "a")) as stream, asyncio.timeout(20):
        await anext(stream)
        await announce(pool, "a", "b", "a", "c")
        assert [text for text, _ in await told(stream, 2)] == ["b", "c"]


async def test_that_nothing_happens_is_told_too(pool: Pool, bell: Doorbell) -> None:
    """With a token that is past what was not wanted, so that resuming does not read it again."""
    changes = Changes(StringValue, pool, bell, PositionTokens(b"key"), heartbeat=0.01)
    async with aclosing(changes.follow("", lambda event: event.value == "b")) as stream, asyncio.timeout(20):
        _, start = await anext(stream)
        await announce(pool, "a")
        token = start
        while token == start:
            event, token = await anext(stream)
            assert event is None
    await announce(pool, "b")
    async with aclosing(changes.follow(token)) as stream:
        assert (await anext(stream))[0] is None
        assert [text for text, _ in await told(stream, 1)] == ["b"]


async def test_a_token_that_is_too_old_or_of_somebody_else_is_refused(
    pool: Pool, changes: Changes[StringValue]
) -> None:
    async with aclosing(changes.follow("")) as stream:
        _, token = await anext(stream)
    await announce(pool, "a")
    async with reading(pool) as connection:
        await outbox.trim(connection, datetime.now(UTC) + timedelta(days=1), 100)
    await _refuses(changes.follow(token), OutOfRange, "RESUME_TOKEN_EXPIRED")
    for forged in (token[:-1], PositionTokens(b"other").write(outbox.Position(1, 1))):
        await _refuses(changes.follow(forged), InvalidArgument, "RESUME_TOKEN_INVALID")


async def _refuses(stream: Stream, kind: Any, reason: str) -> None:
    with pytest.raises(kind) as refused:
        await anext(stream)
    assert refused.value.reason == reason
