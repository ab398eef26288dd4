"""Schedules in Postgres. A fire, its job and the schedule's next time are one commit, so none is lost or doubled."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from mesh.jobs.v1 import schedule_pb2
from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.doorbell import Doorbell
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import names, schedules
from services.jobs.domain.refusals import BackfillTooLarge, NotPaused, ScheduleExists, ScheduleNotFound
from services.jobs.store.firing import announce, enqueue, fire_due

Q = sql.load(__package__, "schedules")
MOST_BACKFILLED = 1000


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
            return announce(unit, row)

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
            return announce(unit, row)

        return await self._units.run(once, work)

    async def delete(self, id: str, once: Once[None, Reply]) -> Reply:
        """Removes a schedule; its jobs stay."""

        async def work(unit: Unit) -> None:
            row = _found(await unit.connection.fetchrow(Q["delete_schedule"], id), id)
            announce(unit, row, deleted=True)

        return await self._units.run(once, work)

    async def pause(self, id: str, reason: str, once: Once[schedule_pb2.Schedule, Reply]) -> Reply:
        """Stops a schedule."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            return announce(unit, _found(await unit.connection.fetchrow(Q["pause_schedule"], id, reason), id))

        return await self._units.run(once, work)

    async def resume(self, id: str, once: Once[schedule_pb2.Schedule, Reply]) -> Reply:
        """Lets a schedule go on. Refuses one that is not paused."""

        async def work(unit: Unit) -> schedule_pb2.Schedule:
            _found(await unit.connection.fetchrow(Q["lock_schedule"], id), id)
            row = await unit.connection.fetchrow(Q["resume_schedule"], id, unit.now)
            if row is None:
                raise NotPaused(names.SCHEDULE.name(id))
            return announce(unit, row)

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
            return len(await enqueue(unit, id, schedule, fires))

        reply = await self._units.run(once, work)
        self._doorbell.ring()
        return reply

    async def fire(self, limit: int) -> int:
        """Sees to schedules that are due, at most `limit`; returns how many there were."""
        seen, acted = await self._units.commit(lambda unit: fire_due(unit, limit))
        if acted:
            self._doorbell.ring()
        return seen


def _found(row: Any, id: str) -> Any:
    if row is None:
        raise ScheduleNotFound(id)
    return row
