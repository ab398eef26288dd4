"""The workers that are connected: what they say goes to the board, what is decided of them goes back."""

import asyncio
from collections.abc import Callable

from mesh.jobs.v1 import job_pb2, work_service_pb2
from services.jobs.convert import specs, work
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import Failure, FailureClass, JobId
from services.jobs.domain.turn import Turn
from services.jobs.domain.workers import Worker
from services.jobs.store.sessions import Session, moved

Progress = Callable[[job_pb2.JobProgress], None]


class Workers:
    """One session a worker, and those who watch what workers say of their jobs."""

    def __init__(self) -> None:
        self.stirred = asyncio.Event()
        """Somebody has said something."""
        self._sessions: dict[str, Session] = {}
        self._answered: list[Session] = []
        """Those that are told for the last time at the end of this turn."""
        self._watchers: dict[JobId, set[Progress]] = {}

    def open(self, worker: str) -> Session:
        """A session for a worker; one that it had before ends."""
        before = self._sessions.pop(worker, None)
        if before is not None:
            before.end(moved())
        session = self._sessions[worker] = Session(worker, self.stirred.set)
        return session

    def end(self) -> None:
        """Ends all sessions: the dispatcher is here no more."""
        for session in self._sessions.values():
            session.end(moved())
        self._sessions.clear()
        self._answered.clear()

    def watch(self, job: JobId, progress: Progress) -> Callable[[], None]:
        """Calls `progress` with whatever is said of a job, until what is returned is called."""
        watchers = self._watchers.setdefault(job, set())
        watchers.add(progress)

        def stop() -> None:
            watchers.discard(progress)
            if not watchers:
                self._watchers.pop(job, None)

        return stop

    def listen(self, board: Board, now: float) -> bool:
        """Tells the board what was said; whether anything was."""
        heard = False
        for session in list(self._sessions.values()):
            worker = session.worker = session.worker or board.connect(session.name, now)
            for message in session.heard():
                heard = True
                worker.heard = now
                worker.connected = True
                self._hear(board, worker, message, now)
            if session.closed or session.finished:
                heard = True
                board.disconnect(session.name)
                if session.closed:
                    self._sessions.pop(session.name)
                else:
                    self._answered.append(session)
        return heard

    def tell(self, turn: Turn) -> None:
        """Tells workers what a turn has for them; only once it is committed."""
        for name, told in turn.told.items():
            session = self._sessions.get(name)
            if session is not None and (told.items or told.cancelled or told.stale or told.recorded):
                session.tell(work.response(told))
        for session in self._answered:
            session.end()
            if self._sessions.get(session.name) is session:
                del self._sessions[session.name]
        self._answered.clear()

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


def _failure(outcome: work_service_pb2.Outcome) -> Failure:
    failure = specs.failure(outcome.failure)
    # That a worker was lost, or a run too long, is for the dispatcher to say.
    if failure.kind in (FailureClass.LOST, FailureClass.TIMEOUT):
        return Failure(FailureClass.TRANSIENT, failure.code, failure.message)
    return failure
