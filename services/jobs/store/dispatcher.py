"""The dispatcher: one process at a time, under a lease, that knows every unfinished job and hands them to workers.

It works in turns. A turn takes in what workers said and what was enqueued, lets the board decide, commits all decisions
in one statement, and only then tells the workers. While a turn commits, the next one's input gathers, so the batch
grows with the load. When anything goes wrong the board is thrown away and loaded again: what is stored is the truth.
"""

import asyncio
import random
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from mesh.jobs.v1 import job_pb2, work_service_pb2
from services._platform.clock import Clock
from services._platform.doorbell import Doorbell
from services._platform.errors import Refusal
from services._platform.lease import Lease
from services.jobs.convert import specs, work
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import Failure, FailureClass, Job, JobId, State
from services.jobs.domain.queues import Numbers
from services.jobs.domain.turn import Turn
from services.jobs.domain.workers import Worker
from services.jobs.store import takeover
from services.jobs.store.journal import Journal, Loaded, News, Request
from services.jobs.store.segments import Segments
from services.jobs.store.sessions import Session, moved

TICK = 0.5
_LOOK_EVERY = 0.2
"""Seconds between looks for what was enqueued when nobody rang."""
_TERM = 1.0
"""Seconds between renewals of the lease."""

Progress = Callable[[job_pb2.JobProgress], None]


class Dispatcher:
    """Hands out jobs, while this process holds the lease."""

    def __init__(
        self, journal: Journal, segments: Segments, lease: Lease, doorbell: Doorbell, clock: Clock, address: str
    ) -> None:
        self._journal = journal
        self._segments = segments
        self._lease = lease
        self._doorbell = doorbell
        self._clock = clock
        self._address = address
        self._chance = random.Random()  # noqa: S311  jitter
        self._board: Board | None = None
        self._fence = 0
        self._snapshot = ""
        self._sessions: dict[str, Session] = {}
        self._watchers: dict[JobId, set[Progress]] = {}
        self._stirred = asyncio.Event()
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
        """Where the dispatcher is, when it is not here. Refuses when nobody knows."""
        address = await self._journal.dispatcher()
        if not address or address == self._address:
            raise moved()
        return address

    def open(self, worker: str) -> Session:
        """A session for a worker; one that it had before ends."""
        if self._board is None:
            raise moved()
        before = self._sessions.pop(worker, None)
        if before is not None:
            before.end()
        session = self._sessions[worker] = Session(worker, self._stirred.set)
        return session

    def numbers(self, queue: str) -> Numbers:
        """The numbers of a queue."""
        if self._board is None:
            raise moved()
        return self._board.numbers(queue, self._now())

    def watch(self, job: JobId, progress: Progress) -> Callable[[], None]:
        """Calls `progress` with whatever is said of a job, until what is returned is called."""
        watchers = self._watchers.setdefault(job, set())
        watchers.add(progress)

        def stop() -> None:
            watchers.discard(progress)
            if not watchers:
                self._watchers.pop(job, None)

        return stop

    # ---- The loop ----

    async def step(self) -> bool:
        """Dispatches for a term, if the lease can be had; whether it could."""
        fence = await self._lease.take()
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
        for session in self._sessions.values():
            session.end()
        self._sessions.clear()

    async def _take_over(self, fence: int) -> None:
        loaded: Loaded = await self._journal.load(self._clock())
        ended = await self._journal.outcomes(takeover.missing_parents(loaded))
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
        heard = self._listen(board, now)
        board.pass_time(now)
        if get_running_loop().time() - self._ticked >= TICK:
            self._ticked = get_running_loop().time()
            board.tick(now)
            if board.full != self._full:
                self._full = board.full
                await self._journal.fill(sorted(board.full), self._clock())
        await self._answer_from_cache(board, now)
        board.assign(now)
        turn, board.turn = board.turn, Turn()
        news = await self._commit_and_look(turn)
        self._tell(turn)
        if news is not None:
            await self._take_in(board, news)
        await self._segments.keep(board, self._fence)
        return heard or turn.decides or bool(news and (news.jobs or news.requests))

    async def _commit_and_look(self, turn: Turn) -> News | None:
        """Commits a turn, and meanwhile looks for what was enqueued, if there is reason to."""
        rings, time = self._doorbell.rings, get_running_loop().time()
        looks = rings != self._rings or time - self._looked >= _LOOK_EVERY
        if looks:
            self._rings, self._looked = rings, time
        committing = self._journal.commit(turn, self._fence, self._segments.ring, self._clock())
        if not looks:
            if turn.decides:
                await committing
            else:
                committing.close()
            return None
        if not turn.decides:
            committing.close()
            return await self._news()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(committing)
            news = tasks.create_task(self._news())
        return news.result()

    async def _news(self) -> News:
        news = await self._journal.news(self._snapshot)
        self._snapshot = news.snapshot
        return news

    async def _take_in(self, board: Board, news: News) -> None:
        now = self._now()
        jobs = [specs.job(row) for row in news.jobs]
        self._segments.note_strays(news.jobs)
        ended: Mapping[JobId, State] = {}
        if any(job.dependencies for job in jobs):
            coming = {job.id for job in jobs}
            parents = {one.on for job in jobs for one in job.dependencies} - coming - board.jobs.keys()
            ended = await self._journal.outcomes(list(parents)) if parents else {}
        for job in takeover.parents_first(jobs):
            board.arrive(job, ended, now)
        for request in news.requests:
            await self._do(board, request, now)

    async def _do(self, board: Board, request: Request, now: float) -> None:
        match request.kind:
            case 1:
                board.cancel(request.job, now)
            case 2:
                board.run_now(request.job, now)
            case 3:
                board.configure(request.queue, await self._journal.settings(request.queue), now)

    async def _answer_from_cache(self, board: Board, now: float) -> None:
        arriving, board.arriving = board.arriving, []
        if not arriving:
            return
        by_digest: dict[bytes, list[Job]] = {}
        for job in arriving:
            by_digest.setdefault(specs.digest(job.task, job.payload), []).append(job)
        for digest, result in (await self._journal.cached(list(by_digest), self._clock())).items():
            for job in by_digest[digest]:
                board.answer(job, result, now)

    # ---- Workers ----

    def _listen(self, board: Board, now: float) -> bool:
        heard = False
        for session in list(self._sessions.values()):
            worker = session.worker = session.worker or board.connect(session.name, now)
            for message in session.heard():
                heard = True
                worker.heard = now
                worker.connected = True
                self._hear(board, worker, message, now)
            if session.closed:
                heard = True
                board.disconnect(session.name)
                if self._sessions.get(session.name) is session:
                    del self._sessions[session.name]
        return heard

    def _hear(self, board: Board, worker: Worker, message: work_service_pb2.WorkRequest, now: float) -> None:
        if message.HasField("hello"):
            hello = message.hello
            worker.queues = tuple(name.removeprefix("queues/") for name in hello.queues)
            worker.tasks = dict.fromkeys(hello.tasks)
            worker.capacity = hello.capacity
            worker.offer(dict(hello.resources))
        if message.succeeded:
            board.succeeded(worker, message.succeeded, now)
        for outcome in message.outcomes:
            failure = _failure(outcome) if outcome.HasField("failure") else None
            board.outcome(worker, outcome.ticket, outcome.result, failure, outcome.cancelled, now)
        for said in message.progress:
            for job in board.heard(worker, (said.ticket,), now):
                for watcher in self._watchers.get(job.id, ()):
                    watcher(said.progress)

    def _tell(self, turn: Turn) -> None:
        for name, told in turn.told.items():
            session = self._sessions.get(name)
            if session is not None and (told.items or told.cancelled or told.stale or told.recorded):
                session.tell(work.response(told))

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


def _failure(outcome: work_service_pb2.Outcome) -> Failure:
    failure = specs.failure(outcome.failure)
    # That a worker was lost, or a run too long, is for the dispatcher to say.
    if failure.kind in (FailureClass.LOST, FailureClass.TIMEOUT):
        return Failure(FailureClass.TRANSIENT, failure.code, failure.message)
    return failure
