"""How a program under test is told what to do, and tells what became of it; see `tests/bench/program.py`.

"start KIND" keeps a window full of jobs of a kind, "start KIND RATE" enqueues so many a second, whatever becomes of
them, until "stop". Of each job it is told how long it took from the call that enqueued it to the start of its run.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

NOOP, SHORT = "noop", "short"
KINDS = {NOOP: 0.0, SHORT: 0.001}
"""Seconds that a job waits."""

Enqueue = Callable[[str, bytes, int], Awaitable[None]]
"""Enqueues so many jobs of a kind with one payload."""

_SENDERS = 2
_SLICE = 0.02
"""Seconds between two batches at a steady rate, and between two lines of what was taken."""


class ClosedLoop:
    """Keeps at most `window` jobs under way, enqueued `batch` at a time."""

    def __init__(self, enqueue: Enqueue, *, window: int, batch: int) -> None:
        self._enqueue = enqueue
        self._window = window
        self._batch = batch
        self._sending = False
        self._senders: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._room = asyncio.Event()
        self._taken: list[float] = []

    async def job(self, kind: str, payload: bytes) -> None:
        """Runs a job."""
        taken = perf_counter() - float(payload)
        if seconds := KINDS[kind]:
            await asyncio.sleep(seconds)
        self._taken.append(round(taken * 1e3, 3))
        self._under_way -= 1
        if self._under_way + self._batch <= self._window:
            self._room.set()

    async def run(self) -> None:
        """Does as it is told until there is nobody to tell it."""
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        _say("ready")
        async for line in lines:
            word, *wanted = line.decode().split()
            self._sending = word == "start"
            if self._sending:
                self._start(*wanted)
            self._room.set()

    def _start(self, kind: str, rate: str = "") -> None:
        if rate:
            self._begin(self._steady(kind, float(rate)))
        else:
            for _ in range(_SENDERS):
                self._begin(self._full(kind))
        self._telling = asyncio.create_task(self._tell())

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._senders.add(task)
        task.add_done_callback(self._senders.discard)

    async def _full(self, kind: str) -> None:
        while self._sending:
            if self._under_way + self._batch > self._window:
                self._room.clear()
                await self._room.wait()
                continue
            await self._send(kind, self._batch)

    async def _steady(self, kind: str, rate: float) -> None:
        started, sent = perf_counter(), 0
        while self._sending:
            due = int((perf_counter() - started) * rate) - sent
            if due:
                sent += due
                self._begin(self._send(kind, due))
            await asyncio.sleep(_SLICE)

    async def _send(self, kind: str, count: int) -> None:
        self._under_way += count
        await self._enqueue(kind, str(perf_counter()).encode(), count)

    async def _tell(self) -> None:
        while self._sending or self._senders or self._under_way:
            await asyncio.sleep(_SLICE)
            taken, self._taken = self._taken, []
            _say(taken)
        _say(None)


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()
