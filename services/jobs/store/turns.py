"""The turns of a dispatcher.

A turn takes in what workers said and what was enqueued, lets the board decide, commits all decisions in one statement,
and only then tells the workers. While a turn commits, the next one's input gathers, so the batch grows with the load.
"""

import asyncio
from asyncio import get_running_loop
from contextlib import suppress

from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.tasks import end
from services.jobs.domain.board import Board
from services.jobs.domain.turn import Turn
from services.jobs.store.intake import Intake
from services.jobs.store.journal import Journal
from services.jobs.store.news import News, Reader
from services.jobs.store.segments import Segments
from services.jobs.store.workers import Workers

TICK = 0.5
"""Seconds between looks after what runs."""
_LOOK_EVERY = 0.2
"""Seconds between looks for what was enqueued when nobody rang."""


class Turns:
    """The turns under one fence, with a board that is right as long as none of them fails."""

    def __init__(
        self,
        board: Board,
        fence: int,
        snapshot: str,
        *,
        journal: Journal,
        reader: Reader,
        segments: Segments,
        workers: Workers,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self.board = board
        self.fence = fence
        self._snapshot = snapshot
        self._journal = journal
        self._reader = reader
        self._segments = segments
        self._intake = Intake(reader, segments)
        self._workers = workers
        self._doorbell = doorbell
        self._clock = clock
        self._rings = -1
        self._looked = 0.0
        self._ticked = 0.0
        self._full: frozenset[str] | None = None

    async def work(self, seconds: float) -> None:
        """Works for so long, turn after turn. Raises when one fails: then this board is over."""
        until = get_running_loop().time() + seconds
        while get_running_loop().time() < until:
            if not await self._turn():
                await self._rest(until)

    async def _turn(self) -> bool:
        """One turn; whether it found anything to do."""
        board, now = self.board, self._now()
        self._workers.stirred.clear()
        heard = self._workers.listen(board, now)
        board.pass_time(now)
        await self._tick(now)
        await self._intake.answer_from_cache(board, now)
        board.assign(now)
        turn = board.take_turn()
        news = await self._commit_and_look(turn)
        self._workers.tell(turn)
        if news is not None:
            await self._intake.take_in(board, news, self._now())
        await self._segments.keep(board, self.fence)
        return heard or turn.decides or bool(news and (news.jobs or news.requests))

    async def _tick(self, now: float) -> None:
        """Now and then: looks after what runs, and says which queues are full."""
        if get_running_loop().time() - self._ticked < TICK:
            return
        self._ticked = get_running_loop().time()
        self.board.tick(now)
        full = self.board.full
        if full != self._full:
            self._full = full
            await self._journal.fill(sorted(full), self._clock())

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
            await self._journal.commit(turn, self.fence, self._segments.ring, self._clock())
            if turn.announces:
                self._doorbell.ring()

    async def _news(self) -> News:
        news = await self._reader.news(self._snapshot)
        self._snapshot = news.snapshot
        return news

    async def _rest(self, until: float) -> None:
        """Waits for something to do."""
        wait = min(until - get_running_loop().time(), _LOOK_EVERY)
        due = self.board.next_instant
        if due is not None:
            wait = min(wait, max(0.001, due - self._now()))
        if wait <= 0 or self._workers.stirred.is_set() or self._doorbell.rings != self._rings:
            return
        stirred = asyncio.ensure_future(self._workers.stirred.wait())
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
