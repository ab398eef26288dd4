"""Tasks end, also those that miss that they should."""

import asyncio
from contextlib import suppress

import pytest

from services._platform import tasks


async def test_a_swallowed_cancellation_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_AGAIN", 0.01)
    swallowed = asyncio.Event()

    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await tasks.end(task)
    assert swallowed.is_set()
    assert task.cancelled()


async def test_what_a_task_ends_with_is_nobodys_concern() -> None:
    async def broken() -> None:
        raise RuntimeError

    task = asyncio.create_task(broken())
    await asyncio.wait([task])
    await tasks.end(task)
    assert isinstance(task.exception(), RuntimeError)
