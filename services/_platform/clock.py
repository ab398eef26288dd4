"""Time as a parameter: everything that asks for the time is handed a clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present instant, in UTC, cut to microseconds as Postgres stores it."""
    return datetime.now(UTC)
