"""The moves: what becomes of a job, from one state to the next, and what follows from that for others.

Everything that the dispatcher knows is here. `board` says what happens, `handout` who gets what, and `watch` what time
brings.
"""

import random
from collections.abc import Mapping

from services.jobs.domain import retries
from services.jobs.domain.agenda import Agenda
from services.jobs.domain.jobs import Failure, FailureClass, Job, JobId, State
from services.jobs.domain.queues import QueueBoard, Settings
from services.jobs.domain.turn import Ended, Failed, Missed, Turn
from services.jobs.domain.workers import Worker


class Moves:
    """All jobs that have not ended, and the queues and workers that they are with. Decisions are noted in `turn`."""

    def __init__(self, settings: Mapping[str, Settings], chance: random.Random) -> None:
        self.jobs: dict[JobId, Job] = {}
        self.runs: dict[int, Job] = {}
        """By ticket."""
        self.queues: dict[str, QueueBoard] = {}
        self.workers: dict[str, Worker] = {}
        self.agenda = Agenda()
        self.turn = Turn()
        self.arriving: list[Job] = []
        """What has become ready and may be answered from the cache."""
        self.settings = dict(settings)
        self._children: dict[JobId, list[Job]] = {}
        self._budgets: dict[str, retries.RetryBudget] = {}
        self._chance = chance

    def queue(self, name: str, now: float) -> QueueBoard:
        """A queue; there from when it is asked for."""
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = QueueBoard(name, now)
            if name in self.settings:
                queue.configure(self.settings[name])
        return queue

    def enter(self, job: Job, ended: Mapping[JobId, State], now: float) -> None:
        """A job begins; `ended` knows how those of its parents ended that are not here."""
        self.jobs[job.id] = job
        queue = self.queue(job.queue, now)
        queue.count[State.WAITING] += 1
        job.state = State.WAITING
        if job.expire:
            self.agenda.add(job.expire, job)
        for dependency in job.dependencies:
            parent = self.jobs.get(dependency.on)
            if parent is not None and parent is not job:
                job.open_parents += 1
                parent.has_children = True
                self._children.setdefault(dependency.on, []).append(job)
            elif not dependency.met(ended.get(dependency.on, State.CANCELLED)):
                self.end(job, State.SKIPPED, now)
                return
        if not job.open_parents:
            self._release(job, queue, now)

    def make_ready(self, job: Job, now: float) -> None:
        """A job may run now."""
        queue = self.queues[job.queue]
        retried = job.state is State.RETRYING
        queue.move(job, State.READY)
        job.since = now
        if job.policy.cache_lifetime:
            self.arriving.append(job)
        queue.add(job, front=retried)

    def succeed(self, job: Job, now: float) -> None:
        """A run succeeded."""
        budget = self._budgets.get(job.task)
        if budget is not None:
            budget.earn(1)
        self.end(job, State.SUCCEEDED, now)

    def fail(self, job: Job, failure: Failure, now: float) -> None:
        """A run failed: another follows, or the job is given up."""
        if job.cancelling:
            self.end(job, State.CANCELLED, now)
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
            self.end(job, State.DEAD, now)
            return
        wait = retries.delay(job, failure, self._chance)
        if not self._budgets.setdefault(job.task, retries.RetryBudget()).spend():
            wait = max(wait, job.policy.max_delay)
        job.ready = now + wait
        self.turn.failed.append(Failed(job, job.run, job.worker, job.started, failure, print_, job.ready))
        self._stop(job, now, retried=True)
        queue.move(job, State.RETRYING)
        self.agenda.add(job.ready, job)

    def end(self, job: Job, state: State, now: float) -> None:
        """A job ends; those go on, or are skipped, that wait for it."""
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

    def forget(self, job: Job) -> None:
        """A job gives way to another version of itself; its lane passes over it."""
        queue = self.queues[job.queue]
        if job.holds_key:
            queue.gate.drop_key(job)
        queue.count[job.state] -= 1
        job.state = State.CANCELLED
        del self.jobs[job.id]

    def miss(self, job: Job, promise: str, *, foreseen: bool) -> None:
        """A promise is broken, or will be; said once."""
        bit = (1 if promise == "max_queue_duration" else 4) << foreseen
        if not job.told & bit:
            job.told |= bit
            self.turn.missed.append(Missed(job, promise, foreseen))

    def _release(self, job: Job, queue: QueueBoard, now: float) -> None:
        """Lets a job go on that waits for no other any more."""
        if job.ready > now:
            retried = bool(job.failures or job.losses)
            if retried and queue.settings.max_running_per_key == 1:
                # It ran before and kept its key, under another dispatcher.
                queue.gate.hold_key(job)
            queue.move(job, State.RETRYING if retried else State.SCHEDULED)
            self.agenda.add(job.ready, job)
        else:
            self.make_ready(job, now)

    def _stop(self, job: Job, now: float, *, retried: bool = False) -> None:
        """Takes a run from its worker."""
        del self.runs[job.ticket]
        self.workers[job.worker].stop(job)
        self.queues[job.queue].stop(job, now, retried=retried)
        if job.policy.max_run and now - job.started > job.policy.max_run:
            self.miss(job, "max_run_duration", foreseen=False)

    def _parent_ended(self, child: Job, parent: Job, state: State, now: float) -> None:
        if self.jobs.get(child.id) is not child or child.state is not State.WAITING:
            return
        met = all(one.met(state) for one in child.dependencies if one.on == parent.id)
        child.open_parents -= sum(one.on == parent.id for one in child.dependencies)
        if not met:
            self.end(child, State.SKIPPED, now)
        elif child.open_parents == 0:
            self._release(child, self.queues[child.queue], now)
