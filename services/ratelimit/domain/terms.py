"""What a limit asks of its counter for one call."""

from dataclasses import dataclass

from services.ratelimit.domain import calendars
from services.ratelimit.domain.calendars import Span
from services.ratelimit.domain.limits import Limit

NEVER = -1
"""Instead of a span until a call is allowed: it is heavier than the limit."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Units, and what bounds them: `capacity` at once, `rate` per `window` (microseconds); `span` of a calendar."""

    units: int
    capacity: int
    rate: int
    window: int
    span: Span | None = None

    @classmethod
    def of(cls, limit: Limit, units: int, priority: str, now: int) -> "Terms":
        """The terms of a call of some weight and priority, at an instant in microseconds since 1970."""
        if limit.calendar is None:
            return cls(units, limit.capacity_for(priority), limit.limit, limit.window)
        span = calendars.span(limit.calendar, limit.time_zone, now)
        return cls(units, limit.capacity_for(priority), limit.limit, span.end - span.start, span)


@dataclass(frozen=True, slots=True)
class Look:
    """What a counter says before it is charged. Spans in microseconds.

    `used` are units in use, rounded up; `retry` is how long until the call is allowed, 0 when it is, or NEVER;
    `delay` how long it waits for its turn; `reset` when the counter is as new again, if it is not charged.
    """

    allowed: bool
    used: int
    retry: int
    reset: int
    delay: int = 0
