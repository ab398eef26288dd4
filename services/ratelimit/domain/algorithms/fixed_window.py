"""Fixed window: one counter that starts again with each window, aligned to 1970 or to a calendar."""

from dataclasses import dataclass
from typing import Self

from services.ratelimit.domain.terms import NEVER, Look, Terms


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """The units of the window that starts at `start`."""

    start: int = 0
    count: int = 0

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while the window's units stay within the capacity."""
        start, end = window(now, terms)
        count = self.count if self.start == start else 0
        allowed = count + terms.units <= terms.capacity
        retry = 0 if allowed else NEVER if terms.units > terms.capacity else end - now
        return Look(allowed, count, retry, end - now if count else 0)

    def take(self, now: int, terms: Terms) -> Self:
        """The units count in this window."""
        start, _ = window(now, terms)
        return type(self)(start, max(0, (self.count if self.start == start else 0) + terms.units))


def window(now: int, terms: Terms) -> tuple[int, int]:
    """The window that holds an instant: its start, and the next one's."""
    if terms.span is None:
        start = now - now % terms.window
        return start, start + terms.window
    if now < terms.span.end:
        return terms.span.start, terms.span.end
    return terms.span.end, terms.span.next_end
