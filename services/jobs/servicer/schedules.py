"""The RPCs of schedules."""

from collections.abc import Callable
from itertools import islice

from google.protobuf import empty_pb2

from mesh.jobs.v1 import schedule_pb2, schedule_service_pb2
from mesh.jobs.v1.schedule_service_servicer import ScheduleServiceServicer
from services._platform import jobs, masks
from services._platform.call import Call, Once
from services._platform.paging import Pager
from services._platform.times import instant, timestamp
from services._platform.unit_of_work import Unit, UnitOfWork
from services.jobs.convert import names, schedules
from services.jobs.store.schedules import Schedules as Store


class Schedules(ScheduleServiceServicer[Call]):
    """`mesh.jobs.v1.ScheduleService`."""

    def __init__(self, store: Store, units: UnitOfWork, pager: Pager) -> None:
        self._store = store
        self._units = units
        self._pager = pager

    async def CreateSchedule(
        self, request: schedule_service_pb2.CreateScheduleRequest, call: Call, /
    ) -> schedule_pb2.Schedule:
        schedule = _checked(request.schedule, call)
        return await self._store.create(request.schedule_id, schedule, _once(call))

    async def GetSchedule(
        self, request: schedule_service_pb2.GetScheduleRequest, call: Call, /
    ) -> schedule_pb2.Schedule:
        return await self._store.get(names.SCHEDULE.id(request.name))

    async def ListSchedules(
        self, request: schedule_service_pb2.ListSchedulesRequest, call: Call, /
    ) -> schedule_service_pb2.ListSchedulesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda one: (names.SCHEDULE.id(one.name),))
        return schedule_service_pb2.ListSchedulesResponse(schedules=shown, next_page_token=token)

    async def UpdateSchedule(
        self, request: schedule_service_pb2.UpdateScheduleRequest, call: Call, /
    ) -> schedule_pb2.Schedule:
        def change(current: schedule_pb2.Schedule) -> schedule_pb2.Schedule:
            return _checked(masks.changed(current, request.schedule, request.update_mask, "schedule"), call)

        return await self._store.change(names.SCHEDULE.id(request.schedule.name), change, _once(call))

    async def DeleteSchedule(
        self, request: schedule_service_pb2.DeleteScheduleRequest, call: Call, /
    ) -> empty_pb2.Empty:
        nothing: Callable[[None], empty_pb2.Empty] = lambda _: empty_pb2.Empty()  # noqa: E731
        return await self._store.delete(names.SCHEDULE.id(request.name), call.once(empty_pb2.Empty, nothing))

    async def PauseSchedule(
        self, request: schedule_service_pb2.PauseScheduleRequest, call: Call, /
    ) -> schedule_pb2.Schedule:
        return await self._store.pause(names.SCHEDULE.id(request.name), request.reason, _once(call))

    async def ResumeSchedule(
        self, request: schedule_service_pb2.ResumeScheduleRequest, call: Call, /
    ) -> schedule_pb2.Schedule:
        return await self._store.resume(names.SCHEDULE.id(request.name), _once(call))

    async def BackfillSchedule(
        self, request: schedule_service_pb2.BackfillScheduleRequest, call: Call, /
    ) -> schedule_service_pb2.BackfillScheduleResponse:
        start, end = instant(request.start_time), instant(request.end_time)
        once = call.once(schedule_service_pb2.BackfillScheduleResponse, _backfilled)
        return await self._store.backfill(names.SCHEDULE.id(request.name), start, end, once)

    async def PreviewSchedule(
        self, request: schedule_service_pb2.PreviewScheduleRequest, call: Call, /
    ) -> schedule_service_pb2.PreviewScheduleResponse:
        timing = schedules.timing(request.timing)
        timing.check()

        async def work(unit: Unit) -> schedule_service_pb2.PreviewScheduleResponse:
            start = instant(request.start_time) if request.HasField("start_time") else unit.now
            fires = islice(timing.after(start), request.count or 20)
            return schedule_service_pb2.PreviewScheduleResponse(fire_times=[timestamp(fire) for fire in fires])

        # Nothing is written but what was answered: a replay is told the same fires.
        once = call.once(schedule_service_pb2.PreviewScheduleResponse, lambda told: told)
        return await self._units.run(once, work)


def _checked(schedule: schedule_pb2.Schedule, call: Call) -> schedule_pb2.Schedule:
    """A schedule whose timing can be read and whose job can run."""
    schedules.timing(schedule.timing).check()
    jobs.request(schedule.spec, call.principal)
    return schedule


def _once(call: Call) -> Once[schedule_pb2.Schedule, schedule_pb2.Schedule]:
    return call.once(schedule_pb2.Schedule, lambda schedule: schedule)


def _backfilled(count: int) -> schedule_service_pb2.BackfillScheduleResponse:
    return schedule_service_pb2.BackfillScheduleResponse(enqueued_count=count)
