"""The dispatcher: one process at a time, under a lease, that knows every unfinished job and hands them to workers.

It works in turns. A turn takes in what workers said and what was enqueued, lets the board decide, commits all decisions
in one statement, and only then tells the workers. While a turn commits, the next one's input gathers, so the batch
grows with the load. When anything goes wrong the board is thrown away and loaded again: what is stored is the truth.
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
from services._platform.tasks import end
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import JobId
from services.jobs.domain.queues import Numbers
from services.jobs.domain.turn import Turn
from services.jobs.store import takeover
from services.jobs.store.intake import Intake
from services.jobs.store.journal import Journal
from services.jobs.store.news import News, Reader
from services.jobs.store.segments import Segments
from services.jobs.store.sessions import Session, moved
from services.jobs.store.workers import Progress, Workers

TICK = 0.5
_LOOK_EVERY = 0.2
"""Seconds between looks for what was enqueued when nobody rang."""
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
        self._intake = Intake(reader, segments)
        self._lease = lease
        self._doorbell = doorbell
        self._clock = clock
        self._address = address
        self._chance = random.Random()  # noqa: S311  jitter
        self._board: Board | None = None
        self._fence = 0
        self._snapshot = ""
        self._stirred = asyncio.Event()
        self._workers = Workers(self._stirred.set)
        self._rings = -1
        self._looked = 0.0
        self._ticked = 0.0
        self._full: frozenset[str] | None = None

    # ---- For servicers ----

    @property
    def active(self) -> bool:
        """Whether this process is the dispatcher."""
        return self._board is not None

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
        if self._board is None:
            raise moved()
        return self._workers.open(worker)

    def numbers(self, queue: str) -> Numbers:
        """The numbers of a queue."""
        if self._board is None:
            raise moved()
        return self._board.numbers(queue, self._now())

    def watch(self, job: JobId, progress: Progress) -> Callable[[], None]:
        """Calls `progress` with whatever is said of a job, until what is returned is called."""
        return self._workers.watch(job, progress)

    # ---- The loop ----

    async def step(self) -> bool:
        """Dispatches for a term, if the lease can be had; whether it could."""
        # A turn that failed may be under way still. Under a new fence it is either in what is loaded, or refused.
        fence = await self._lease.take(anew=self._board is None)
        if fence is None:
            self._stand_down()
            return False
        try:
            if self._board is None or fence != self._fence:
                self._stand_down()
                await self._take_over(fence)
            until = get_running_loop().time() + _TERM
            while get_running_loop().time() < until:
                if not await self._turn():
                    await self._rest(until)
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
        self._board = None
        self._workers.end()

    async def _take_over(self, fence: int) -> None:
        loaded = await self._reader.load(self._clock() - _ASKED_BEFORE)
        ended = await self._reader.outcomes(takeover.missing_parents(loaded))
        board = takeover.board(loaded, ended, fence, self._chance, self._now())
        self._segments.begin(loaded.ring)
        await self._journal.announce(fence, self._address)
        self._board, self._fence, self._snapshot = board, fence, loaded.snapshot
        self._looked, self._full = 0.0, None

    async def _turn(self) -> bool:
        """One turn; whether it found anything to do."""
        board = self._board
        if board is None:
            raise moved()
        now = self._now()
        self._stirred.clear()
        heard = self._workers.listen(board, now)
        board.pass_time(now)
        if get_running_loop().time() - self._ticked >= TICK:
            self._ticked = get_running_loop().time()
            board.tick(now)
            if board.full != self._full:
                self._full = board.full
                await self._journal.fill(sorted(board.full), self._clock())
        await self._intake.answer_from_cache(board, now)
        board.assign(now)
        turn = board.take_turn()
        news = await self._commit_and_look(turn)
        self._workers.tell(turn)
        if news is not None:
            await self._intake.take_in(board, news, self._now())
        await self._segments.keep(board, self._fence)
        return heard or turn.decides or bool(news and (news.jobs or news.requests))

    async def _commit_and_look(self, turn: Turn) -> News | None:
        """Commits a turn, and meanwhile looks for what was enqueued, if there is reason to."""
        rings, time = self._doorbell.rings, get_running_loop().time()
        looks = rings != self._rings or time - self._looked >= _LOOK_EVERY
        if looks:
            self._rings, self._looked = rings, time
        committing = asyncio.ensure_future(self._commit(turn))
        try:
            news = await self._news() if looks else None
            await committing
        finally:
            await end(committing)
        return news

    async def _commit(self, turn: Turn) -> None:
        if turn.decides:
            await self._journal.commit(turn, self._fence, self._segments.ring, self._clock())

    async def _news(self) -> News:
        news = await self._reader.news(self._snapshot)
        self._snapshot = news.snapshot
        return news

    async def _rest(self, until: float) -> None:
        """Waits for something to do."""
        board = self._board
        wait = min(until - get_running_loop().time(), _LOOK_EVERY)
        due = board.next_instant if board is not None else None
        if due is not None:
            wait = min(wait, max(0.001, due - self._now()))
        if wait <= 0 or self._stirred.is_set() or self._doorbell.rings != self._rings:
            return
        stirred = asyncio.ensure_future(self._stirred.wait())
        rung = asyncio.ensure_future(self._doorbell.wait(self._rings, wait))
        try:
            await asyncio.wait((stirred, rung), timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (stirred, rung):
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting

    def _now(self) -> float:
        return self._clock().timestamp()
