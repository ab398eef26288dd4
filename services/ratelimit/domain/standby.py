"""What decides while the shared counters are away: each limit by its own outage policy, in this replica's memory.

What was let through is noted, so that the shared counters can be charged for it when they are back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.ratelimit.domain import algorithms
from services.ratelimit.domain.algorithms import Counter
from services.ratelimit.domain.algorithms.concurrency import Concurrency
from services.ratelimit.domain.decision import Verdict
from services.ratelimit.domain.limits import SECOND, Algorithm, Limit, Outage
from services.ratelimit.domain.rules import Claim
from services.ratelimit.domain.shares import Share
from services.ratelimit.domain.terms import NEVER, Look, Terms

MOST_COUNTERS = 100_000
"""Subjects beyond these are refused: there is no memory to count them in."""


@dataclass(slots=True)
class Standby:
    """Counters by key, with the instant from which they are as new. They outlast an outage: another may follow."""

    share: Share = field(default_factory=Share)
    counters: dict[bytes, tuple[Counter, int]] = field(default_factory=dict)
    admitted: dict[bytes, tuple[Claim, int]] = field(default_factory=dict)

    def decide(
        self, claims: Mapping[bytes, Claim], terms: Sequence[Terms], now: int, *, patience: float, charge: bool
    ) -> tuple[bool, list[Verdict]]:
        """Whether a call is allowed, and what each limit says. All are charged or none is."""
        parts = [_part(claim, term, self.share) for claim, term in zip(claims.values(), terms, strict=True)]
        looks = [
            _bounded(self._look(key, claim, part, now), patience)
            for (key, claim), part in zip(claims.items(), parts, strict=True)
        ]
        allowed = all(look.allowed or claim.limit.shadow for claim, look in zip(claims.values(), looks, strict=True))
        taken = allowed and charge
        if taken:
            for (key, claim), part, look in zip(claims.items(), parts, looks, strict=True):
                if look.allowed:
                    self._take(key, claim, part, now)
        return allowed, [
            _verdict(claim, part, look, taken=taken)
            for claim, part, look in zip(claims.values(), parts, looks, strict=True)
        ]

    def release(self, claims: Mapping[bytes, Claim], now: int) -> None:
        """A call is over: what it held is free."""
        for key, claim in claims.items():
            kept = self.counters.get(key)
            if kept and isinstance(kept[0], Concurrency):
                self.counters[key] = kept[0].release(now, claim.units), kept[1]

    def drain(self) -> dict[bytes, tuple[Claim, int]]:
        """What was let through and is not told yet, by key: it is the caller's to tell."""
        admitted, self.admitted = self.admitted, {}
        return admitted

    def give_back(self, untold: Mapping[bytes, tuple[Claim, int]]) -> None:
        """What could not be told after all."""
        for key, (claim, units) in untold.items():
            self._admit(key, claim, units)

    def tidy(self, now: int) -> None:
        """Drops the counters that are as new."""
        self.counters = {key: kept for key, kept in self.counters.items() if kept[1] > now}

    def _look(self, key: bytes, claim: Claim, part: Terms, now: int) -> Look:
        match claim.limit.outage:
            case Outage.OPEN:
                return Look(allowed=True, used=0, retry=0, reset=0)
            case Outage.CLOSED:
                return Look(allowed=False, used=part.capacity, retry=SECOND, reset=SECOND)
        if part.capacity == 0 or part.rate == 0 or (key not in self.counters and len(self.counters) >= MOST_COUNTERS):
            return Look(allowed=False, used=part.capacity, retry=SECOND, reset=SECOND)
        return self._counter(key, claim.limit).look(now, part)

    def _take(self, key: bytes, claim: Claim, part: Terms, now: int) -> None:
        if claim.limit.outage is Outage.LOCAL_SHARE:
            counter = self._counter(key, claim.limit).take(now, part)
            self.counters[key] = counter, now + counter.look(now, part).reset
        if claim.limit.algorithm is not Algorithm.CONCURRENCY:
            self._admit(key, claim, claim.units)

    def _admit(self, key: bytes, claim: Claim, units: int) -> None:
        if key in self.admitted:
            units += self.admitted[key][1]
        elif len(self.admitted) >= MOST_COUNTERS:
            return
        self.admitted[key] = claim, units

    def _counter(self, key: bytes, limit: Limit) -> Counter:
        kept = self.counters.get(key)
        return kept[0] if kept else algorithms.new(limit.algorithm)


def _part(claim: Claim, terms: Terms, share: Share) -> Terms:
    if claim.limit.outage is not Outage.LOCAL_SHARE:
        return terms
    return replace(terms, capacity=share.of(terms.capacity, claim.subject), rate=share.of(terms.rate, claim.subject))


def _bounded(look: Look, patience: float) -> Look:
    if look.delay <= patience:
        return look
    retry = NEVER if look.retry == NEVER else max(look.retry, int(look.delay - patience))
    return replace(look, allowed=False, retry=retry)


def _verdict(claim: Claim, part: Terms, look: Look, *, taken: bool) -> Verdict:
    used = look.used + (claim.units if taken and look.allowed else 0)
    return Verdict(
        limit=claim.limit,
        subject=claim.subject,
        allowed=look.allowed,
        capacity=part.capacity,
        remaining=max(0, part.capacity - used),
        retry=look.retry,
        reset=look.reset,
        delay=look.delay,
    )
