"""Schedules in Postgres. A fire, its job and the schedule's next time are one commit, so none is lost or doubled."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from mesh.jobs.v1 import event_pb2, job_pb2, schedule_pb2
from services._platform import jobs, sql
from services._platform.call import Once, Reply
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import names, schedules
from services.jobs.domain.jobs import State
from services.jobs.domain.refusals import BackfillTooLarge, NotPaused, ScheduleExists, ScheduleNotFound
from services.jobs.domain.schedules import plan, ready_time
from services.jobs.store.versions import CANCEL

Q = sql.load(__package__, "schedules", "jobs", "news")
MOST_BACKFILLED = 1000
_BUFFER_LOOK = timedelta(seconds=1)
"""How often it is looked whether a job has ended for which a fire waits."""


class Schedules:
    """Creates and changes schedules, and fires those that are due."""

    def __init__(self, pool: Pool, units: UnitOfWork, doorbell: Doorbell) -> None:
        self._pool = pool
        self._units = units
        self._doorbell = doorbell

    async def get(self, id: str) -> schedule_pb2.Schedule:
        """A schedule. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return schedules.schedule(_found(await connection.fetchrow(Q["get_schedule"], id), id))

    async def page(self, after: str, limit: int) -> list[schedule_pb2.Schedule]:
        """Schedules in the order of their ids, after an id."""
        async with reading(self._pool) as connection:
            return [schedules.schedule(row) for row in await connection.fetch(Q["list_schedules"], after, limit)]

    async def create(self, id: str, schedule: schedule_pb2.Schedule, once: Once[schedule_pb2.Schedule, Reply]) -> Reply:
        """Adds a schedule. Refuses an id that is taken."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            first = next(schedules.timing(schedule.timing).after(unit.now), None)
            content = schedules.definition(schedule).SerializeToString()
            row = await unit.connection.fetchrow(Q["insert_schedule"], id, content, first, unit.now)
            if row is None:
                raise ScheduleExists(id)
            return _changed(unit, row)

        return await self._units.run(once, work)

    async def change(
        self,
        id: str,
        change: Callable[[schedule_pb2.Schedule], schedule_pb2.Schedule],
        once: Once[schedule_pb2.Schedule, Reply],
    ) -> Reply:
        """Replaces a schedule by what a function makes of it; it fires by its new times from now on."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            row = _found(await unit.connection.fetchrow(Q["lock_schedule"], id), id)
            after = schedules.definition(change(schedules.schedule(row)))
            first = next(schedules.timing(after.timing).after(unit.now), None)
            row = await unit.connection.fetchrow(Q["update_schedule"], id, after.SerializeToString(), first)
            return _changed(unit, row)

        return await self._units.run(once, work)

    async def delete(self, id: str, once: Once[None, Reply]) -> Reply:
        """Removes a schedule; its jobs stay."""

        async def work(unit: Unit) -> None:
            row = _found(await unit.connection.fetchrow(Q["delete_schedule"], id), id)
            _changed(unit, row, deleted=True)

        return await self._units.run(once, work)

    async def pause(self, id: str, reason: str, once: Once[schedule_pb2.Schedule, Reply]) -> Reply:
        """Stops a schedule."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            return _changed(unit, _found(await unit.connection.fetchrow(Q["pause_schedule"], id, reason), id))

        return await self._units.run(once, work)

    async def resume(self, id: str, once: Once[schedule_pb2.Schedule, Reply]) -> Reply:
        """Lets a schedule go on. Refuses one that is not paused."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            _found(await unit.connection.fetchrow(Q["lock_schedule"], id), id)
            row = await unit.connection.fetchrow(Q["resume_schedule"], id, unit.now)
            if row is None:
                raise NotPaused(names.SCHEDULE.name(id))
            return _changed(unit, row)

        return await self._units.run(once, work)

    async def backfill(self, id: str, start: datetime, end: datetime, once: Once[int, Reply]) -> Reply:
        """Enqueues a job for each fire of a span that has none yet; returns how many."""

        async def work(unit: Unit) -> int:
            row = _found(await unit.connection.fetchrow(Q["lock_schedule"], id), id)
            schedule = schedules.schedule(row)
            fires: list[datetime] = []
            for fire in islice(schedules.timing(schedule.timing).after(start - timedelta(microseconds=1)), 10**6):
                if fire >= min(end, unit.now):
                    break
                fires.append(fire)
                if len(fires) > MOST_BACKFILLED:
                    raise BackfillTooLarge(MOST_BACKFILLED)
            return len(await _enqueue(unit, id, schedule, fires))

        reply = await self._units.run(once, work)
        self._doorbell.ring()
        return reply

    async def fire(self, limit: int) -> int:
        """Sees to schedules that are due, at most `limit`; returns how many there were."""

        async def body(unit: Unit) -> tuple[int, bool]:
            rows = await unit.connection.fetch(Q["lock_due"], unit.now, limit)
            acted = [await _see_to(unit, row) for row in rows]
            return len(rows), any(acted)

        seen, acted = await self._units.commit(body)
        if acted:
            self._doorbell.ring()
        return seen


async def _see_to(unit: Unit, row: Any) -> bool:
    """Carries out one schedule's plan; whether the dispatcher has something to learn of."""
    name, schedule = row["schedule_id"], schedules.schedule(row)
    last = await _outcome(unit, row["last_job"])
    if schedule.pause_on_failure and last is State.DEAD:
        paused = await unit.connection.fetchrow(Q["pause_schedule"], name, f"jobs/{row['last_job']} died")
        _changed(unit, paused)
        return False
    running = row["last_job"] is not None and last is None
    made = plan(schedules.rules(schedule), row["next_time"], row["buffered"], running, unit.now)
    if made.cancel_last:
        await unit.connection.execute(Q["ask"], CANCEL, row["last_job"], None, unit.now)
    enqueued = await _enqueue(unit, name, schedule, made.enqueue)
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
    )
    return bool(enqueued or made.cancel_last)


async def _enqueue(
    unit: Unit, id: str, schedule: schedule_pb2.Schedule, fires: Sequence[datetime]
) -> dict[datetime, UUID]:
    """Enqueues a job for each of these fires that has none yet."""
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


async def _outcome(unit: Unit, job: UUID | None) -> State | None:
    """How a job ended; None when it has not."""
    if job is None:
        return None
    row = await unit.connection.fetchrow(Q["outcomes"], [job])
    return State(row["state"]) if row is not None else None


def _changed(unit: Unit, row: Any, *, deleted: bool = False) -> schedule_pb2.Schedule:
    schedule = schedules.schedule(row)
    unit.emit(schedule.name, event_pb2.ScheduleChanged(schedule=schedule, deleted=deleted))
    return schedule


def _found(row: Any, id: str) -> Any:
    if row is None:
        raise ScheduleNotFound(id)
    return row
