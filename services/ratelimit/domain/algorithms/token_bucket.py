"""Token bucket, as GCRA: ITU-T I.371; "Rate limiting, cells and GCRA", brandur.org, 2015.

Kept is the debt to a full bucket, in units x window, so that all arithmetic is exact: a unit weighs `window`, and
`rate` of debt is paid off each microsecond.
"""

from dataclasses import dataclass
from typing import Self

from services.ratelimit.domain.terms import NEVER, Look, Terms


@dataclass(frozen=True, slots=True)
class TokenBucket:
    """The debt at an instant, for a window."""

    debt: int = 0
    at: int = 0
    window: int = 1

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while the debt stays within the capacity."""
        debt = self._debt(now, terms)
        over = debt + (terms.units - terms.capacity) * terms.window
        retry = NEVER if terms.units > terms.capacity else _ceil(max(0, over), terms.rate)
        return Look(over <= 0, _ceil(debt, terms.window), retry, _ceil(debt, terms.rate))

    def take(self, now: int, terms: Terms) -> Self:
        """The units are owed."""
        return type(self)(max(0, self._debt(now, terms) + terms.units * terms.window), now, terms.window)

    def _debt(self, now: int, terms: Terms) -> int:
        debt = self.debt if self.window == terms.window else self.debt * terms.window // self.window
        return max(0, debt - max(0, now - self.at) * terms.rate)


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
