"""The handout: which of the jobs that may run go to which worker."""

from services.jobs.domain.jobs import State
from services.jobs.domain.moves import Moves
from services.jobs.domain.queues import QueueBoard
from services.jobs.domain.workers import Worker

_CHUNK = 64
"""How many runs a worker gets before another has its turn."""


class Handout:
    """Gives out runs, each under a ticket that is used once: they count up from the first."""

    def __init__(self, moves: Moves, first_ticket: int) -> None:
        self._moves = moves
        self._ticket = first_ticket

    def assign(self, now: float) -> None:
        """Hands out what may run to workers that have room."""
        moves = self._moves
        moves.turn.first_ticket = self._ticket
        rooms = {name: queue.room(now) for name, queue in moves.queues.items() if queue.count[State.READY]}
        hungry = [worker for worker in moves.workers.values() if worker.room > 0] if any(rooms.values()) else []
        while hungry:
            hungry = [worker for worker in hungry if self._feed(worker, rooms, now)]

    def _feed(self, worker: Worker, rooms: dict[str, int], now: float) -> bool:
        """Gives a worker a chunk; whether it may take more."""
        wanted = min(worker.room, _CHUNK)
        for name in worker.queues or tuple(rooms):
            room = min(wanted, rooms.get(name, 0))
            if room <= 0:
                continue
            given = self._hand_out(worker, self._moves.queues[name], room, now)
            rooms[name] -= given
            wanted -= given
            if given < room:
                # The rest does not fit this worker, or is held back.
                continue
            if not wanted:
                return worker.room > 0
        return False

    def _hand_out(self, worker: Worker, queue: QueueBoard, most: int, now: float) -> int:
        moves, fits, name = self._moves, worker.fits, worker.name
        claimed, items, runs = moves.turn.claimed, moves.turn.tell(name).items, moves.runs
        known = queue.lanes(worker.tasks)
        for given in range(most):
            job = queue.next(known, fits)
            if job is None:
                return given
            queue.start(job, now)
            job.run += 1
            job.ticket = ticket = self._ticket
            self._ticket = ticket + 1
            job.worker = name
            job.started = job.heard = now
            runs[ticket] = job
            worker.start(job)
            claimed.append(job)
            items.append(job)
            if job.policy.max_queue and now - job.since > job.policy.max_queue:
                moves.miss(job, "max_queue_duration", foreseen=False)
        queue.rotate()
        return most
