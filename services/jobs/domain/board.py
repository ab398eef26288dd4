"""The board: every job that has not ended, and the one place where it is decided what becomes of it.

A turn takes in what has happened (jobs that came, outcomes that workers told, instants that passed), decides, and
leaves its decisions in `turn`. The board is right only if each turn is committed: when a commit fails, the board is
thrown away and made anew, under a new fence, from what is stored.
"""

import random
from collections.abc import Iterable, Mapping

from services.jobs.domain.handout import Handout
from services.jobs.domain.jobs import Failure, FailureClass, Job, JobId, State
from services.jobs.domain.moves import Moves
from services.jobs.domain.queues import Numbers, QueueBoard, Settings
from services.jobs.domain.turn import Turn
from services.jobs.domain.watch import Watch
from services.jobs.domain.workers import Worker


class Board:
    """The state of the dispatcher."""

    def __init__(self, first_ticket: int, settings: Mapping[str, Settings], chance: random.Random, now: float) -> None:
        self._moves = Moves(settings, chance)
        self._watch = Watch(self._moves, now)
        self._handout = Handout(self._moves, first_ticket)
        self.jobs: Mapping[JobId, Job] = self._moves.jobs
        self.queues: Mapping[str, QueueBoard] = self._moves.queues
        self.workers: Mapping[str, Worker] = self._moves.workers
        self.pass_time, self.tick, self.assign = self._watch.pass_time, self._watch.tick, self._handout.assign

    @property
    def turn(self) -> Turn:
        """What is decided since the last turn was taken."""
        return self._moves.turn

    def take_turn(self) -> Turn:
        """What is decided, to be written; from now on the next turn is decided on."""
        turn, self._moves.turn = self._moves.turn, Turn()
        return turn

    def take_arriving(self) -> list[Job]:
        """What has become ready since it was last asked for and may be answered by a result that is known."""
        arriving, self._moves.arriving = self._moves.arriving, []
        return arriving

    # ---- What comes in ----

    def arrive(self, job: Job, ended: Mapping[JobId, State], now: float) -> None:
        """Takes a job in; `ended` knows how those of its parents ended that are not on the board.

        A job that is there already is replaced, unless it runs. Parents come before their children.
        """
        before = self.jobs.get(job.id)
        if before is not None:
            if before.state is State.RUNNING or before.run >= job.run:
                return
            self._moves.forget(before)
        self._moves.enter(job, ended, now)

    def resume(self, job: Job, worker: str, ticket: int, started: float, now: float) -> None:
        """Takes over a run from the dispatcher before: its worker has a grace to come back."""
        moves = self._moves
        held = moves.workers.setdefault(worker, Worker(worker, now))
        queue = moves.queue(job.queue, now)
        job.ticket, job.worker, job.started, job.heard = ticket, worker, started, now
        moves.jobs[job.id] = moves.runs[ticket] = job
        job.state = State.RUNNING
        queue.count[State.RUNNING] += 1
        queue.gate.take(job)
        held.start(job)

    def configure(self, name: str, settings: Settings, now: float) -> None:
        """Takes the settings of a queue."""
        self._moves.settings[name] = settings
        self._moves.queue(name, now).configure(settings)

    def connect(self, name: str, now: float) -> Worker:
        """A worker is there. Its runs stay its own."""
        worker = self._moves.workers.setdefault(name, Worker(name, now))
        worker.connected = True
        worker.heard = now
        return worker

    def disconnect(self, name: str) -> None:
        """A worker's stream broke. It may come back."""
        worker = self.workers.get(name)
        if worker is not None:
            worker.connected = False
            if not worker.running:
                del self._moves.workers[name]

    # ---- What workers say ----

    def succeeded(self, worker: Worker, tickets: Iterable[int], now: float) -> None:
        """Runs that succeeded, without a result."""
        told = self.turn.tell(worker.name)
        for ticket in tickets:
            job = worker.running.get(ticket)
            if job is None:
                told.stale.append(ticket)
                continue
            told.recorded.append(ticket)
            self._moves.succeed(job, now)

    def outcome(
        self, worker: Worker, ticket: int, result: bytes, failure: Failure | None, cancelled: bool, now: float
    ) -> None:
        """A run that came out otherwise, or with a result."""
        told = self.turn.tell(worker.name)
        job = worker.running.get(ticket)
        if job is None:
            told.stale.append(ticket)
            return
        told.recorded.append(ticket)
        if failure is not None:
            self._moves.fail(job, failure, now)
        elif cancelled and not job.cancelling:
            # Nobody asked for it: the worker gave up, and another may not.
            self._moves.fail(job, Failure(FailureClass.TRANSIENT, "CANCELLED", "the worker gave the run up"), now)
        elif cancelled:
            self._moves.end(job, State.CANCELLED, now)
        else:
            if result and (job.policy.keep_result or job.policy.cache_lifetime):
                self.turn.results.append((job, result))
            self._moves.succeed(job, now)

    def heard(self, worker: Worker, tickets: Iterable[int], now: float) -> list[Job]:
        """Runs that gave a sign of life; returns those that are still the worker's."""
        jobs = [job for ticket in tickets if (job := worker.running.get(ticket)) is not None]
        for job in jobs:
            job.heard = now
        return jobs

    # ---- What people ask for ----

    def cancel(self, id: JobId, now: float) -> None:
        """Calls a job off; one that runs is told to stop."""
        job = self.jobs.get(id)
        if job is None:
            return
        if job.state is not State.RUNNING:
            self._moves.end(job, State.CANCELLED, now)
        elif not job.cancelling:
            job.cancelling = now
            self.turn.tell(job.worker).cancelled.append(job.ticket)

    def run_now(self, id: JobId, now: float) -> None:
        """Makes a job ready whose time has not come."""
        job = self.jobs.get(id)
        if job is not None and job.state in (State.SCHEDULED, State.RETRYING):
            job.ready = now
            self._moves.make_ready(job, now)

    def answer(self, job: Job, result: bytes, now: float) -> None:
        """Ends a ready job with a result that is known already."""
        if job.state is State.READY:
            if job.policy.keep_result:
                self.turn.results.append((job, result))
            self._moves.end(job, State.SUCCEEDED, now)

    # ---- What is asked of it ----

    @property
    def next_instant(self) -> float | None:
        """When `pass_time` has something to do next."""
        return self._moves.agenda.next_instant

    def numbers(self, name: str, now: float) -> Numbers:
        """The numbers of a queue."""
        workers = sum(worker.connected and worker.serves(name) for worker in self.workers.values())
        return self._moves.queue(name, now).numbers(now, workers)

    @property
    def full(self) -> frozenset[str]:
        """The queues that hold as many jobs as they may."""
        return frozenset(
            name for name, queue in self.queues.items() if queue.waiting_count >= queue.settings.max_waiting
        )
