"""Leaky bucket as a queue: Turner, "New directions in communications", 1986.

The arithmetic is that of the token bucket. What differs is when an admitted call may go: when all before it have.
"""

from dataclasses import dataclass, replace

from services.ratelimit.domain.algorithms.token_bucket import TokenBucket
from services.ratelimit.domain.terms import Look, Terms


@dataclass(frozen=True, slots=True)
class LeakyBucket(TokenBucket):
    """The work in the queue at an instant, for a window."""

    def look(self, now: int, terms: Terms) -> Look:
        """Allowed while there is room in the queue; the delay is what all before it take."""
        look = TokenBucket.look(self, now, terms)
        return replace(look, delay=look.reset)
