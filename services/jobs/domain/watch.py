"""The watch: what time brings. Instants that come, runs that take too long, workers that fall silent, promises."""

from services.jobs.domain.jobs import Failure, FailureClass, Job, State
from services.jobs.domain.moves import Moves
from services.jobs.domain.workers import GRACE

STALL = 20.0
"""Seconds between two ticks beyond which the clock jumped, or the dispatcher stood still."""


class Watch:
    """Looks after jobs, runs and workers."""

    def __init__(self, moves: Moves, now: float) -> None:
        self._moves = moves
        self._ticked = now

    def pass_time(self, now: float) -> None:
        """Makes ready what is due, and ends what came too late."""
        moves = self._moves
        for job in moves.agenda.due(now):
            if moves.jobs.get(job.id) is not job:
                continue
            if job.expire and job.expire <= now and job.state is not State.RUNNING and not job.started:
                moves.end(job, State.EXPIRED, now)
            elif job.state in (State.SCHEDULED, State.RETRYING) and job.ready <= now:
                moves.make_ready(job, now)

    def tick(self, now: float) -> None:
        """Looks after runs and workers, once a second or so."""
        moves = self._moves
        passed = now - self._ticked
        if not 0 <= passed <= STALL:
            self._excuse(passed)
        self._look_for_workers(now)
        for job in list(moves.runs.values()):
            self._look_after(job, now)
        for queue in moves.queues.values():
            queue.tick(now, now - self._ticked)
        self._foresee(now)
        self._ticked = now

    def _excuse(self, seconds: float) -> None:
        """Time in which nobody could be heard counts against nobody."""
        for worker in self._moves.workers.values():
            worker.heard += seconds
        for job in self._moves.runs.values():
            job.started += seconds
            job.heard += seconds
            job.cancelling += seconds if job.cancelling else 0.0

    def _look_for_workers(self, now: float) -> None:
        moves = self._moves
        for worker in list(moves.workers.values()):
            if now - worker.heard > GRACE:
                failure = Failure(FailureClass.LOST, "WORKER_LOST", f"the worker was silent for {GRACE:g} s")
                for job in list(worker.running.values()):
                    moves.fail(job, failure, now)
                if not worker.connected:
                    del moves.workers[worker.name]

    def _look_after(self, job: Job, now: float) -> None:
        policy = job.policy
        if job.cancelling:
            if now - job.cancelling > GRACE:
                self._moves.end(job, State.CANCELLED, now)
        elif now - job.started > policy.timeout:
            self._time_out(job, "TIMEOUT", f"the run took longer than {policy.timeout:g} s", now)
        elif policy.heartbeat_timeout and now - job.heard > policy.heartbeat_timeout:
            self._time_out(job, "SILENT", f"the run said nothing for {policy.heartbeat_timeout:g} s", now)
        elif policy.max_run and now - job.started > policy.max_run:
            self._moves.miss(job, "max_run_duration", foreseen=False)

    def _time_out(self, job: Job, code: str, message: str, now: float) -> None:
        self._moves.turn.tell(job.worker).cancelled.append(job.ticket)
        self._moves.fail(job, Failure(FailureClass.TIMEOUT, code, message), now)

    def _foresee(self, now: float) -> None:
        """Announces promises that will not be kept at the present rate."""
        for queue in self._moves.queues.values():
            wait = queue.drain_time()
            for job in queue.promised():
                waited = now - job.since
                if waited > job.policy.max_queue:
                    self._moves.miss(job, "max_queue_duration", foreseen=False)
                elif wait is not None and waited + wait > job.policy.max_queue:
                    self._moves.miss(job, "max_queue_duration", foreseen=True)
