"""The limits' RPCs."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from google.protobuf.empty_pb2 import Empty

from mesh.ratelimit.v1 import event_pb2, rate_limit_pb2, rate_limit_service_pb2
from mesh.ratelimit.v1.rate_limit_service_servicer import RateLimitServiceServicer
from services._platform import masks
from services._platform.call import Call
from services._platform.changes import Changes
from services._platform.clock import Clock
from services._platform.paging import Pager
from services._platform.times import instant
from services._platform.unit_of_work import Unit, UnitOfWork
from services.ratelimit.convert import limits as convert
from services.ratelimit.convert import names, reports
from services.ratelimit.domain.limits import Limit
from services.ratelimit.domain.simulation import simulate
from services.ratelimit.store import limits as store
from services.ratelimit.store.usage import UsageRecords

_LAST_VERSION = 2**62


class RateLimits(RateLimitServiceServicer[Call]):
    """`mesh.ratelimit.v1.RateLimitService`."""

    def __init__(
        self,
        limits: store.Limits,
        changes: Changes[event_pb2.RateLimitChanged],
        records: UsageRecords,
        units: UnitOfWork,
        pager: Pager,
        clock: Clock,
    ) -> None:
        self._limits = limits
        self._changes = changes
        self._records = records
        self._units = units
        self._pager = pager
        self._clock = clock

    async def CreateRateLimit(
        self, request: rate_limit_service_pb2.CreateRateLimitRequest, call: Call, /
    ) -> rate_limit_pb2.RateLimit:
        limit = convert.to_limit(request.rate_limit_id, request.rate_limit)
        once = call.once(rate_limit_pb2.RateLimit, convert.limit)
        return await self._limits.create(limit, call.principal.name, once)

    async def GetRateLimit(
        self, request: rate_limit_service_pb2.GetRateLimitRequest, call: Call, /
    ) -> rate_limit_pb2.RateLimit:
        return convert.limit(await self._limits.get(names.RATE_LIMIT.id(request.name)))

    async def ListRateLimits(
        self, request: rate_limit_service_pb2.ListRateLimitsRequest, call: Call, /
    ) -> rate_limit_service_pb2.ListRateLimitsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._limits.page(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda limit: (limit.id,))
        return rate_limit_service_pb2.ListRateLimitsResponse(
            rate_limits=map(convert.limit, shown), next_page_token=token
        )

    async def UpdateRateLimit(
        self, request: rate_limit_service_pb2.UpdateRateLimitRequest, call: Call, /
    ) -> rate_limit_pb2.RateLimit:
        def change(before: Limit) -> Limit:
            after = masks.changed(convert.limit(before), request.rate_limit, request.update_mask, "rate_limit")
            return convert.to_limit(before.id, after)

        once = call.once(rate_limit_pb2.RateLimit, convert.limit)
        id_ = names.RATE_LIMIT.id(request.rate_limit.name)
        return await self._limits.change(id_, change, call.principal.name, once)

    async def DeleteRateLimit(self, request: rate_limit_service_pb2.DeleteRateLimitRequest, call: Call, /) -> Empty:
        once = call.once(Empty, lambda empty: empty)
        id_ = names.RATE_LIMIT.id(request.name)
        return await self._limits.delete(id_, request.etag, call.principal.name, once)

    async def ListRateLimitVersions(
        self, request: rate_limit_service_pb2.ListRateLimitVersionsRequest, call: Call, /
    ) -> rate_limit_service_pb2.ListRateLimitVersionsResponse:
        page = self._pager.page(request, default=50, most=250)
        before = int(page.key) if page.key else _LAST_VERSION
        found = await self._limits.versions(names.RATE_LIMIT.id(request.parent), before, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda one: (str(one.version),))
        return rate_limit_service_pb2.ListRateLimitVersionsResponse(versions=shown, next_page_token=token)

    async def RollBackRateLimit(
        self, request: rate_limit_service_pb2.RollBackRateLimitRequest, call: Call, /
    ) -> rate_limit_pb2.RateLimit:
        once = call.once(rate_limit_pb2.RateLimit, convert.limit)
        id_ = names.RATE_LIMIT.id(request.name)
        return await self._limits.roll_back(id_, request.version, call.principal.name, once)

    async def SimulateRateLimit(
        self, request: rate_limit_service_pb2.SimulateRateLimitRequest, call: Call, /
    ) -> rate_limit_service_pb2.SimulateRateLimitResponse:
        once = call.once(rate_limit_service_pb2.SimulateRateLimitResponse, lambda found: found)
        if (told := await self._units.recall(once)) is not None:
            return told
        found = await self._simulated(request)

        async def work(_: Unit) -> rate_limit_service_pb2.SimulateRateLimitResponse:
            return found

        return await self._units.run(once, work)

    async def _simulated(
        self, request: rate_limit_service_pb2.SimulateRateLimitRequest
    ) -> rate_limit_service_pb2.SimulateRateLimitResponse:
        name = request.rate_limit.name or "rateLimits/simulated"
        proposed = convert.to_limit(names.RATE_LIMIT.id(name), request.rate_limit)
        end = instant(request.end_time) if request.HasField("end_time") else self._clock()
        start = instant(request.start_time) if request.HasField("start_time") else end - timedelta(hours=1)
        traffic, unrecorded = await self._records.traffic(start, end)
        standing = await self._limits.every()
        others = [limit for limit in standing if limit.id != proposed.id]
        known = len(others) < len(standing)
        return reports.simulation(
            # In a thread: thousands of calls are replayed, and others wait for their verdicts.
            await asyncio.to_thread(simulate, [*others, proposed], proposed.root, traffic),
            await asyncio.to_thread(simulate, standing, proposed.root, traffic) if known else None,
            proposed.name,
            unrecorded,
        )

    async def GetReport(
        self, request: rate_limit_service_pb2.GetReportRequest, call: Call, /
    ) -> rate_limit_service_pb2.GetReportResponse:
        end = instant(request.end_time) if request.HasField("end_time") else self._clock()
        start = instant(request.start_time) if request.HasField("start_time") else end - timedelta(days=1)
        limit = names.RATE_LIMIT.id(request.rate_limit) if request.rate_limit else ""
        return reports.report(await self._records.report(start, end, limit))

    async def WatchRateLimits(
        self, request: rate_limit_service_pb2.WatchRateLimitsRequest, call: Call, /
    ) -> AsyncGenerator[rate_limit_service_pb2.WatchRateLimitsResponse, None]:
        async for changed, token in self._changes.follow(request.resume_token):
            change = None if changed is None else changed.change
            yield rate_limit_service_pb2.WatchRateLimitsResponse(change=change, resume_token=token)
