"""Sliding window of two counters: the older one counts for the part of it that is still in the window.

"How we built rate limiting capable of scaling to millions of domains", Cloudflare, 2017. It takes the calls of the
older window for evenly spread; when they were not, a window may see almost twice the limit.
"""

from dataclasses import dataclass
from typing import Self

from services.ratelimit.domain.terms import NEVER, Look, Terms


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """The units of the window that starts at `start`, and of the one before."""

    start: int = 0
    count: int = 0
    before: int = 0

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while the weighted units stay within the capacity."""
        start, count, before = self._at(now, terms.window)
        elapsed = now - start
        weighted = before * (terms.window - elapsed) + count * terms.window
        over = weighted + (terms.units - terms.capacity) * terms.window
        reset = 2 * terms.window - elapsed if count else terms.window - elapsed if before else 0
        retry = 0 if over <= 0 else _retry(terms, elapsed, count, before)
        return Look(over <= 0, _ceil(weighted, terms.window), retry, reset)

    def take(self, now: int, terms: Terms) -> Self:
        """The units count in this window."""
        start, count, before = self._at(now, terms.window)
        return type(self)(start, max(0, count + terms.units), before)

    def _at(self, now: int, window: int) -> tuple[int, int, int]:
        start = now - now % window
        if self.start == start:
            return start, self.count, self.before
        return start, 0, self.count if self.start == start - window else 0


def _retry(terms: Terms, elapsed: int, count: int, before: int) -> int:
    """How long until what is counted has shrunk enough, if nothing is added."""
    if terms.units > terms.capacity:
        return NEVER
    room = terms.capacity - terms.units
    if count <= room:
        return terms.window - (room - count) * terms.window // before - elapsed
    # This window alone is too full: in the next one it is the older.
    return 2 * terms.window - room * terms.window // count - elapsed


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
