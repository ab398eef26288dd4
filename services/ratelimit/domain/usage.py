"""Usage: what was allowed and refused, and the traffic itself, gathered until it is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.ratelimit.domain.decision import Decision, Verdict
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.heavy_hitters import HeavyHitters
from services.ratelimit.domain.rules import Claim

_SUBJECTS = 500
_SHOWN = 100
RECORDED = 2_000
"""Different calls that are recorded of one second, of the ordinary and of the others. More are only counted."""

Call = tuple[Descriptor, ...]


class Planned(Protocol):
    """A call as it was planned: the same object for equal calls, so that it is quick to count by."""

    @property
    def descriptors(self) -> Call:
        """What is known of the call."""

    @property
    def claims(self) -> Sequence[Claim]:
        """The limits that count it."""


@dataclass(frozen=True, slots=True)
class Count:
    """Calls by what became of them."""

    allowed: int = 0
    blocked: int = 0
    shadow_blocked: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was gathered: calls by limit; refusals and close calls by limit and subject; the calls of each second."""

    counts: Mapping[str, Count]
    blocked: Sequence[tuple[tuple[str, str], int]]
    near: Sequence[tuple[tuple[str, str], int]]
    calls: Mapping[tuple[int, Call], int]
    unrecorded: int


@dataclass(slots=True)
class Usage:
    """One span of time of one replica. `now` is in seconds."""

    _allowed: Counter[str] = field(default_factory=Counter)
    _blocked: Counter[str] = field(default_factory=Counter)
    _shadow: Counter[str] = field(default_factory=Counter)
    _who_blocked: HeavyHitters[tuple[str, str]] = field(default_factory=lambda: HeavyHitters(_SUBJECTS))
    _who_near: HeavyHitters[tuple[str, str]] = field(default_factory=lambda: HeavyHitters(_SUBJECTS))
    _second: int = 0
    _calls: dict[Planned, int] = field(default_factory=dict)
    _ordinary: dict[Planned, int] = field(default_factory=dict)
    _past: dict[tuple[int, Call], int] = field(default_factory=dict)
    _unrecorded: int = 0

    def note(self, now: int, call: Planned, decision: Decision) -> None:
        """Notes a call and what became of it."""
        if now != self._second:
            self._turn(now)
        if not _counted(self._calls, call):
            self._unrecorded += 1
        for verdicts in decision.verdicts:
            for verdict in verdicts:
                if not verdict.allowed:
                    self._refused(verdict)
                elif decision.allowed:
                    self._allowed[verdict.limit.id] += 1
                    if verdict.near:
                        self._who_near.add((verdict.limit.id, verdict.subject))

    def note_ordinary(self, now: int, call: Planned) -> None:
        """Notes a call that all of its limits let through, and that comes near to none: that is most of them."""
        if now != self._second:
            self._turn(now)
        if not _counted(self._ordinary, call):
            self._unrecorded += 1
            self._allow(call, 1)

    def note_elsewhere(self, limit: str, allowed: int, blocked: int) -> None:
        """Notes calls that an edge decided by itself."""
        self._allowed[limit] += allowed
        self._blocked[limit] += blocked

    def take(self) -> Gathered:
        """What was gathered so far; it starts again with nothing."""
        self._turn(self._second)
        counts = {
            limit: Count(self._allowed[limit], self._blocked[limit], self._shadow[limit])
            for limit in {*self._allowed, *self._blocked, *self._shadow}
        }
        gathered = Gathered(
            counts, self._who_blocked.top(_SHOWN), self._who_near.top(_SHOWN), self._past, self._unrecorded
        )
        self._allowed, self._blocked, self._shadow = Counter(), Counter(), Counter()
        self._who_blocked, self._who_near = HeavyHitters(_SUBJECTS), HeavyHitters(_SUBJECTS)
        self._past, self._unrecorded = {}, 0
        return gathered

    def _refused(self, verdict: Verdict) -> None:
        limit = verdict.limit.id
        if verdict.limit.shadow:
            self._shadow[limit] += 1
        else:
            self._blocked[limit] += 1
            self._who_blocked.add((limit, verdict.subject))

    def _allow(self, call: Planned, count: int) -> None:
        for claim in call.claims:
            self._allowed[claim.limit.id] += count

    def _turn(self, now: int) -> None:
        for call, count in self._ordinary.items():
            self._allow(call, count)
        for call, count in (*self._calls.items(), *self._ordinary.items()):
            place = self._second, call.descriptors
            self._past[place] = self._past.get(place, 0) + count
        self._calls, self._ordinary = {}, {}
        self._second = now


def _counted(calls: dict[Planned, int], call: Planned) -> bool:
    """Counts a call, if there is room for it."""
    count = calls.get(call, 0)
    if not count and len(calls) >= RECORDED:
        return False
    calls[call] = count + 1
    return True
