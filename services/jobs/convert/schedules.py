"""Schedules, as messages and back."""

from datetime import timedelta
from typing import Any

from mesh.jobs.v1 import schedule_pb2
from services._platform.times import instant
from services.jobs.convert import names
from services.jobs.domain.schedules import Missed, Overlap, Rules
from services.jobs.domain.timing import Timing

_WINDOW = timedelta(hours=1)


def timing(message: schedule_pb2.Timing) -> Timing:
    """When it fires."""
    return Timing(
        cron=message.cron,
        interval=message.interval.ToTimedelta() if message.HasField("interval") else None,
        once=instant(message.once_time) if message.HasField("once_time") else None,
        zone=message.time_zone or "UTC",
        start=instant(message.start_time) if message.HasField("start_time") else None,
        end=instant(message.end_time) if message.HasField("end_time") else None,
        days=frozenset(message.excluded_dates),
        weekdays=frozenset(message.excluded_weekdays),
    )


def rules(message: schedule_pb2.Schedule) -> Rules:
    """Its timing and policies."""
    return Rules(
        timing=timing(message.timing),
        overlap=Overlap(message.overlap or Overlap.SKIP),
        missed=Missed(message.missed or Missed.COALESCE),
        window=message.catch_up_window.ToTimedelta() or _WINDOW,
        jitter=message.jitter.ToTimedelta(),
    )


def schedule(row: Any) -> schedule_pb2.Schedule:
    """A schedule with all that is stored of it."""
    message = schedule_pb2.Schedule.FromString(row["definition"])
    message.name = names.SCHEDULE.name(row["schedule_id"])
    message.paused, message.pause_reason = row["is_paused"], row["pause_reason"]
    message.fired_count, message.skipped_count = row["fired"], row["skipped"]
    message.skip_reason = row["skip_reason"]
    message.create_time.FromDatetime(row["create_time"])
    if row["next_time"] is not None:
        message.next_fire_time.FromDatetime(row["next_time"])
    if row["last_time"] is not None:
        message.last_fire_time.FromDatetime(row["last_time"])
    return message


def definition(message: schedule_pb2.Schedule) -> schedule_pb2.Schedule:
    """What was asked for, without what the service adds."""
    kept = schedule_pb2.Schedule()
    kept.CopyFrom(message)
    for field in (
        "name", "paused", "pause_reason", "fired_count", "skipped_count", "create_time", "next_fire_time",
        "last_fire_time", "skip_reason",
    ):  # fmt: skip
        kept.ClearField(field)
    return kept
