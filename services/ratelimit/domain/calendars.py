"""Windows of the calendar, in a time zone: a day there has 23 to 25 hours, a month 28 to 31 days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.ratelimit.domain.limits import SECOND, Calendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """The window around an instant and the start of the one after the next, in microseconds since 1970."""

    start: int
    end: int
    next_end: int


def span(calendar: Calendar, time_zone: str, now: int) -> Span:
    """The window of a calendar that holds `now`, in microseconds since 1970."""
    zone = ZoneInfo(time_zone)
    start = _start(calendar, (_EPOCH + timedelta(microseconds=now)).astimezone(zone))
    end = _next(calendar, start)
    return Span(_instant(start), _instant(end), _instant(_next(calendar, end)))


def zone_exists(time_zone: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(time_zone)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError only for some names
        return False
    except KeyError:
        return False
    return True


def _start(calendar: Calendar, local: datetime) -> datetime:
    match calendar:
        case Calendar.MINUTE:
            return local.replace(second=0, microsecond=0)
        case Calendar.HOUR:
            return local.replace(minute=0, second=0, microsecond=0)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match calendar:
        case Calendar.WEEK:
            return day - timedelta(days=day.weekday())
        case Calendar.MONTH:
            return day.replace(day=1)
    return day


def _next(calendar: Calendar, start: datetime) -> datetime:
    """Days, weeks and months are steps of the wall clock; minutes and hours pass at the same pace everywhere."""
    match calendar:
        case Calendar.MINUTE:
            return (start.astimezone(UTC) + timedelta(minutes=1)).astimezone(start.tzinfo)
        case Calendar.HOUR:
            return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(start.tzinfo)
        case Calendar.DAY:
            return start + timedelta(days=1)
        case Calendar.WEEK:
            return start + timedelta(weeks=1)
        case Calendar.MONTH:
            return (start + timedelta(days=32)).replace(day=1)


def _instant(local: datetime) -> int:
    since = local.astimezone(UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds
