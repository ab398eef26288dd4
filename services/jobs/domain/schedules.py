"""What a schedule does when its time has come: policies for fires that were missed and for jobs that have not ended."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import islice, takewhile

from services.jobs.domain.timing import Timing

LATE = timedelta(seconds=60)
"""A fire that is seen to later than this was missed."""
_MOST_DUE = 100_000


class Overlap(IntEnum):
    """What happens when the job of the fire before has not ended. The numbers are those of the contract."""

    SKIP = 1
    BUFFER_ONE = 2
    BUFFER_ALL = 3
    CANCEL_OTHER = 4
    ALLOW = 5


class Missed(IntEnum):
    """What happens to fires that were missed. The numbers are those of the contract."""

    SKIP = 1
    COALESCE = 2
    CATCH_UP = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """A schedule's timing and policies."""

    timing: Timing
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.COALESCE
    window: timedelta = timedelta(hours=1)
    jitter: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now: fires to enqueue, and what is left for later. `skipped` counts those that come to nothing."""

    enqueue: Sequence[datetime]
    buffered: Sequence[datetime]
    skipped: int
    cancel_last: bool
    next_time: datetime | None


def plan(rules: Rules, next_time: datetime | None, buffered: Sequence[datetime], running: bool, now: datetime) -> Plan:
    """Decides on the fires up to now. `running` says whether the job of the last fire has not ended."""
    due: list[datetime] = []
    if next_time is not None and next_time <= now:
        fires = rules.timing.after(next_time - timedelta(microseconds=1))
        due = list(islice(takewhile(lambda fire: fire <= now, fires), _MOST_DUE))
    kept = _made_up_for(rules, due, now)
    waiting = [*buffered, *kept]
    enqueue, left, cancel = _one_after_another(rules.overlap, waiting, running)
    following = next(rules.timing.after(now), None) if due or next_time is None else next_time
    return Plan(enqueue, left, len(due) + len(buffered) - len(enqueue) - len(left), cancel, following)


def ready_time(rules: Rules, schedule: str, fire: datetime) -> datetime:
    """When the job of a fire may run: later by the jitter, by chance but the same whenever it is asked."""
    if not rules.jitter:
        return fire
    digest = hashlib.blake2b(f"{schedule}/{fire.isoformat()}".encode(), digest_size=8).digest()
    return fire + rules.jitter * (int.from_bytes(digest) / 2**64)


def _made_up_for(rules: Rules, due: Sequence[datetime], now: datetime) -> list[datetime]:
    on_time = [fire for fire in due if now - fire <= LATE]
    late = [fire for fire in due if LATE < now - fire <= rules.window]
    match rules.missed:
        case Missed.SKIP:
            return on_time
        case Missed.COALESCE:
            return late[-1:] + on_time
        case Missed.CATCH_UP:
            return late + on_time


def _one_after_another(
    overlap: Overlap, waiting: Sequence[datetime], running: bool
) -> tuple[Sequence[datetime], Sequence[datetime], bool]:
    """Which fires to enqueue, which to buffer, and whether to cancel the job of the last one."""
    match overlap:
        case Overlap.ALLOW:
            return waiting, (), False
        case Overlap.SKIP:
            return (() if running else waiting[:1]), (), False
        case Overlap.BUFFER_ONE:
            return ((), waiting[:1], False) if running else (waiting[:1], waiting[1:2], False)
        case Overlap.BUFFER_ALL:
            return ((), waiting, False) if running else (waiting[:1], waiting[1:], False)
        case Overlap.CANCEL_OTHER:
            return waiting[-1:], (), running and bool(waiting)
