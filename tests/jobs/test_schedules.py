"""Schedules over the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from mesh.jobs.v1 import schedule_pb2
from mesh.jobs.v1.job_service_pb2 import ListJobsRequest
from mesh.jobs.v1.schedule_service_pb2 import (
    BackfillScheduleRequest,
    CreateScheduleRequest,
    GetScheduleRequest,
    PauseScheduleRequest,
    PreviewScheduleRequest,
    ResumeScheduleRequest,
)
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, running, spec

NAME = "schedules/tick"


def creation(**more: Any) -> CreateScheduleRequest:
    timing = more.pop("timing", None) or schedule_pb2.Timing(cron="*/10 * * * *")
    schedule = schedule_pb2.Schedule(timing=timing, spec=more.pop("spec", spec("tick")), **more)
    return CreateScheduleRequest(schedule_id="tick", schedule=schedule)


async def fired(jobs: Jobs, count: int) -> None:
    async def there() -> bool:
        return (await jobs.schedules.GetSchedule(GetScheduleRequest(name=NAME))).fired_count == count

    await eventually(there)


async def enqueued(jobs: Jobs) -> int:
    return len((await jobs.jobs.ListJobs(ListJobsRequest(page_size=250))).jobs)


@asynccontextmanager
async def two(database: Database, clock: Clock) -> AsyncIterator[tuple[Jobs, Jobs]]:
    async with running(database, clock) as one, running(database, clock) as other:
        yield one, other


async def test_two_replicas_fire_each_time_once(database: Database, clock: Clock) -> None:
    allow = schedule_pb2.OVERLAP_POLICY_ALLOW
    async with two(database, clock) as (one, other):
        await one.schedules.CreateSchedule(creation(overlap=allow))
        for count in range(1, 6):
            clock.advance(minutes=10)
            await fired(other, count)
        assert await enqueued(one) == 5


async def test_what_was_missed_is_caught_up_after_nobody_was_there(database: Database, clock: Clock) -> None:
    catch_up, allow = schedule_pb2.MISSED_FIRE_POLICY_CATCH_UP, schedule_pb2.OVERLAP_POLICY_ALLOW
    async with running(database, clock) as jobs:
        await jobs.schedules.CreateSchedule(creation(missed=catch_up, overlap=allow))
    clock.advance(minutes=50)
    async with running(database, clock) as jobs:
        await fired(jobs, 5)
        assert await enqueued(jobs) == 5


async def test_a_pause_holds_and_a_backfill_makes_up_once(jobs: Jobs) -> None:
    await jobs.schedules.CreateSchedule(creation(missed=schedule_pb2.MISSED_FIRE_POLICY_SKIP))
    paused = await jobs.schedules.PauseSchedule(PauseScheduleRequest(name=NAME, reason="holidays"))
    assert (paused.paused, paused.pause_reason) == (True, "holidays")
    start = jobs.clock()
    jobs.clock.advance(minutes=65)
    await jobs.schedules.ResumeSchedule(ResumeScheduleRequest(name=NAME))
    request = BackfillScheduleRequest(name=NAME)
    request.start_time.FromDatetime(start)
    request.end_time.FromDatetime(jobs.clock())
    counts = [(await jobs.schedules.BackfillSchedule(request)).enqueued_count for _ in range(2)]
    assert counts[0] in (6, 7)
    assert counts[1] == 0
    again = await refused(jobs.schedules.ResumeSchedule(ResumeScheduleRequest(name=NAME)))
    assert again.reason == "NOT_PAUSED"


async def test_the_next_fires_are_foretold(jobs: Jobs) -> None:
    request = PreviewScheduleRequest(timing=schedule_pb2.Timing(cron="30 2 * * *", time_zone="Europe/Berlin"))
    request.start_time.FromDatetime(datetime(2026, 10, 24, tzinfo=UTC))
    fires = (await jobs.schedules.PreviewSchedule(request)).fire_times
    assert len(fires) == 20
    assert [fire.ToDatetime().hour for fire in fires[:3]] == [0, 0, 1]


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (creation(timing=schedule_pb2.Timing(cron="* 24 * * *")), "SCHEDULE_INVALID", "hour"),
        (creation(timing=schedule_pb2.Timing(cron="* * *")), "SCHEDULE_INVALID", "cron"),
        (creation(timing=schedule_pb2.Timing(cron="* * * * *", time_zone="Nowhere")), "SCHEDULE_INVALID", "time_zone"),
        (creation(timing=schedule_pb2.Timing(interval=Duration(nanos=5))), "FIELD_INVALID", None),
        (creation(spec=spec("tick", ready_time=datetime(2026, 1, 1, tzinfo=UTC))), "FIELD_INVALID", None),
    ],
)
async def test_a_schedule_that_cannot_be(
    jobs: Jobs, request_: CreateScheduleRequest, reason: str, field: str | None
) -> None:
    refusal = await refused(jobs.schedules.CreateSchedule(request_))
    assert refusal.reason == reason
    assert refusal.metadata.get("field") == field


async def test_an_id_is_taken_once(jobs: Jobs) -> None:
    async def attempt() -> str:
        try:
            await jobs.schedules.CreateSchedule(creation())
        except Exception as error:
            return str(error)
        return ""

    outcomes = await asyncio.gather(*(attempt() for _ in range(5)))
    assert outcomes.count("") == 1
