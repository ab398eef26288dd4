"""Who is next: the priorities of one task in one queue, with ageing, so that none starves."""

from services.jobs.domain.gate import Gate
from services.jobs.domain.jobs import Job, State
from services.jobs.domain.levels import Fits, Level

LEVELS = 4


class Lanes:
    """The jobs of one task in one queue that are ready."""

    def __init__(self, gate: Gate) -> None:
        self._levels = tuple(Level(gate) for _ in range(LEVELS))

    @property
    def best(self) -> int:
        """The highest level that has something; `LEVELS` when none has."""
        for place, level in enumerate(self._levels):
            if level.round:
                return place
        return LEVELS

    def add(self, job: Job, *, front: bool = False) -> None:
        """Puts a job in, at the level of its priority. A job that ends while it stands here is passed over."""
        self._levels[job.priority - 1].add(job, front=front)

    def next(self, fits: Fits | None = None) -> Job | None:
        """Takes out the job that is next."""
        for level in self._levels:
            if level.round and (job := level.next(fits)) is not None:
                return job
        return None

    def wake(self, tenant: str, key: str) -> None:
        """Looks again at what a limit had held back."""
        for level in self._levels:
            level.wake(tenant, key)

    def wake_all(self) -> None:
        """Looks again at everything."""
        for level in self._levels:
            level.wake_all()

    def age(self, now: float) -> None:
        """Lets those rise that have waited long enough."""
        for place in range(1, LEVELS):
            for job in list(self._levels[place].rise(now, place)):
                if job.state is State.READY:
                    self._levels[place - 1].add(job, front=False)

    def oldest(self) -> float | None:
        """Since when the job has waited that has waited longest."""
        return min((since for level in self._levels if (since := level.oldest()) is not None), default=None)
