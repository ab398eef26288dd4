"""The algorithms as pure state machines in whole numbers: what a replica counts by while Redis is away, what simulation
replays, and what the scripts in `store/lua` must agree with.

Instants and spans are microseconds. `take` charges whatever `look` says: to ask first is the caller's part.
"""

from typing import Protocol, Self, assert_never

from services.ratelimit.domain.algorithms.concurrency import Concurrency
from services.ratelimit.domain.algorithms.fixed_window import FixedWindow
from services.ratelimit.domain.algorithms.leaky_bucket import LeakyBucket
from services.ratelimit.domain.algorithms.sliding_log import SlidingLog
from services.ratelimit.domain.algorithms.sliding_window import SlidingWindow
from services.ratelimit.domain.algorithms.token_bucket import TokenBucket
from services.ratelimit.domain.limits import Algorithm
from services.ratelimit.domain.terms import Look, Terms


class Counter(Protocol):
    """The state of one limit for one subject."""

    def look(self, now: int, terms: Terms) -> Look:
        """What it says to a call."""

    def take(self, now: int, terms: Terms) -> Self:
        """The state once the call is charged."""


def new(algorithm: Algorithm) -> Counter:
    """A counter that nothing was charged to."""
    match algorithm:
        case Algorithm.TOKEN_BUCKET:
            return TokenBucket()
        case Algorithm.SLIDING_WINDOW:
            return SlidingWindow()
        case Algorithm.SLIDING_LOG:
            return SlidingLog()
        case Algorithm.FIXED_WINDOW:
            return FixedWindow()
        case Algorithm.LEAKY_BUCKET:
            return LeakyBucket()
        case Algorithm.CONCURRENCY:
            return Concurrency()
        case _:
            assert_never(algorithm)
