"""Concurrency: calls under way hold units until they are over, or forgotten after a window."""

from dataclasses import dataclass
from typing import Self

from services.ratelimit.domain.limits import SECOND
from services.ratelimit.domain.terms import NEVER, Look, Terms


@dataclass(frozen=True, slots=True)
class Concurrency:
    """When the units that are held are forgotten, soonest first."""

    leases: tuple[int, ...] = ()

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while the units that are held stay within the capacity."""
        leases = self._held(now)
        over = len(leases) + terms.units - terms.capacity
        retry = NEVER if terms.units > terms.capacity else 0
        if over > 0 and retry == 0:
            # Any call may be over before that; a second is when it is worth to ask again.
            retry = min(leases[over - 1] - now, SECOND)
        return Look(over <= 0, len(leases), retry, leases[-1] - now if leases else 0)

    def take(self, now: int, terms: Terms) -> Self:
        """The units are held."""
        return type(self)(tuple(sorted((*self._held(now), *[now + terms.window] * terms.units))))

    def release(self, now: int, units: int) -> Self:
        """Units are held no longer."""
        held = self._held(now)
        return type(self)(held[: max(0, len(held) - units)])

    def _held(self, now: int) -> tuple[int, ...]:
        return tuple(until for until in self.leases if until > now)
