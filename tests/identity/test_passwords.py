"""The threads that hash: few, and the queue for them is short, whatever callers do."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from services._platform.errors import ResourceExhausted
from services.identity.security.passwords import Lane
from tests.platform.conftest import until


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane(threads=1, queue=1)
    yield lane
    lane.close()


async def test_who_leaves_does_not_free_a_thread_that_works_on(lane: Lane) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hash_() -> str:
        begun.set()
        go_on.wait(20)
        return "hash"

    left = asyncio.create_task(lane.run(hash_))
    await until(begun.is_set)
    left.cancel()
    await asyncio.wait([left])
    waiting = asyncio.create_task(lane.run(lambda: "next"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    with pytest.raises(ResourceExhausted):
        await lane.run(lambda: "one too many")
    go_on.set()
    assert await waiting == "next"


async def test_work_that_fails_frees_its_thread(lane: Lane) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await lane.run(lambda: 1 // 0)
    assert await lane.run(lambda: "hash") == "hash"
