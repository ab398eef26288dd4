"""Batches: calls that are asked for at about the same time are decided by one script, in the order in which they came.

A batch costs Redis, and both ends of the link, as much as several of its calls. So after a batch of several, others are
let come along for a moment: where there are many callers, more are about to ask. Where there are few, nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from services._platform.telemetry import BATCH_SIZE
from services.ratelimit.store import wire
from services.ratelimit.store.link import Told, settle
from services.ratelimit.store.wire import Answer, Ask

TOGETHER = 64
"""Calls in a batch, at most: Redis does nothing else meanwhile."""
ENOUGH = 16
"""Calls that do not wait for others to come along."""
SEVERAL = 3
PAUSE = 0.002
"""Seconds that others are waited for after a batch of `SEVERAL` has gone out."""
_UNDER_WAY = 2

Decide = Callable[[Sequence[Ask], Told], None]
"""Has a batch decided; what it is told is the script's reply, or what is to be raised at all who asked."""

_Asked = tuple[Ask, asyncio.Future[Answer]]


class Batches:
    """What waits for a decision. A caller that has gone before its batch goes out leaves no trace."""

    def __init__(self, decide: Decide, pause: float = PAUSE) -> None:
        self._decide = decide
        self._pause_seconds = pause
        self._waiting: deque[_Asked] = deque()
        self._under_way = 0
        self._undecided = 0
        self._looking = False
        self._pause: asyncio.TimerHandle | None = None
        self._size = BATCH_SIZE.labels("decide")

    def submit(self, ask: Ask) -> asyncio.Future[Answer]:
        """Takes a call, and will have the answer to it. Raises what made its batch fail."""
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append((ask, answer))
        self._look_soon()
        return answer

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        # Found once: in Python 3.11 that asks the operating system each time which process this is.
        return asyncio.get_running_loop()

    @property
    def _due(self) -> bool:
        if not self._waiting or self._under_way == _UNDER_WAY:
            return False
        return self._pause is None or len(self._waiting) >= ENOUGH

    def _look_soon(self) -> None:
        # Not at once: whoever is about to ask in this turn of the loop comes along.
        if not self._looking and self._due:
            self._looking = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        while self._due:
            self._send()

    def _send(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        # Half of all, so that two batches are alike: Redis decides one while the other is read and the next is written.
        size = min(TOGETHER, max(ENOUGH, (self._undecided + len(self._waiting) + 1) // 2))
        batch: list[_Asked] = []
        while self._waiting and len(batch) < size:
            asked = self._waiting.popleft()
            if not asked[1].done():
                batch.append(asked)
        if not batch:
            return
        asks = [ask for ask, _ in batch]

        def told(reply: Any) -> None:
            self._under_way -= 1
            self._undecided -= len(batch)
            answers = [reply] * len(batch) if isinstance(reply, Exception) else wire.answers(asks, reply)
            for (_, waiting), answer in zip(batch, answers, strict=True):
                settle(waiting, answer)
            self._look_soon()

        if len(batch) >= SEVERAL:
            self._pause = self._loop.call_later(self._pause_seconds, self._pause_is_over)
        self._under_way += 1
        self._undecided += len(batch)
        self._size.observe(len(batch))
        self._decide(asks, told)

    def _pause_is_over(self) -> None:
        self._pause = None
        self._look()
