"""Fires schedules that are due: a fire, its job and the schedule's next time are one commit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import event_pb2, job_pb2, schedule_pb2
from services._platform import jobs, sql
from services._platform.unit_of_work import Unit
from services.jobs.convert import schedules
from services.jobs.domain.jobs import State
from services.jobs.domain.schedules import plan, ready_time
from services.jobs.store.admission import closed
from services.jobs.store.versions import CANCEL

Q = sql.load(__package__, "schedules", "jobs", "news")
_BUFFER_LOOK = timedelta(seconds=1)
"""How often it is looked whether a job has ended for which a fire waits."""


async def fire_due(unit: Unit, limit: int) -> tuple[int, bool]:
    """Sees to schedules that are due, at most `limit`; how many there were, and whether the dispatcher learns of it."""
    rows = await unit.connection.fetch(Q["lock_due"], unit.now, limit)
    acted = [await _see_to(unit, row) for row in rows]
    return len(rows), any(acted)


async def enqueue(
    unit: Unit, id: str, schedule: schedule_pb2.Schedule, fires: Sequence[datetime]
) -> dict[datetime, UUID]:
    """Enqueues a job for each of these fires that has none yet. Refuses when the queue takes none."""
    if not fires:
        return {}
    rules, requests = schedules.rules(schedule), []
    for fire in fires:
        spec = job_pb2.JobSpec()
        spec.CopyFrom(schedule.spec)
        if rules.jitter:
            spec.ready_time.FromDatetime(ready_time(rules, id, fire))
        requests.append(jobs.request(spec))
    rows = await unit.connection.fetch(Q["add_fires"], id, list(fires), [one.id for one in requests])
    new = {row["job_id"]: row["fire_time"] for row in rows}
    wanted = [one for one in requests if one.id in new]
    if wanted:
        await jobs.enqueue(unit.connection, unit.now, wanted)
    return {new[one.id]: one.id for one in wanted}


def announce(unit: Unit, row: Any, *, deleted: bool = False) -> schedule_pb2.Schedule:
    """Announces a schedule as it is now; returns it."""
    schedule = schedules.schedule(row)
    unit.emit(schedule.name, event_pb2.ScheduleChanged(schedule=schedule, deleted=deleted))
    return schedule


async def _see_to(unit: Unit, row: Any) -> bool:
    """Carries out one schedule's plan; whether the dispatcher has something to learn of."""
    name, schedule = row["schedule_id"], schedules.schedule(row)
    last = await _outcome(unit, row["last_job"])
    if schedule.pause_on_failure and last is State.DEAD:
        paused = await unit.connection.fetchrow(Q["pause_schedule"], name, f"jobs/{row['last_job']} died")
        announce(unit, paused)
        return False
    running = row["last_job"] is not None and last is None
    made = plan(schedules.rules(schedule), row["next_time"], row["buffered"], running, unit.now)
    refusal = await closed(unit.connection, [jobs.request(schedule.spec)]) if made.enqueue else None
    if refusal is not None:
        # They come to nothing, and leave alone what runs. A backfill can make up for them.
        made = replace(made, enqueue=[], skipped=made.skipped + len(made.enqueue), cancel_last=False)
    if made.cancel_last:
        await unit.connection.execute(Q["ask"], CANCEL, row["last_job"], None, unit.now)
    enqueued = await enqueue(unit, name, schedule, made.enqueue)
    due = unit.now + _BUFFER_LOOK if made.buffered else made.next_time
    if made.next_time is not None and due is not None:
        due = min(due, made.next_time)
    last_time = made.enqueue[-1] if made.enqueue else None
    await unit.connection.execute(
        Q["save_plan"],
        name,
        made.next_time,
        due,
        made.buffered,
        len(enqueued),
        made.skipped,
        last_time,
        enqueued.get(last_time) if last_time is not None else None,
        refusal.message if refusal is not None else "" if enqueued else None,
    )
    return bool(enqueued or made.cancel_last)


async def _outcome(unit: Unit, job: UUID | None) -> State | None:
    """How a job ended; None when it has not."""
    if job is None:
        return None
    row = await unit.connection.fetchrow(Q["outcomes"], [job])
    return State(row["state"]) if row is not None else None
