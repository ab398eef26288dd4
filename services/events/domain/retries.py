"""When a failed event comes again, and when it is given up."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Retries(Protocol):
    """`wait` is in seconds after so many failures; None gives up."""

    def wait(self, failures: int, chance: random.Random) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015). Seconds."""

    least: float
    most: float
    attempts: int

    def wait(self, failures: int, chance: random.Random) -> float | None:
        """A random wait of at most `least` doubled with each failure."""
        if failures >= self.attempts:
            return None
        return chance.uniform(0, min(self.most, self.least * 2.0 ** (failures - 1)))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule that Standard Webhooks recommends, in seconds, with full jitter."""

    steps: Sequence[float] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)

    def wait(self, failures: int, chance: random.Random) -> float | None:
        """A random wait up to the step of the last failure."""
        if failures > len(self.steps):
            return None
        return chance.uniform(0, self.steps[failures - 1])
