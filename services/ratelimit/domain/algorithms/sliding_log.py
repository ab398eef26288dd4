"""Sliding log: every call is remembered for a window, so that any window sees exactly the limit."""

from dataclasses import dataclass
from typing import Self

from services.ratelimit.domain.terms import NEVER, Look, Terms


@dataclass(frozen=True, slots=True)
class SlidingLog:
    """Instants with their units, oldest first."""

    log: tuple[tuple[int, int], ...] = ()

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while the units of the window that ends now stay within the capacity."""
        log = self._recent(now, terms.window)
        used = sum(units for _, units in log)
        over = used + terms.units - terms.capacity
        retry = NEVER if terms.units > terms.capacity else 0
        for at, units in log if retry == 0 else ():
            if over <= 0:
                break
            over -= units
            retry = at + terms.window - now
        allowed = used + terms.units <= terms.capacity
        return Look(allowed, used, retry, log[-1][0] + terms.window - now if log else 0)

    def take(self, now: int, terms: Terms) -> Self:
        """The units are remembered, those of one instant together."""
        log = self._recent(now, terms.window)
        if not terms.units:
            return type(self)(log)
        if log and log[-1][0] >= now:
            return type(self)((*log[:-1], (log[-1][0], log[-1][1] + terms.units)))
        return type(self)((*log, (now, terms.units)))

    def _recent(self, now: int, window: int) -> tuple[tuple[int, int], ...]:
        return tuple(entry for entry in self.log if entry[0] > now - window)
