"""When a schedule fires: cron expressions, intervals and single instants, in any zone, without the days excluded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from services.jobs.domain.refusals import ScheduleInvalid

_FIELDS = ("second", "minute", "hour", "day-of-month", "month", "day-of-week")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HORIZON = timedelta(days=366 * 12)
"""A timing that does not fire for so long never will: twelve years hold every date and weekday."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A rule, one of `cron`, `interval` and `once`, and its bounds. `days` are `2026-12-25` or `12-25`."""

    cron: str = ""
    interval: timedelta | None = None
    once: datetime | None = None
    zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    days: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()

    def check(self) -> None:
        """Refuses what cannot be read, with the field of a cron expression that is at fault."""
        try:
            zone = ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise ScheduleInvalid("time_zone", 0, f"there is no time zone {self.zone!r}") from error
        if self.cron:
            _check_cron(self.cron, datetime(2026, 1, 1, tzinfo=zone))
        if self.start and self.end and self.end <= self.start:
            raise ScheduleInvalid("end_time", 0, "the end is not after the start")

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The fires after an instant, in order and in UTC; it may be none."""
        zone = ZoneInfo(self.zone)
        if self.start is not None:
            instant = max(instant, self.start - timedelta(microseconds=1))
        last = instant
        for fire in self._ruled(instant, zone):
            if (self.end is not None and fire >= self.end) or fire - last > _HORIZON:
                return
            local = fire.astimezone(zone)
            if self._excluded(local):
                continue
            last = fire
            yield fire

    def _ruled(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        if self.once is not None:
            if self.once > instant:
                yield self.once
        elif self.interval is not None:
            anchor = self.start or _EPOCH
            past = (instant - anchor) // self.interval
            fire = anchor + max(0, past + 1) * self.interval
            while True:
                yield fire
                fire += self.interval
        else:
            before: datetime | None = None
            for local in CronSim(self.cron, instant.astimezone(zone)):
                fire = local.astimezone(UTC)
                # Where clocks are set back a local time comes twice; it must not fire twice, nor before its turn.
                if fire > instant and (before is None or fire > before):
                    before = fire
                    yield fire

    def _excluded(self, local: datetime) -> bool:
        return (
            local.isoweekday() in self.weekdays
            or local.strftime("%Y-%m-%d") in self.days
            or local.strftime("%m-%d") in self.days
        )


def _check_cron(cron: str, now: datetime) -> None:
    parts = cron.split()
    if len(parts) not in (5, 6):
        raise ScheduleInvalid("cron", len(parts), f"a cron expression has 5 or 6 fields, not {len(parts)}")
    try:
        next(CronSim(cron, now), None)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        if field not in _FIELDS:
            raise ScheduleInvalid("cron", 0, str(error)) from error
        position = _FIELDS.index(field) + (len(parts) == 6)
        raise ScheduleInvalid(field, position, f"cannot read {parts[position - 1]!r} as a {field}") from error
