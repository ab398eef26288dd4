"""A worker on the board."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.jobs.domain.jobs import Job

GRACE = 30.0
"""Seconds without a sign of life after which a worker's runs are given to others."""


@dataclass(slots=True, eq=False)
class Worker:
    """Who takes jobs, and what room is left. Without queues it takes from all.

    A worker that was not heard of since a takeover is not connected.
    """

    name: str
    heard: float
    queues: tuple[str, ...] = ()
    tasks: Mapping[str, None] = field(default_factory=dict)
    capacity: int = 0
    resources: Mapping[str, float] = field(default_factory=dict)
    free: dict[str, float] = field(default_factory=dict)
    running: dict[int, Job] = field(default_factory=dict)
    connected: bool = False

    @property
    def room(self) -> int:
        """How many runs it takes now."""
        return self.capacity - len(self.running) if self.connected else 0

    def serves(self, queue: str) -> bool:
        """Whether it takes from a queue."""
        return not self.queues or queue in self.queues

    def offer(self, resources: Mapping[str, float]) -> None:
        """States what it has; what runs goes on taking its part."""
        self.resources = resources
        self.free = dict(resources)
        for job in self.running.values():
            self._take(job, -1)

    def fits(self, job: Job) -> bool:
        """Whether what a job takes up is free."""
        return all(self.free.get(unit, 0.0) >= amount for unit, amount in job.policy.resources.items())

    def start(self, job: Job) -> None:
        """Takes a run."""
        self.running[job.ticket] = job
        if job.policy.resources:
            self._take(job, -1)

    def stop(self, job: Job) -> None:
        """Gives a run up."""
        del self.running[job.ticket]
        if job.policy.resources:
            self._take(job, 1)

    def _take(self, job: Job, sign: int) -> None:
        for unit, amount in job.policy.resources.items():
            self.free[unit] = self.free.get(unit, 0.0) + sign * amount
