"""Simulation: what a limit would have done to calls that were recorded."""

from collections import Counter as Counts
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.ratelimit.domain import algorithms
from services.ratelimit.domain.algorithms import Counter
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.limits import SECOND, Limit
from services.ratelimit.domain.rules import RuleSet
from services.ratelimit.domain.terms import Terms

MOST_CALLS = 500_000
"""Replayed at once: a few seconds' work."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """So many calls of one kind in one second since 1970."""

    second: int
    call: tuple[Descriptor, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """What became of the calls that a limit counts."""

    calls: int
    denied: int
    subjects: Sequence[tuple[str, int]]
    """Who was denied how often, most often first."""


def newest(traffic: Sequence[Recorded], most: int = MOST_CALLS) -> tuple[Sequence[Recorded], int]:
    """The newest calls, at most so many, and how many were left out. `traffic` is in the order of time."""
    calls = 0
    for place in range(len(traffic) - 1, -1, -1):
        calls += traffic[place].count
        if calls > most:
            return traffic[place + 1 :], sum(one.count for one in traffic[: place + 1])
    return traffic, 0


def simulate(limits: Sequence[Limit], root: str, traffic: Iterable[Recorded]) -> Simulated:
    """Replays traffic, in the order of time, against the limit `root` and those that replace it.

    The calls of a second are spread evenly over it. Other limits are taken to let everything through.
    """
    rules = RuleSet.of(one for one in limits if root in (one.id, one.base))
    counters: dict[str, Counter] = {}
    calls, denied = 0, Counts[str]()
    for now, descriptor in _instants(traffic):
        for claim in rules.claims(descriptor):
            calls += 1
            terms = Terms.of(claim.limit, claim.units, claim.priority, now)
            counter = counters.get(claim.subject) or algorithms.new(claim.limit.algorithm)
            if counter.look(now, terms).allowed:
                counters[claim.subject] = counter.take(now, terms)
            else:
                denied[claim.subject] += 1
    return Simulated(calls, denied.total(), denied.most_common(20))


def _instants(traffic: Iterable[Recorded]) -> Iterable[tuple[int, Descriptor]]:
    spread = sorted(
        (one.second * SECOND + number * SECOND // one.count, place, descriptor)
        for place, one in enumerate(traffic)
        for number in range(one.count)
        for descriptor in one.call
    )
    return ((now, descriptor) for now, _, descriptor in spread)
