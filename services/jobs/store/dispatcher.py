"""The dispatcher: one process at a time, under a lease, that knows every unfinished job and hands them to workers.

It works in turns (`turns.py`). When anything goes wrong the board is thrown away and loaded again: what is stored is
the truth.
"""

import asyncio
import random
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.lease import Lease
from services.jobs.domain.jobs import JobId
from services.jobs.domain.queues import Numbers
from services.jobs.store import takeover
from services.jobs.store.journal import Journal
from services.jobs.store.news import Reader
from services.jobs.store.segments import Segments
from services.jobs.store.sessions import Session, moved
from services.jobs.store.turns import Turns
from services.jobs.store.workers import Progress, Workers

_LOOK_EVERY = 0.2
"""Seconds between looks for who is the dispatcher."""
_TERM = 1.0
"""Seconds between renewals of the lease."""
_PATIENCE = 5.0
"""Seconds that callers wait for somebody to be the dispatcher: as long as the lease of one that died may hold."""
_ASKED_BEFORE = timedelta(hours=1)
"""How old the wishes are that a dispatcher takes over, of those before it."""


class Dispatcher:
    """Hands out jobs, while this process holds the lease."""

    def __init__(
        self,
        journal: Journal,
        reader: Reader,
        segments: Segments,
        lease: Lease,
        doorbell: Doorbell,
        clock: Clock,
        address: str,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._segments = segments
        self._lease = lease
        self._doorbell = doorbell
        self._clock = clock
        self._address = address
        self._chance = random.Random()  # noqa: S311  jitter
        self._workers = Workers()
        self._turns: Turns | None = None

    # ---- For servicers ----

    @property
    def active(self) -> bool:
        """Whether this process is the dispatcher."""
        return self._turns is not None

    async def elsewhere(self) -> str:
        """Where the dispatcher is; empty when it is here. Refuses when for some seconds nobody is."""
        until = get_running_loop().time() + _PATIENCE
        while not self.active:
            address = await self._journal.dispatcher()
            if address and address != self._address:
                return address
            if get_running_loop().time() > until:
                raise moved()
            await asyncio.sleep(_LOOK_EVERY)
        return ""

    def open(self, worker: str) -> Session:
        """A session for a worker; one that it had before ends."""
        if self._turns is None:
            raise moved()
        return self._workers.open(worker)

    def numbers(self, queue: str) -> Numbers:
        """The numbers of a queue."""
        if self._turns is None:
            raise moved()
        return self._turns.board.numbers(queue, self._clock().timestamp())

    def watch(self, job: JobId, progress: Progress) -> Callable[[], None]:
        """Calls `progress` with whatever is said of a job, until what is returned is called."""
        return self._workers.watch(job, progress)

    # ---- The loop ----

    async def step(self) -> bool:
        """Dispatches for a term, if the lease can be had; whether it could."""
        # A turn that failed may be under way still. Under a new fence it is either in what is loaded, or refused.
        fence = await self._lease.take(anew=self._turns is None)
        if fence is None:
            self._stand_down()
            return False
        try:
            turns = self._turns
            if turns is None or turns.fence != fence:
                self._stand_down()
                turns = await self._take_over(fence)
                self._turns = turns
            await turns.work(_TERM)
        except BaseException:
            self._stand_down()
            raise
        return True

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """After the block another may take over at once."""
        try:
            yield
        finally:
            self._stand_down()
            with suppress(Refusal):
                await self._lease.give_up()

    def _stand_down(self) -> None:
        self._turns = None
        self._workers.end()

    async def _take_over(self, fence: int) -> Turns:
        now = self._clock()
        loaded = await self._reader.load(now - _ASKED_BEFORE)
        ended = await self._reader.outcomes(takeover.missing_parents(loaded))
        board = takeover.board(loaded, ended, fence, self._chance, now.timestamp())
        self._segments.begin(loaded.ring)
        await self._journal.announce(fence, self._address)
        return Turns(
            board,
            fence,
            loaded.snapshot,
            journal=self._journal,
            reader=self._reader,
            segments=self._segments,
            workers=self._workers,
            doorbell=self._doorbell,
            clock=self._clock,
        )
