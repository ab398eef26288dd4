"""The ring of segments, in which rows are only ever appended."""

from dataclasses import dataclass
from datetime import datetime

SLOTS = 16


@dataclass(frozen=True, slots=True)
class Ring:
    """The segments: the newest, and the oldest that may hold unfinished jobs."""

    newest: int
    oldest_open: int
    start_time: datetime

    @property
    def slot(self) -> int:
        """Where is written."""
        return self.newest % SLOTS

    @property
    def open_slots(self) -> list[int]:
        """Where unfinished jobs are."""
        return [number % SLOTS for number in range(self.oldest_open, self.newest + 1)]
