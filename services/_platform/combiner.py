"""Combines concurrent durable writes: many callers share one statement and one commit, each gets a verdict of its own.

While one batch commits, the next gathers, so the batch grows with the load and a hot row costs one lock a batch
instead of one a caller (group commit; Helland et al., "Group Commit Timers and High Volume Transaction Systems", 1987).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from services._platform.call import current_call
from services._platform.errors import Refusal
from services._platform.telemetry import BATCH_SIZE

Item = TypeVar("Item")
Verdict = TypeVar("Verdict")

_SEVERAL = 4

Flush = Callable[[Sequence[Item]], Awaitable[Sequence[Verdict | Refusal]]]


class Combiner(Generic[Item, Verdict]):
    """Hands items to `flush` in arrival order, at most `limit` at a time.

    `flush` commits and returns one verdict an item, in order; a `Refusal` among them is raised at its caller. With one
    lane, batches follow one another and arrival order is exact; more lanes trade that for overlap.

    After a batch of several, a lane lets items gather for `pause` seconds before it takes the next: under load fewer
    commits carry more, and the few that come when there is none do not wait.

    A caller that is cancelled before its item is taken leaves no trace; once taken, the item is carried out and only
    the verdict is dropped.
    """

    def __init__(
        self, name: str, flush: Flush[Item, Verdict], *, limit: int = 256, lanes: int = 1, pause: float = 0
    ) -> None:
        self._flush = flush
        self._limit = limit
        self._lanes = lanes
        self._pause = pause
        self._waiting: deque[tuple[Item, asyncio.Future[Verdict]]] = deque()
        self._running: set[asyncio.Task[None] | None] = set()
        self._batch_size = BATCH_SIZE.labels(name)

    def submit(self, item: Item) -> asyncio.Future[Verdict]:
        """Takes an item, and will have the verdict on it. Raises its refusal, or whatever made the flush fail."""
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, verdict))
        if len(self._running) < self._lanes:
            self._running.add(asyncio.create_task(self._lane()))
        return verdict

    async def _lane(self) -> None:
        # A batch is nobody's call: the deadline of the caller that happened to start the lane must not bind others.
        current_call.set(None)
        try:
            while batch := self._take():
                self._batch_size.observe(len(batch))
                await self._settle(batch)
                if self._pause and len(batch) >= _SEVERAL:
                    await asyncio.sleep(self._pause)
        finally:
            # In the same step as the last look at the queue, so that no item finds a lane that will not look again.
            self._running -= {asyncio.current_task()}

    def _take(self) -> list[tuple[Item, asyncio.Future[Verdict]]]:
        batch: list[tuple[Item, asyncio.Future[Verdict]]] = []
        while self._waiting and len(batch) < self._limit:
            item, verdict = self._waiting.popleft()
            if not verdict.done():
                batch.append((item, verdict))
        return batch

    async def _settle(self, batch: "list[tuple[Item, asyncio.Future[Verdict]]]") -> None:
        try:
            outcomes: Sequence[Verdict | BaseException] = await self._flush([item for item, _ in batch])
        except Refusal as refusal:
            outcomes = [refusal] * len(batch)
        except Exception as error:
            if len(batch) > 1:
                # One item that the store chokes on must not fail its neighbours.
                for alone in batch:
                    await self._settle([alone])
                return
            outcomes = [error]
        if len(outcomes) != len(batch):
            outcomes = [RuntimeError(f"a flush of {len(batch)} items gave {len(outcomes)} verdicts")] * len(batch)
        for (_, verdict), outcome in zip(batch, outcomes, strict=True):
            if verdict.done():
                continue
            if isinstance(outcome, BaseException):
                verdict.set_exception(outcome)
            else:
                verdict.set_result(outcome)
