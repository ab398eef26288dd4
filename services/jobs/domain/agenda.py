"""The agenda: at which instants something becomes of jobs by itself."""

import heapq
from collections.abc import Iterator
from itertools import count

from services.jobs.domain.jobs import Job


class Agenda:
    """Jobs by the instants that concern them. What is on it may be out of date: who takes it out looks again."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()

    def add(self, instant: float, job: Job) -> None:
        """Notes an instant."""
        heapq.heappush(self._heap, (instant, next(self._order), job))

    def due(self, now: float) -> Iterator[Job]:
        """Takes out what is due, in order."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]

    @property
    def next_instant(self) -> float | None:
        """When something is due next."""
        return self._heap[0][0] if self._heap else None
