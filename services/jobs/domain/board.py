"""The board: every job that has not ended, and the one place where it is decided what becomes of it.

A turn takes in what has happened (jobs that came, outcomes that workers told, instants that passed), decides, and
leaves its decisions in `turn`. The board is right only if each turn is committed: when a commit fails, the board is
thrown away and made anew from what is stored.
"""

import heapq
import random
from collections.abc import Iterable, Mapping
from itertools import count

from services.jobs.domain import retries
from services.jobs.domain.jobs import Failure, FailureClass, Job, JobId, State
from services.jobs.domain.queues import Numbers, QueueBoard, Settings
from services.jobs.domain.turn import Ended, Failed, Missed, Turn
from services.jobs.domain.workers import GRACE, Worker

_CHUNK = 64
"""How many runs a worker gets before another has its turn."""


class Board:
    """The state of the dispatcher."""

    def __init__(self, first_ticket: int, settings: Mapping[str, Settings], chance: random.Random, now: float) -> None:
        self.jobs: dict[JobId, Job] = {}
        self.queues: dict[str, QueueBoard] = {}
        self.workers: dict[str, Worker] = {}
        self.turn = Turn()
        self.arriving: list[Job] = []
        self._settings = dict(settings)
        self._runs: dict[int, Job] = {}
        self._children: dict[JobId, list[Job]] = {}
        self._budgets: dict[str, retries.RetryBudget] = {}
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()
        self._ticket = first_ticket
        self._chance = chance
        self._ticked = now

    # ---- What comes in ----

    def arrive(self, job: Job, ended: Mapping[JobId, State], now: float) -> None:
        """Takes a job in; `ended` knows how those of its parents ended that are not on the board.

        A job that is there already is replaced, unless it runs. Parents come before their children.
        """
        before = self.jobs.get(job.id)
        if before is not None:
            if before.state is State.RUNNING or before.run >= job.run:
                return
            self._forget(before)
        self.jobs[job.id] = job
        queue = self._queue(job.queue, now)
        queue.count[State.WAITING] += 1
        job.state = State.WAITING
        if job.expire:
            heapq.heappush(self._heap, (job.expire, next(self._order), job))
        for dependency in job.dependencies:
            parent = self.jobs.get(dependency.on)
            if parent is not None and parent is not job:
                job.open_parents += 1
                parent.has_children = True
                self._children.setdefault(dependency.on, []).append(job)
            elif not dependency.met(ended.get(dependency.on, State.CANCELLED)):
                self._end(job, State.SKIPPED, now)
                return
        if not job.open_parents:
            self._release(job, queue, now)

    def resume(self, job: Job, worker: str, ticket: int, started: float, now: float) -> None:
        """Takes over a run from the dispatcher before: its worker has a grace to come back."""
        held = self.workers.setdefault(worker, Worker(worker, now))
        queue = self._queue(job.queue, now)
        job.ticket, job.worker, job.started, job.heard = ticket, worker, started, now
        self.jobs[job.id] = job
        self._runs[ticket] = job
        job.state = State.RUNNING
        queue.count[State.RUNNING] += 1
        queue.gate.take(job)
        held.start(job)

    def configure(self, name: str, settings: Settings, now: float) -> None:
        """Takes the settings of a queue."""
        self._settings[name] = settings
        self._queue(name, now).configure(settings)

    def connect(self, name: str, now: float) -> Worker:
        """A worker is there. Its runs stay its own."""
        worker = self.workers.setdefault(name, Worker(name, now))
        worker.connected = True
        worker.heard = now
        return worker

    def disconnect(self, name: str) -> None:
        """A worker's stream broke. It may come back."""
        worker = self.workers.get(name)
        if worker is not None:
            worker.connected = False
            if not worker.running:
                del self.workers[name]

    # ---- What workers say ----

    def succeeded(self, worker: Worker, tickets: Iterable[int], now: float) -> None:
        """Runs that succeeded, without a result."""
        told = self.turn.tell(worker.name)
        for ticket in tickets:
            if worker.running.get(ticket) is None:
                told.stale.append(ticket)
                continue
            told.recorded.append(ticket)
            self._succeed(self._runs[ticket], now)

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
            self._fail(job, failure, now)
        elif cancelled:
            self._end(job, State.CANCELLED, now)
        else:
            if result and (job.policy.keep_result or job.policy.cache_lifetime):
                self.turn.results.append((job, result))
            self._succeed(job, now)

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
            self._end(job, State.CANCELLED, now)
        elif not job.cancelling:
            job.cancelling = now
            self.turn.tell(job.worker).cancelled.append(job.ticket)

    def run_now(self, id: JobId, now: float) -> None:
        """Makes a job ready whose time has not come."""
        job = self.jobs.get(id)
        if job is not None and job.state in (State.SCHEDULED, State.RETRYING):
            job.ready = now
            self._make_ready(job, self.queues[job.queue], now)

    def answer(self, job: Job, result: bytes, now: float) -> None:
        """Ends a ready job with a result that is known already."""
        if job.state is State.READY:
            if job.policy.keep_result:
                self.turn.results.append((job, result))
            self._end(job, State.SUCCEEDED, now)

    # ---- What time brings ----

    def pass_time(self, now: float) -> None:
        """Makes ready what is due, and ends what came too late."""
        while self._heap and self._heap[0][0] <= now:
            _, _, job = heapq.heappop(self._heap)
            if self.jobs.get(job.id) is not job:
                continue
            if job.expire and job.expire <= now and job.state is not State.RUNNING and not job.started:
                self._end(job, State.EXPIRED, now)
            elif job.state in (State.SCHEDULED, State.RETRYING) and job.ready <= now:
                self._make_ready(job, self.queues[job.queue], now)

    @property
    def next_instant(self) -> float | None:
        """When `pass_time` has something to do next."""
        return self._heap[0][0] if self._heap else None

    def tick(self, now: float) -> None:
        """Looks after runs and workers, once a second or so: timeouts, silence, ageing, promises."""
        for worker in list(self.workers.values()):
            if now - worker.heard > GRACE:
                failure = Failure(FailureClass.LOST, "WORKER_LOST", f"the worker was silent for {GRACE:g} s")
                for job in list(worker.running.values()):
                    self._fail(job, failure, now)
                if not worker.connected:
                    del self.workers[worker.name]
        for job in list(self._runs.values()):
            self._look_after(job, now)
        for queue in self.queues.values():
            queue.tick(now, now - self._ticked)
        self._foresee(now)
        self._ticked = now

    def numbers(self, name: str, now: float) -> Numbers:
        """The numbers of a queue."""
        workers = sum(worker.connected and worker.serves(name) for worker in self.workers.values())
        return self._queue(name, now).numbers(now, workers)

    @property
    def full(self) -> frozenset[str]:
        """The queues that hold as many jobs as they may."""
        return frozenset(
            name for name, queue in self.queues.items() if queue.waiting_count >= queue.settings.max_waiting
        )

    # ---- Who gets what ----

    def assign(self, now: float) -> None:
        """Hands out what may run to workers that have room."""
        self.turn.first_ticket = self._ticket
        rooms = {name: queue.room(now) for name, queue in self.queues.items() if queue.count[State.READY]}
        hungry = [worker for worker in self.workers.values() if worker.room > 0] if any(rooms.values()) else []
        while hungry:
            hungry = [worker for worker in hungry if self._feed(worker, rooms, now)]

    def _feed(self, worker: Worker, rooms: dict[str, int], now: float) -> bool:
        """Gives a worker a chunk; whether it may take more."""
        wanted = min(worker.room, _CHUNK)
        for name in worker.queues or tuple(rooms):
            room = min(wanted, rooms.get(name, 0))
            if room <= 0:
                continue
            queue = self.queues[name]
            given = self._hand_out(worker, queue, room, now)
            rooms[name] -= given
            wanted -= given
            if given < room:
                # The rest does not fit this worker, or is held back.
                continue
            if not wanted:
                return worker.room > 0
        return False

    def _hand_out(self, worker: Worker, queue: QueueBoard, most: int, now: float) -> int:
        fits = worker.fits
        turn, told, runs = self.turn, self.turn.tell(worker.name), self._runs
        for given in range(most):
            job = queue.next(worker.tasks, fits)
            if job is None:
                return given
            queue.start(job, now)
            queue.move(job, State.RUNNING)
            job.run += 1
            job.ticket = ticket = self._ticket
            self._ticket = ticket + 1
            job.worker = worker.name
            job.started = job.heard = now
            runs[ticket] = job
            worker.start(job)
            turn.claimed.append(job)
            told.items.append(job)
            if job.policy.max_queue and now - job.since > job.policy.max_queue:
                self._miss(job, "max_queue_duration", foreseen=False)
        queue.rotate()
        return most

    # ---- Moves ----

    def _queue(self, name: str, now: float) -> QueueBoard:
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = QueueBoard(name, now)
            if name in self._settings:
                queue.configure(self._settings[name])
        return queue

    def _release(self, job: Job, queue: QueueBoard, now: float) -> None:
        """Lets a job go on that waits for no other any more."""
        if job.ready > now:
            queue.move(job, State.RETRYING if job.failures or job.losses else State.SCHEDULED)
            heapq.heappush(self._heap, (job.ready, next(self._order), job))
        else:
            self._make_ready(job, queue, now)

    def _make_ready(self, job: Job, queue: QueueBoard, now: float) -> None:
        retried = job.state is State.RETRYING
        queue.move(job, State.READY)
        job.since = now
        if job.policy.cache_lifetime:
            self.arriving.append(job)
        queue.add(job, front=retried)

    def _stop(self, job: Job, now: float, *, retried: bool = False) -> None:
        """Takes a run from its worker."""
        del self._runs[job.ticket]
        self.workers[job.worker].stop(job)
        self.queues[job.queue].stop(job, now, retried=retried)
        if job.policy.max_run and now - job.started > job.policy.max_run:
            self._miss(job, "max_run_duration", foreseen=False)

    def _succeed(self, job: Job, now: float) -> None:
        budget = self._budgets.get(job.task)
        if budget is not None:
            budget.earn(1)
        self._end(job, State.SUCCEEDED, now)

    def _fail(self, job: Job, failure: Failure, now: float) -> None:
        if job.cancelling:
            self._end(job, State.CANCELLED, now)
            return
        queue = self.queues[job.queue]
        queue.failed += 1
        if failure.kind is FailureClass.LOST:
            job.losses += 1
        elif failure.kind is not FailureClass.THROTTLED:
            job.failures += 1
        job.failure = failure
        print_ = retries.fingerprint(job.task, failure)
        if retries.given_up(job, failure):
            record = Failed(job, job.run, job.worker, job.started, failure, print_, 0.0)
            self.turn.failed.append(record)
            self.turn.dead.append(record)
            self._end(job, State.DEAD, now)
            return
        wait = retries.delay(job, failure, self._chance)
        if not self._budgets.setdefault(job.task, retries.RetryBudget()).spend():
            wait = max(wait, job.policy.max_delay)
        job.ready = now + wait
        self.turn.failed.append(Failed(job, job.run, job.worker, job.started, failure, print_, job.ready))
        self._stop(job, now, retried=True)
        queue.move(job, State.RETRYING)
        heapq.heappush(self._heap, (job.ready, next(self._order), job))

    def _end(self, job: Job, state: State, now: float) -> None:
        queue = self.queues[job.queue]
        if job.state is State.RUNNING:
            self._stop(job, now)
        elif job.holds_key:
            queue.gate.drop_key(job)
            queue.wake(job)
        queue.move(job, state)
        self.turn.end(job, state)
        del self.jobs[job.id]
        if job.unique:
            self.turn.released.append((job.queue, job.unique, job.id))
        if state is not State.SUCCEEDED or job.has_children or job.policy.keep_result:
            self.turn.ended.append(Ended(job, state))
        if job.has_children:
            for child in self._children.pop(job.id, ()):
                self._parent_ended(child, job, state, now)

    def _parent_ended(self, child: Job, parent: Job, state: State, now: float) -> None:
        if self.jobs.get(child.id) is not child or child.state is not State.WAITING:
            return
        met = all(one.met(state) for one in child.dependencies if one.on == parent.id)
        child.open_parents -= sum(one.on == parent.id for one in child.dependencies)
        if not met:
            self._end(child, State.SKIPPED, now)
        elif child.open_parents == 0:
            self._release(child, self.queues[child.queue], now)

    def _forget(self, job: Job) -> None:
        """Takes a job off the board that another version replaces; its lane passes over it."""
        queue = self.queues[job.queue]
        if job.holds_key:
            queue.gate.drop_key(job)
        queue.count[job.state] -= 1
        job.state = State.CANCELLED
        del self.jobs[job.id]

    def _look_after(self, job: Job, now: float) -> None:
        policy = job.policy
        if job.cancelling:
            if now - job.cancelling > GRACE:
                self._end(job, State.CANCELLED, now)
        elif now - job.started > policy.timeout:
            self._time_out(job, "TIMEOUT", f"the run took longer than {policy.timeout:g} s", now)
        elif policy.heartbeat_timeout and now - job.heard > policy.heartbeat_timeout:
            self._time_out(job, "SILENT", f"the run said nothing for {policy.heartbeat_timeout:g} s", now)
        elif policy.max_run and now - job.started > policy.max_run:
            self._miss(job, "max_run_duration", foreseen=False)

    def _time_out(self, job: Job, code: str, message: str, now: float) -> None:
        self.turn.tell(job.worker).cancelled.append(job.ticket)
        self._fail(job, Failure(FailureClass.TIMEOUT, code, message), now)

    def _foresee(self, now: float) -> None:
        """Announces promises that will not be kept at the present rate."""
        for queue in self.queues.values():
            wait = queue.drain_time()
            if wait is None:
                continue
            for job in queue.promised():
                if now - job.since + wait > job.policy.max_queue:
                    self._miss(job, "max_queue_duration", foreseen=now - job.since <= job.policy.max_queue)

    def _miss(self, job: Job, promise: str, *, foreseen: bool) -> None:
        bit = (1 if promise == "max_queue_duration" else 4) << foreseen
        if not job.told & bit:
            job.told |= bit
            self.turn.missed.append(Missed(job, promise, foreseen))
